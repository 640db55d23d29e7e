"""The archive with the model that the package ships."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import idlat
from idlat.archive.codecs import model_lookup


@pytest.fixture(scope="module")
def path(tmp_path_factory, make_field):
    path = tmp_path_factory.mktemp("default") / "a.idlat"
    idlat.compress(make_field((40, 70, 130)), path, "0.2 + 0.8 * (value > 11)", quality=60)
    return path


def test_it_is_not_carried_and_found_by_its_hash(path, monkeypatch, make_field):
    assert not (path / "model").exists()
    monkeypatch.setattr(model_lookup, "_registered", {})
    archive = idlat.open_archive(path)
    assert archive.model.sha256 == idlat.load_model().sha256
    errors = archive.info().variables[0].errors
    assert errors.wpsnr > 25
    assert idlat.verify(archive, make_field((40, 70, 130))).ok


def test_tiles_leave_no_seam(path):
    archive = idlat.open_archive(path)
    whole = archive.decode().values
    part = archive.decode(z=slice(11, 29), y=slice(60, 70), x=slice(57, 73))
    np.testing.assert_allclose(part, whole[11:29, 60:70, 57:73], atol=1e-4 * float(np.ptp(whole)))


def test_the_same_bytes_for_one_and_two_workers(tmp_path, path, make_field, files_of):
    idlat.compress(
        make_field((40, 70, 130)), tmp_path / "a.idlat", "0.2 + 0.8 * (value > 11)", quality=60, workers=1
    )
    assert files_of(tmp_path / "a.idlat") == files_of(path)


def test_a_self_contained_archive_brings_its_model(tmp_path, make_field, monkeypatch):
    idlat.compress(make_field((8, 8, 8)), tmp_path / "a.zip", self_contained=True)
    monkeypatch.setattr(model_lookup, "_registered", {})
    monkeypatch.setattr(model_lookup, "shipped_files", list)
    with idlat.open_archive(tmp_path / "a.zip") as archive:
        assert archive.decode().shape == (8, 8, 8)
        assert archive.info().bytes_archive > len(archive.model.to_bytes()) / 4


def test_a_damaged_model_in_the_archive(tmp_path, make_field, monkeypatch):
    idlat.compress(make_field((8, 8, 8)), tmp_path / "a.idlat", self_contained=True)
    monkeypatch.setattr(model_lookup, "_registered", {})
    monkeypatch.setattr(model_lookup, "shipped_files", list)
    chunk = tmp_path / "a.idlat/model/c/0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(idlat.IdlatError, match="the model that it carries is damaged"):
        idlat.open_archive(tmp_path / "a.idlat")
    chunk.unlink()
    with pytest.raises(idlat.IdlatError, match="model"):
        idlat.open_archive(tmp_path / "a.idlat")


def test_models_on_the_path_are_found(tmp_path, path, monkeypatch):
    data = idlat.load_model().to_bytes()
    monkeypatch.setattr(model_lookup, "_registered", {})
    monkeypatch.setattr(model_lookup, "shipped_files", list)
    with pytest.raises(idlat.IdlatError, match=hashlib.sha256(data).hexdigest()):
        idlat.open_archive(path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/damaged.safetensors").write_bytes(b"nothing")
    (tmp_path / "models/mine.safetensors").write_bytes(data)
    monkeypatch.setenv("IDLAT_MODEL_PATH", f"{tmp_path}/absent:{tmp_path}/models")
    assert idlat.open_archive(path).decode(z=slice(0, 8)).shape == (8, 70, 130)
