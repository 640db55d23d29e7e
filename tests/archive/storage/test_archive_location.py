"""Writing to file systems other than the local one: the same objects, the same care."""

from __future__ import annotations

import fsspec
import numpy as np
import pytest

import idlat
from idlat.archive.storage.archive_location import LocalLocation, location_of
from idlat.errors import ArchiveError, MissingFileError, OutputError, OutputExistsError

MAP = "value > 11"


@pytest.fixture
def memory():
    """An empty file system in memory."""
    system = fsspec.filesystem("memory")
    for entry in system.ls("/", detail=False):
        system.rm(entry, recursive=True)
    return system


def objects(system, folder):
    start = len(folder) + 2
    return {key[start:]: system.cat_file(key) for key in system.find(f"/{folder}")}


@pytest.fixture
def field(make_field):
    field = make_field((9, 20, 70), steps=2).assign_coords(time=[3, 4])
    field.values[1, 0, 0, :5] = np.nan
    return field


def test_the_objects_are_those_of_a_folder(tmp_path, memory, field, model, files_of):
    archive = idlat.compress(field, "memory://b/a.idlat", MAP, model, keep_importance=True)
    idlat.compress(field, tmp_path / "a.idlat", MAP, model, keep_importance=True)
    assert objects(memory, "b/a.idlat") == files_of(tmp_path / "a.idlat")
    assert archive.path == "memory://b/a.idlat"
    assert idlat.verify("memory://b/a.idlat", field).ok


def test_a_url_of_the_local_disk_is_a_path(tmp_path, make_field, model):
    assert location_of(f"file://{tmp_path}/a.idlat") == LocalLocation(tmp_path / "a.idlat")
    idlat.compress(make_field((8, 8, 8)), f"file://{tmp_path}/a.idlat", model=model)
    assert idlat.open_archive(tmp_path / "a.idlat").decode().shape == (8, 8, 8)


def test_a_target_is_searched_for_there_too(memory, make_field, model):
    field = make_field((16, 64, 64))
    archive = idlat.compress(field, "memory://b/a", model=model, ratio=100)
    assert field.nbytes / archive.info().bytes_streams == pytest.approx(100, rel=0.02)


def test_the_home_folder(tmp_path, monkeypatch, make_field, model):
    monkeypatch.setenv("HOME", str(tmp_path))
    first, second = (make_field((9, 9, 9), steps=1) for _ in range(2))
    idlat.compress(first, "~/a.idlat", model=model)
    idlat.compress(second, "~/a.idlat", model=model, mode="a")
    assert idlat.verify("~/a.idlat").ok
    archive = idlat.open_archive("~/a.idlat")
    assert archive.decode().sizes["time"] == 2
    assert idlat.write_field(archive.decode(), "~/a.nc") == tmp_path / "a.nc"
    idlat.export(archive, "~/vtk")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idlat", "a.nc", "vtk"]


def test_what_is_there_is_replaced_only_when_asked_and_complete(memory, make_field, field, model):
    url = "memory://b/a.idlat"
    idlat.compress(field, url, model=model)
    before = objects(memory, "b/a.idlat")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        idlat.compress(field, url, model=model)
    failing = type(model)()
    failing.analyse = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        idlat.compress(field, url, model=failing, mode="w")
    assert objects(memory, "b/a.idlat") == before
    assert idlat.compress(make_field((8, 8, 8)), url, model=model, mode="w").decode().shape == (8, 8, 8)
    assert memory.ls("/b", detail=False) == ["/b/a.idlat"]
    with pytest.raises(ZeroDivisionError):
        idlat.compress(field, "memory://b/new.idlat", model=failing)
    assert memory.ls("/b", detail=False) == ["/b/a.idlat"]


def test_what_is_no_archive_is_never_replaced(memory, field, model):
    memory.pipe_file("/b/notes/important.txt", b"keep me")
    for mode in ("w-", "w", "resume"):
        with pytest.raises(OutputExistsError, match="not an idlat archive"):
            idlat.compress(field, "memory://b/notes", model=model, mode=mode)
    assert memory.cat_file("/b/notes/important.txt") == b"keep me"


def test_an_interrupted_job_is_finished(memory, field, model, monkeypatch):
    url, whole = "memory://b/a.idlat", "memory://b/whole.idlat"
    idlat.compress(field, whole, MAP, model)
    from idlat.archive.write import staged_output

    failing = type(model)()
    calls = []
    failing.analyse = lambda *a: calls.append(1) or type(model).analyse(failing, *a) if not calls else 1 / 0
    with monkeypatch.context() as killed:
        killed.setattr(
            staged_output.StagedOutput, "_abandon", lambda _: None
        )  # as if the process had been killed
        with pytest.raises(ZeroDivisionError):
            idlat.compress(field, url, MAP, failing, workers=1)
    with pytest.raises(OutputExistsError, match="--resume"):
        idlat.compress(field, url, MAP, model)
    idlat.compress(field, url, MAP, model, mode="resume")
    assert objects(memory, "b/a.idlat") == objects(memory, "b/whole.idlat")


def test_a_zip_is_read_anywhere_and_written_locally(tmp_path, memory, field, model):
    idlat.compress(field, tmp_path / "a.zip", model=model)
    memory.put(str(tmp_path / "a.zip"), "/b/a.zip")
    with idlat.open_archive("memory://b/a.zip") as remote, idlat.open_archive(tmp_path / "a.zip") as local:
        np.testing.assert_array_equal(remote.decode(), local.decode())
    with pytest.raises(OutputError, match="packed on a local disk"):
        idlat.compress(field, "memory://b/c.zip", model=model)
    memory.pipe_file("/b/cut.zip", memory.cat_file("/b/a.zip")[:300])
    with pytest.raises(ArchiveError, match="not a whole zip file"):
        idlat.open_archive("memory://b/cut.zip")
    with pytest.raises(MissingFileError, match="does not exist"):
        idlat.open_archive("memory://b/absent.zip")


def test_file_systems_that_are_not_known(field, model):
    with pytest.raises(OutputError, match="cannot be written: Protocol not known"):
        idlat.compress(field, "nonsense://bucket/a", model=model)
    with pytest.raises(ArchiveError, match="cannot be opened: Protocol not known"):
        idlat.open_archive("nonsense://bucket/a")
