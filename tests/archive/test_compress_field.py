"""Writing: the same bytes however it is done, interrupted or not; nothing left behind by what fails."""

from __future__ import annotations

import asyncio
import errno
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dask.array
import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.errors import (
    ArchiveError,
    FieldError,
    IdlatError,
    IncompleteArchiveError,
    OutputError,
    OutputExistsError,
)
from support.archives.rewriting import rewrite_record
from support.models.linear_model import LinearModel

MAP = "value > 11"


@pytest.fixture(scope="module")
def field(make_field):
    """Three tiles and six chunks, some of them empty at low quality, with missing values."""
    field = make_field((70, 70, 260))
    field.values[:5, :5, 60:70] = np.nan
    return field


@pytest.fixture(scope="module")
def reference(tmp_path_factory, field, model, files_of):
    path = tmp_path_factory.mktemp("reference") / "a.idlat"
    idlat.compress(field, path, MAP, model, workers=2, keep_importance=True)
    return files_of(path)


def test_one_worker_gives_the_same_bytes(tmp_path, field, model, reference, files_of):
    idlat.compress(field, tmp_path / "a.idlat", MAP, model, workers=1, keep_importance=True)
    assert files_of(tmp_path / "a.idlat") == reference


def test_any_order_of_chunks_gives_the_same_bytes(tmp_path, field, model, reference, files_of, monkeypatch):
    from idlat.archive.write import frame_writer

    def shuffled(function, items, workers):
        items = list(items)
        random.Random(5).shuffle(items)
        yield from map(function, items)

    monkeypatch.setattr(frame_writer, "run_tasks", shuffled)
    idlat.compress(field, tmp_path / "a.idlat", MAP, model, keep_importance=True)
    assert files_of(tmp_path / "a.idlat") == reference


def test_the_root_says_what_the_design_asks_for(reference):
    root = json.loads(reference["zarr.json"])["attributes"]
    assert root["format"] == "idlat"
    assert root["format_version"] == 2
    assert root["complete"] is True
    assert root["importance"]["text"] == "value > 11.0"
    assert root["importance_range"] == 7.0
    assert root["gain"] == 5.0
    assert root["variables"][0]["errors"]["psnr"] > 10
    assert list(root) == sorted(root)


@pytest.mark.parametrize("chunks", [pytest.param(0, marks=pytest.mark.slow), 5])
def test_a_killed_job_resumes_to_the_same_bytes(tmp_path, field, model, files_of, chunks):
    np.save(tmp_path / "field.npy", field.values)
    job = [
        sys.executable,
        Path(__file__).parents[1] / "support" / "archives" / "interrupted_job.py",
        tmp_path / "a.idlat",
        tmp_path / "field.npy",
    ]
    killed = subprocess.run([*map(str, job), str(chunks)], capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    with pytest.raises(IncompleteArchiveError, match="--resume"):
        idlat.open_archive(tmp_path / "a.idlat", model)
    with pytest.raises(OutputExistsError, match="--resume"):
        idlat.compress(field, tmp_path / "a.idlat", MAP, model, keep_importance=True)
    (tmp_path / "a.idlat/field/latents/c/0.123.partial").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "a.idlat/field/latents/c/0.123.partial").write_bytes(b"half")
    field = field.rename("field")
    idlat.compress(field, tmp_path / "a.idlat", MAP, model, mode="resume", keep_importance=True)
    idlat.compress(field, tmp_path / "whole.idlat", MAP, model, keep_importance=True)
    assert files_of(tmp_path / "a.idlat") == files_of(tmp_path / "whole.idlat")


def test_resume_skips_what_stands_and_mends_what_is_damaged(tmp_path, field, reference, files_of):
    path = tmp_path / "a.idlat"
    counted = LinearModel()
    idlat.compress(field, path, MAP, counted, keep_importance=True)
    rewrite_record(path, lambda record: replace(record, complete=False))
    chunk = path / "speed/latents/c/0/0/0/0/0"
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"?")
    (path / "speed/latents/c/0/0/1/1/4").unlink()
    calls = []
    counted.analyse = lambda *args: calls.append(1) or LinearModel.analyse(counted, *args)
    idlat.compress(field, path, MAP, counted, keep_importance=True, mode="resume")
    assert len(calls) == 2
    assert {k: v for k, v in files_of(path).items() if "/c/" in k} == {
        k: v for k, v in reference.items() if "/c/" in k
    }


def test_resume_of_a_finished_archive_changes_nothing(tmp_path, field, model, reference, files_of):
    for _ in range(2):
        idlat.compress(field, tmp_path / "a.idlat", MAP, model, keep_importance=True, mode="resume")
    assert files_of(tmp_path / "a.idlat") == reference


