"""Evaluation and verification."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError, FieldError, IdlatError
from support.archives.rewriting import rewrite_record


@pytest.fixture(scope="module")
def field(make_field):
    field = make_field((12, 20, 70), steps=2)
    field.values[0, :2, :3] = np.nan
    return field


@pytest.fixture(scope="module")
def path(tmp_path_factory, field, model):
    path = tmp_path_factory.mktemp("evaluate") / "a.idlat"
    idlat.compress(field, path, "max(0.1, value > 11)", model)
    return path


def test_it_follows_the_formula(path, field, model):
    archive = idlat.open_archive(path, model)
    found = idlat.evaluate(archive, field)
    decoded, original = archive.decode().values.astype("f8"), field.values.astype("f8")
    importance = np.where(original > 11, 1.0, np.float32(0.1))
    weighted, weight, plain, count = 0.0, 0.0, 0.0, 0
    for step in range(2):
        valid = np.isfinite(original[step])
        span = np.ptp(original[step][valid])
        squares = ((decoded[step] - original[step])[valid] / span) ** 2
        weighted += (importance[step][valid] * squares).sum()
        weight += importance[step][valid].sum()
        plain, count = plain + squares.sum(), count + squares.size
    assert found.wpsnr == pytest.approx(-10 * np.log10(weighted / weight), abs=1e-4)
    assert found.psnr == pytest.approx(-10 * np.log10(plain / count), abs=1e-4)
    assert found.max_error == pytest.approx(np.nanmax(np.abs(decoded - original)), abs=1e-5)
    assert found.bytes_original == field.nbytes
    assert found.lsr == field.nbytes / found.bytes_streams
    assert found.lsr_everything == field.nbytes / found.bytes_archive
    assert idlat.evaluate(archive, field, "1").wpsnr == pytest.approx(found.psnr)


def test_of_a_path_as_of_an_open_archive(tmp_path, field):
    archive = idlat.compress(field, tmp_path / "a.idlat", "value > 11")
    assert idlat.evaluate(tmp_path / "a.idlat", field) == idlat.evaluate(archive, field)
    assert idlat.evaluate(str(tmp_path / "a.idlat"), field, scores=True).scores is not None


def test_what_is_not_finite_is_none(tmp_path, model):
    field = np.ones((8, 8, 8), np.float32)
    archive = idlat.compress(field, tmp_path / "a", model=model)
    found = idlat.evaluate(archive, field)
    assert (found.wpsnr, found.psnr, found.max_error) == (None, None, 0.0)


def test_a_map_that_cannot_be_computed_again(tmp_path, field, model):
    archive = idlat.compress(field, tmp_path / "a", np.ones(field.shape, np.float32), model)
    with pytest.raises(ArchiveError, match="--importance"):
        idlat.evaluate(archive, field)
    assert idlat.evaluate(archive, field, 1.0).wpsnr > 10


def test_what_was_declared_missing_stays_so(tmp_path, make_field, model):
    field = make_field((8, 16, 16))
    field.values[:, :2] = 1e20
    archive = idlat.compress(field, tmp_path / "a", "value > 11", model, missing=1e20)
    assert idlat.evaluate(archive, field) == idlat.evaluate(idlat.open_archive(tmp_path / "a"), field)
    assert idlat.evaluate(archive, field).max_error < 5
    assert idlat.verify(archive, field).ok


def test_another_field_is_refused(path, field, model):
    archive = idlat.open_archive(path, model)
    for other in (field[:, 1:], field.astype("float64"), field[0]):
        with pytest.raises(FieldError, match="give the field that was compressed"):
            idlat.evaluate(archive, other)


def test_several_variables_are_pooled(tmp_path, make_field, model):
    field = make_field((8, 16, 16))
    dataset = xr.Dataset({"a": field, "b": field * 1000})
    archive = idlat.compress(dataset, tmp_path / "a", model=model)
    errors = [v.errors.psnr for v in archive.info().variables]
    assert idlat.evaluate(archive, dataset).psnr == pytest.approx(np.mean(errors), abs=0.1)
    with pytest.raises(FieldError, match="lacks the archive's variable 'b'"):
        idlat.evaluate(archive, dataset[["a"]])


def test_a_whole_archive_verifies(path, field, model):
    idlat.open_archive(path, model)
    assert idlat.verify(path) == idlat.archive.Verification(5, ())
    assert idlat.verify(path, field).ok


def test_every_fault_is_reported(path, field, model, tmp_path):
    broken = shutil.copytree(path, tmp_path / "broken")
    (broken / "speed/latents/c/0/0/0/0/1").unlink()
    for name in ("speed/latents/c/1/0/0/0/0", "mask/c/0/0/0/0"):
        (broken / name).write_bytes(b"nonsense")
    found = idlat.verify(broken, field)
    assert not found.ok
    assert found.chunks == 5
    assert [" is missing" in fault for fault in found.faults] == [True, False, False]
    assert all("\n" not in fault for fault in found.faults)


def test_other_values_and_other_errors_are_faults(path, field, model, tmp_path):
    (fault,) = idlat.verify(path, field + 1).faults
    assert "other values" in fault
    broken = shutil.copytree(path, tmp_path / "broken")
    (variable,) = idlat.open_archive(path, model).record.variables
    stated = replace(variable, errors=replace(variable.errors, psnr=99.0))
    rewrite_record(broken, lambda record: replace(record, variables=(stated,)))
    (fault,) = idlat.verify(broken, field).faults
    assert "the archive states 99.0" in fault


def test_what_is_no_archive(tmp_path):
    with pytest.raises(IdlatError, match="does not exist"):
        idlat.verify(tmp_path / "absent")


def test_verify_takes_further_variables_with_an_archive_and_with_its_path(tmp_path, make_field, model):
    from idlat.errors import ImportanceError
    from idlat.importance import ImportanceRequest

    field, path = make_field((16, 16, 16)), tmp_path / "a.idlat"
    other = (field + 1).rename("P")
    idlat.compress(field, path, ImportanceRequest("P > 11", {"P": other}), model)
    for archive in (path, idlat.open_archive(path)):
        assert idlat.verify(archive, field, ImportanceRequest(beside={"P": other})).ok
        with pytest.raises(ImportanceError, match="'P'"):
            idlat.verify(archive, field)


def test_verify_looks_at_the_variables_that_are_asked_for(tmp_path, make_field, model):
    from idlat.errors import FieldError

    first, path = make_field((16, 16, 16)).rename("u"), tmp_path / "a.idlat"
    second = (first + 1).rename("v")
    archive = idlat.compress([first, second], path, model=model)
    assert idlat.verify(archive, first, variables=["u"]).ok
    (fault,) = idlat.verify(archive, first + 2, variables=["u"]).faults
    assert "'u' was compressed from other values" in fault
    with pytest.raises(FieldError, match="lacks the archive's variable 'v'"):
        idlat.verify(archive, first)
    next(found for found in (path / "v/latents/c").rglob("*") if found.is_file()).unlink()
    assert idlat.verify(archive, variables=["u"]).ok
    assert not idlat.verify(archive).ok
