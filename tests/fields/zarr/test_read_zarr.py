import json
import os

import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.errors import FieldError, OutputError
from idlat.fields import fill_values_of
from support.fields.field_examples import field

versions = pytest.mark.parametrize("version", [2, 3])
VALUES = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)


def dataset():
    coords = {
        "time": xr.date_range("2005-08-28", periods=2, freq="6h", use_cftime=False),
        "lev": ("lev", [1000.0, 850.0, 500.0], {"units": "hPa"}),
    }
    values = VALUES.copy()
    values[0, 0, 0, 0] = np.nan
    variables = {
        "p": (("time", "lev", "lat", "lon"), values, {"units": "Pa"}),
        "n": (("time", "lev", "lat", "lon"), (values > 0).astype(np.int16)),
    }
    return xr.Dataset(variables, coords, {"title": "a run"})


@versions
def test_xarrays_stores_there_and_back(tmp_path, version):
    packing = {"scale_factor": 0.01, "dtype": "int16", "_FillValue": np.int16(-999)}
    encoding = {"p": packing, "n": {"_FillValue": np.int16(-1)}}
    dataset().to_zarr(tmp_path / "a.zarr", zarr_format=version, encoding=encoding, consolidated=version == 2)
    assert sorted(idlat.list_variables(tmp_path / "a.zarr")) == ["n", "p"]
    for name in ("p", "n"):
        given = idlat.open_field(tmp_path / "a.zarr", name)
        assert given.dims == ("time", "z", "y", "x")
        assert given["z"].attrs["units"] == "hPa"
        idlat.write_field(given, tmp_path / f"{name}.zarr")
        with (
            xr.open_zarr(tmp_path / "a.zarr", consolidated=False) as first,
            xr.open_zarr(tmp_path / f"{name}.zarr") as second,
        ):
            xr.testing.assert_identical(second[name].load(), first[name].load())
            assert second.attrs == first.attrs
        assert zarr.open(tmp_path / f"{name}.zarr").metadata.zarr_format == version
    assert fill_values_of(given) == (-1,)


@versions
def test_arrays_without_names(tmp_path, version):
    zarr.create_array(
        tmp_path / "run.zarr", data=VALUES.astype(">f4") if version == 2 else VALUES, zarr_format=version
    )
    assert idlat.list_variables(tmp_path / "run.zarr") == ["run"]
    given = idlat.open_field(tmp_path / "run.zarr")
    assert (given.name, given.dims, given.dtype) == ("run", ("time", "z", "y", "x"), np.dtype("=f4"))
    np.testing.assert_array_equal(given.values, VALUES)
    group = zarr.open_group(tmp_path / "tree.zarr", mode="w", zarr_format=version)
    group.create_array("deep/er/p", data=VALUES[0])
    group.create_array("flat", data=VALUES[0, 0])
    assert idlat.list_variables(tmp_path / "tree.zarr") == ["deep/er/p"]
    tree = idlat.open_field(tmp_path / "tree.zarr", "p")
    np.testing.assert_array_equal(tree.values, VALUES[0])
    idlat.write_field(tree, tmp_path / "back.zarr")
    assert idlat.list_variables(tmp_path / "back.zarr") == ["deep/er/p"]


def test_zeros_are_no_missing_values(tmp_path):
    store = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    array = store.create_array(
        "p", shape=(2, 2, 2), dtype="f4", attributes={"_ARRAY_DIMENSIONS": ["z", "y", "x"]}
    )
    array[0] = 3
    assert idlat.open_field(tmp_path / "a.zarr").values.ravel().tolist() == [3] * 4 + [0] * 4


def test_chunks_are_the_stores(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", shape=(600, 256, 256), chunks=(50, 64, 64), dtype="f4")
    given = idlat.open_field(tmp_path / "a.zarr")
    assert given.chunksizes["z"] == (100,) * 6
    idlat.write_field(given.isel(z=slice(0, 60)), tmp_path / "b.zarr")
    assert zarr.open(tmp_path / "b.zarr")["a"].chunks == (50, 64, 64)


def test_an_archive_of_ours_is_no_field(tmp_path):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.attrs["format"] = "idlat"
    with pytest.raises(FieldError, match="use idlat decompress"):
        idlat.open_field(tmp_path / "a.zarr")


def test_damaged_stores_are_one_line(tmp_path):
    path = idlat.write_field(field(units="K"), tmp_path / "a.zarr")
    files = sorted(file for file in path.rglob("*") if file.is_file())
    assert len(files) > 5
    for file in files:
        content = file.read_bytes()
        for damaged in (content[: len(content) // 2], b"", b"\xff" * len(content)):
            file.write_bytes(damaged)
            complaint = ""
            try:
                idlat.open_field(path).load()
            except FieldError as error:
                complaint = str(error)
            assert "\n" not in complaint
            assert complaint or "p/c" not in str(file)
        file.write_bytes(content)


def test_only_zarr_stores_are_replaced(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "precious").touch()
    with pytest.raises(OutputError, match="is a folder"):
        idlat.write_field(field(), tmp_path / "a.zarr", overwrite=True)
    assert os.listdir(tmp_path / "a.zarr") == ["precious"]


def test_a_coordinate_that_announces_far_more_than_it_holds(tmp_path):
    dataset().to_zarr(tmp_path / "a.zarr", zarr_format=2, consolidated=False)
    described = tmp_path / "a.zarr" / "lev" / ".zarray"
    described.write_text(json.dumps({**json.loads(described.read_text()), "shape": [2**31]}))
    with pytest.raises(FieldError, match=r"array .lev. announces 2147483648 values, of which \d+ bytes are"):
        idlat.open_field(tmp_path / "a.zarr", "p")