@pytest.mark.parametrize(
    "other",
    [
        {"quality": 51},
        {"importance": "1"},
        {"transform": "asinh"},
        {"periodic": ()},
        {"model": LinearModel("other")},
        {},
    ],
    ids=lambda other: ", ".join(other) or "field",
)
def test_resume_refuses_another_job(tmp_path, make_field, model, other):
    field = make_field((8, 8, 8))
    given = {"importance": MAP, "model": model, "periodic": "z"}
    idlat.compress(field, tmp_path / "a.idlat", **given)
    with pytest.raises(ArchiveError, match="started with another"):
        idlat.compress(field if other else field + 1, tmp_path / "a.idlat", **(given | other), mode="resume")


def test_overwrite_replaces_only_when_the_new_one_is_complete(
    tmp_path, make_field, model, files_of, monkeypatch
):
    path = tmp_path / "a.idlat"
    idlat.compress(make_field((8, 8, 8)), path, model=model)
    before = files_of(path)
    with pytest.raises(OutputExistsError, match="--overwrite"):
        idlat.compress(make_field((9, 8, 8)), path, model=model)
    failing = LinearModel()
    failing.analyse = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        idlat.compress(make_field((9, 8, 8)), path, model=failing, mode="w")
    assert files_of(path) == before
    archive = idlat.compress(make_field((9, 8, 8)), path, model=model, mode="w")
    assert archive.decode().shape == (9, 8, 8)
    assert [p.name for p in tmp_path.iterdir()] == ["a.idlat"]


@pytest.mark.parametrize("name", ["notes", "notes.zip"])
def test_what_is_no_archive_is_never_replaced(tmp_path, make_field, model, name):
    path = tmp_path / name
    if name == "notes":
        path.mkdir()
        (path / "important.txt").write_text("keep me")
    else:
        path.write_text("keep me")
    for mode in ("w-", "w", "resume"):
        with pytest.raises(OutputExistsError, match="not an idlat archive"):
            idlat.compress(make_field((8, 8, 8)), path, model=model, mode=mode)
    assert "keep me" in (path / "important.txt" if name == "notes" else path).read_text()


def test_an_empty_folder_may_become_an_archive(tmp_path, make_field, model):
    (tmp_path / "a").mkdir()
    assert idlat.compress(make_field((8, 8, 8)), tmp_path / "a", model=model).decode().shape == (8, 8, 8)


def test_an_absent_folder(tmp_path, make_field, model):
    with pytest.raises(OutputError, match="does not exist: create it"):
        idlat.compress(make_field((8, 8, 8)), tmp_path / "no/a.idlat", model=model)


@pytest.mark.parametrize("name", ["a.idlat", "a.zip"])
@pytest.mark.parametrize("after", [0, 4, 20])
def test_a_full_disk_leaves_nothing(tmp_path, make_field, model, monkeypatch, name, after):
    from idlat.archive.storage.durable_store import DurableStore

    real, written = DurableStore.set, []

    async def full(self, key, value):
        written.append(key)
        if len(written) == after + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        if len(written) == after:  # under way when the next one fails, where Zarr writes both at once
            await asyncio.sleep(0.6)
        await real(self, key, value)

    monkeypatch.setattr(DurableStore, "set", full)
    with pytest.raises(OutputError, match="no space is left"):
        idlat.compress(make_field((70, 130, 130), steps=2), tmp_path / name, model=model)
    assert not list(tmp_path.iterdir())


def test_a_zip_holds_the_same_members_and_is_packed_alike(tmp_path, field, model, reference):
    import zipfile

    for name in ("a.zip", "b.zip"):
        archive = idlat.compress(field, tmp_path / name, MAP, model, keep_importance=True)
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == reference
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert archive.info().bytes_archive == (tmp_path / "a.zip").stat().st_size
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip"]
    idlat.compress(field, tmp_path / "a.zip", MAP, model, mode="w")
    assert idlat.open_archive(tmp_path / "a.zip", model).decode().shape == field.shape


@pytest.mark.parametrize("ratio", [70.0, 150.0])
def test_a_ratio_is_met_within_two_per_cent(tmp_path, make_field, model, ratio):
    field = make_field((40, 70, 70))
    field += 0.3 * np.random.default_rng(0).standard_normal(field.shape, "float32")
    faint = f"0.2 * ({MAP})"
    archive = idlat.compress(field, tmp_path / "a.idlat", faint, model, ratio=ratio)
    stored = sum(p.stat().st_size for p in (tmp_path / "a.idlat/speed/latents/c").rglob("*") if p.is_file())
    assert field.nbytes / stored == pytest.approx(ratio, rel=0.02)
    assert archive.info().bytes_streams == stored
    again = idlat.compress(field, tmp_path / "b.idlat", faint, model, ratio=ratio)
    assert again.gain == archive.gain


