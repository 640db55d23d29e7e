"""The shards of a Zarr array come back, whole or of a region; Zarr itself reads what was written."""

import numpy as np
import pytest
import zarr

import idlat
from idlat.cli.app import run

VALUES = np.random.default_rng(0).normal(size=(12, 20, 22)).astype("f4")


@pytest.fixture
def store(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w").create_array(
        "v", data=VALUES, chunks=(6, 5, 11), shards=(12, 10, 22), dimension_names=("z", "y", "x")
    )
    return tmp_path / "a.zarr"


def test_shards_come_back(store, tmp_path):
    idlat.write_field(idlat.open_field(store), tmp_path / "b.zarr")
    array = zarr.open_group(tmp_path / "b.zarr", mode="r")["v"]
    assert (array.chunks, array.shards) == ((6, 5, 11), (12, 10, 22))
    np.testing.assert_array_equal(array[:], VALUES)


def test_through_an_archive(store, tmp_path):
    archive = str(tmp_path / "a.idlat")
    assert run(["compress", str(store), "-o", archive, "--quality", "99"]) == 0
    assert run(["decompress", archive, "-o", str(tmp_path / "b.zarr")]) == 0
    array = zarr.open_group(tmp_path / "b.zarr", mode="r")["v"]
    assert (array.chunks, array.shards) == ((6, 5, 11), (12, 10, 22))
    assert np.corrcoef(array[:].ravel(), VALUES.ravel())[0, 1] > 0.97


@pytest.mark.parametrize("size", [1, 3, 7, 12])
def test_a_smaller_field_has_smaller_shards(store, tmp_path, size):
    field = idlat.open_field(store)
    part = field.isel(z=slice(0, size), y=slice(0, 7))
    part.encoding = field.encoding
    idlat.write_field(part, tmp_path / "b.zarr")
    array = zarr.open_group(tmp_path / "b.zarr", mode="r")["v"]
    assert array.shards is not None
    assert all(shard % chunk == 0 for shard, chunk in zip(array.shards, array.chunks, strict=True))
    np.testing.assert_array_equal(array[:], VALUES[:size, :7])


def test_stores_without_shards_get_none(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w").create_array("v", data=VALUES, chunks=(6, 5, 11))
    idlat.write_field(idlat.open_field(tmp_path / "a.zarr"), tmp_path / "b.zarr")
    assert zarr.open_group(tmp_path / "b.zarr", mode="r")["v"].shards is None
