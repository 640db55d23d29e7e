"""Paths with ``~`` and wildcards, URLs, and zipped stores."""

import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest
import zarr

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError, MissingFileError
from support.fields.field_examples import field

VALUES = field((4, 5, 6)).values


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "a.npy", VALUES)
    np.testing.assert_array_equal(idlat.open_field("~/a.npy").values, VALUES)
    assert idlat.list_variables("~/a.npy") == ["a"]
    with pytest.raises(MissingFileError, match="no such file"):
        idlat.open_field("~/b.npy")


def test_wildcards_in_the_order_of_their_numbers(tmp_path, monkeypatch):
    for step in (1, 2, 10):
        np.save(tmp_path / f"run_{step}.npy", VALUES + step)
    found = idlat.open_field(str(tmp_path / "run_*.npy"))
    np.testing.assert_array_equal(found.values, [VALUES + step for step in (1, 2, 10)])
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(idlat.open_field("run_[12].npy").values, [VALUES + 1, VALUES + 2])
    np.testing.assert_array_equal(idlat.open_field(Path("run_?.npy")).values, [VALUES + 1, VALUES + 2])
    assert run(["compress", "run_*.npy", "-o", "run.idlat"]) == 0
    assert idlat.open_archive("run.idlat").decode().sizes["time"] == 3
    assert run(["evaluate", "run.idlat", "run_*.npy"]) == 0
    with pytest.raises(MissingFileError, match=r"walk_\*\.npy: no file matches"):
        idlat.open_field("walk_*.npy")
    np.save(tmp_path / "odd[1].npy", VALUES)
    np.testing.assert_array_equal(idlat.open_field("odd[1].npy").values, VALUES)


def test_what_is_no_path_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    with (tmp_path / "a.npy").open("rb") as file:
        for wrong in (file, str(tmp_path / "a.npy").encode(), 3, [3], None):
            with pytest.raises(FieldError, match=r"expected a path.* got an object of type"):
                idlat.open_field(wrong)
    np.testing.assert_array_equal(idlat.open_field(tmp_path.glob("a.np?")).values, VALUES)


@pytest.mark.parametrize("suffix", [".nc", ".npy", ".vti"])
def test_files_at_urls(tmp_path, memory, suffix):
    idlat.write_field(field((4, 5, 6)), tmp_path / f"p{suffix}")
    memory.put(str(tmp_path / f"p{suffix}"), f"/runs/p{suffix}")
    np.testing.assert_array_equal(idlat.open_field(f"memory://runs/p{suffix}").values, VALUES)
    np.testing.assert_array_equal(idlat.open_field(f"file://{tmp_path}/p{suffix}").values, VALUES)
    memory.put(str(tmp_path / f"p{suffix}"), f"/runs/q{suffix}")
    assert idlat.open_field(f"memory://runs/*{suffix}").sizes["time"] == 2
    assert run(["compress", f"memory://runs/p{suffix}", "-o", str(tmp_path / "p.idlat")]) == 0


@pytest.mark.parametrize("version", [2, 3])
def test_stores_at_urls(tmp_path, memory, version):
    path = tmp_path / "p.zarr"
    zarr.open_group(path, mode="w", zarr_format=version).create_array("p", data=VALUES, chunks=(2, 5, 6))
    memory.put(f"{path}/", "/runs/p.zarr", recursive=True)
    for url in ("memory://runs/p.zarr", f"file://{path}", f"file://{path}/"):
        assert idlat.list_variables(url) == ["p"]
        np.testing.assert_array_equal(idlat.open_field(url).values, VALUES)
    assert run(["compress", "memory://runs/p.zarr", "-o", str(tmp_path / "p.idlat")]) == 0


def test_urls_that_lead_nowhere(tmp_path):
    with pytest.raises(MissingFileError, match=r"memory://runs/none\.nc: no such file"):
        idlat.open_field("memory://runs/none.nc")
    with pytest.raises(MissingFileError, match=r"none\.nc: no such file"):
        idlat.open_field(f"file://{tmp_path}/none.nc")
    with pytest.raises(FieldError, match=r"gopher://host/a\.nc: cannot be read .*gopher"):
        idlat.open_field("gopher://host/a.nc")


@pytest.mark.parametrize("version", [2, 3])
def test_zipped_stores(tmp_path, version):
    store = zarr.storage.ZipStore(tmp_path / "p.zarr.zip", mode="w")
    zarr.open_group(store, mode="w", zarr_format=version).create_array("p", data=VALUES, chunks=(2, 5, 6))
    store.close()
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "p.zarr.zip").values, VALUES)
    shutil.copy(tmp_path / "p.zarr.zip", tmp_path / "q.zip")
    assert idlat.list_variables(tmp_path / "q.zip") == ["p"]
    assert run(["compress", str(tmp_path / "q.zip"), "-o", str(tmp_path / "p.idlat")]) == 0


def test_a_store_zipped_with_its_folder(tmp_path):
    zarr.open_group(tmp_path / "in" / "p.zarr", mode="w").create_array("a/p", data=VALUES, chunks=(2, 5, 6))
    shutil.make_archive(str(tmp_path / "p"), "zip", tmp_path / "in")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "p.zip", "a/p").values, VALUES)


def test_a_single_zipped_array(tmp_path):
    store = zarr.storage.ZipStore(tmp_path / "p.zarr.zip", mode="w")
    zarr.create_array(store, data=VALUES)
    store.close()
    field = idlat.open_field(tmp_path / "p.zarr.zip")
    assert field.name == "p"
    np.testing.assert_array_equal(field.values, VALUES)