def test_a_psnr_is_met_within_a_tenth_of_a_decibel(tmp_path, make_field, model):
    field = make_field((40, 70, 70), steps=2)
    archive = idlat.compress(field, tmp_path / "a.idlat", "0.2", model, psnr=45.0)
    assert idlat.evaluate(archive, field).wpsnr == pytest.approx(45.0, abs=0.1)


@pytest.mark.parametrize("asked", [{"ratio": 1e6}, {"ratio": 1.01}, {"psnr": 200}, {"psnr": -20}], ids=str)
def test_what_cannot_be_reached_names_the_range(tmp_path, make_field, model, asked):
    with pytest.raises(IdlatError, match=r"this model reaches .* to "):
        idlat.compress(make_field((16, 16, 16)), tmp_path / "a.idlat", model=model, **asked)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": 101}, "0 to 100"),
        ({"ratio": 0}, "above 0"),
        ({"psnr": float("nan")}, "number of dB"),
        ({"quality": 5, "ratio": 5}, "exclude each other"),
        ({"mode": "x"}, "mode 'x' is unknown"),
        ({"workers": 0}, "at least 1"),
        ({"transform": "sqrt"}, "transform 'sqrt'"),
        ({"periodic": "q"}, "z, y and x"),
        ({"periodic": "x"}, "multiple of 8"),
        ({"importance": "value >"}, "expression"),
        ({"importance": "isosurface(99)"}, "isosurface"),
        ({"importance": "2 * (value > 0)"}, "0 to 1"),
        ({"importance": np.full((8, 8, 9), 2.0)}, "0 to 1"),
        ({"importance": np.ones((8, 8, 8))}, "shape"),
        ({"missing": 1e300}, "missing value"),
        ({"model": "/no/such/model"}, "model"),
        ({"model": "0" * 64}, "SHA-256"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_requests_leave_nothing(tmp_path, make_field, model, options, message):
    with pytest.raises(IdlatError, match=message):
        idlat.compress(make_field((8, 8, 9)), tmp_path / "a.idlat", **({"model": model} | options))
    assert not list(tmp_path.iterdir())


def test_fields_that_cannot_be_compressed(tmp_path, model):
    for field in (
        np.zeros(8),
        np.zeros((8, 0, 8)),
        np.zeros((2, 2, 2), complex),
        np.zeros((2, 2, 2), "U3"),
    ):
        with pytest.raises(IdlatError):
            idlat.compress(field, tmp_path / "a.idlat", model=model)
    assert not list(tmp_path.iterdir())


def test_a_lazy_field_that_fails(tmp_path, model):
    def failing(_):
        raise ZeroDivisionError("division by zero")

    values = dask.array.zeros((8, 8, 8), dtype="f4").map_blocks(failing, dtype="f4")
    with pytest.raises(FieldError, match="values of 'e' cannot be computed: ZeroDivisionError: division"):
        idlat.compress(
            xr.DataArray(values, dims=("z", "y", "x"), name="e"), tmp_path / "a.idlat", model=model
        )
    assert not list(tmp_path.iterdir())


def test_the_importance_of_blocks_is_kept(tmp_path, make_field, model):
    field = make_field((20, 40, 33))
    importance = np.random.default_rng(0).random(field.shape, "float32")
    idlat.compress(field, tmp_path / "a.idlat", importance, model, keep_importance=True)
    stored = zarr.open_array(tmp_path / "a.idlat/speed/importance", mode="r")
    assert stored.shape == (1, 2, 3, 3)
    for z, y, x in np.ndindex(2, 3, 3):
        mean = importance[z * 16 : z * 16 + 16, y * 16 : y * 16 + 16, x * 16 : x * 16 + 16].mean()
        assert stored[0, z, y, x] == pytest.approx(255 * mean, abs=0.51)


def test_progress_tells_every_stage_to_its_end(tmp_path, make_field, model):
    told = {}
    idlat.compress(
        make_field((8, 8, 140), steps=2),
        tmp_path / "a.idlat",
        model=model,
        progress=lambda stage, done, total: told.setdefault(stage, []).append((done, total)),
    )
    assert list(told) == ["scan", "encode", "measure"]
    assert all(done == total > 1 for stage in told.values() for done, total in stage[-1:])
