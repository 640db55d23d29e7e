"""Attributes of any kind come back, or are named in a remark; no format fails for them."""

import json
import warnings

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.errors import Remark

FORMATS = [".nc", ".h5", ".zarr", ".nrrd", ".nhdr", ".mha", ".mhd", ".vti", ".vtk", ".vtkhdf", ".npy", ".raw"]
VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

ODD = {
    "true": True,
    "nothing": None,
    "object": {"a": 1, "b": [1, "x"]},
    "mixed": [1, "a"],
    "ragged": [[1, 2], [3]],
    "texts": ["a", "é"],
    "empty_list": [],
    "empty_text": "",
    "nan": float("nan"),
    "infinite": np.array([-np.inf, 1.0]),
    "numpy_true": np.True_,
    "half": np.float16(0.5),
    "long_double": np.longdouble(0.25),
    "complex": 1j,
    "large": 2**60 + 1,
    "unsigned": np.uint64(2**64 - 1),
    "beyond": 2**70,
    "matrix": np.eye(2),
    "no_numbers": np.zeros(0),
    "inner_nul": "a\0b",
    "huge": np.arange(20000.0),
    "long_text": "x" * 70000,
    "bytes": "°C".encode(),
    "latin": b"M\xe9t\xe9o",
    "date": np.datetime64("2020-01-01"),
    "a/b": "slash",
    "two words": "blank",
    "": "no name",
    "température": "non-ASCII",
    "end ": "blank at the end",
    "function": len,
}
PLAIN = {"bytes": "°C", "latin": "Météo", "date": "2020-01-01", "complex": np.complex128(1j)}


def odd_field(attrs, coords=None, dims=("z", "y", "x")):
    return xr.DataArray(VALUES, coords, dims, "t", attrs)


def written(field, path):
    """Write a field; return what is read back and what was said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", Remark)
        idlat.write_field(field, path)
    extra = {"shape": (2, 3, 4), "dtype": "float32"} if path.suffix == ".raw" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back = idlat.open_field(path, **extra)
    return back, " ".join(str(remark.message) for remark in said)


def same(one, other):
    if isinstance(other, list):
        return list(one) == other
    try:
        np.testing.assert_array_equal(one, other)
    except (AssertionError, ValueError):
        return False
    return True


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("key", ODD, ids=[str(list(ODD).index(key)) for key in ODD])
def test_an_attribute_comes_back_or_is_named(tmp_path, suffix, key):
    value = ODD[key]
    back, said = written(odd_field({key: value, "units": "K"}), tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(back.values, VALUES)
    came = key in back.attrs and same(back.attrs[key], PLAIN.get(key, value))
    assert came or repr(key) in said or f"attributes {key}" in said
    if suffix not in (".vtk", ".npy", ".raw"):
        assert back.attrs["units"] == "K"


@pytest.mark.parametrize("text", ["°C".encode(), "°C".encode("latin-1")], ids=["utf-8", "latin-1"])
@pytest.mark.parametrize("kind", ["NETCDF4", "NETCDF3_CLASSIC"])
@pytest.mark.parametrize("suffix", FORMATS[:8])
def test_netcdf_texts_that_are_characters(tmp_path, text, kind, suffix):
    """Fortran, C and NCO write texts as characters, in UTF-8 or Latin-1."""
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=kind) as file:
        for name, size in zip("zyx", VALUES.shape, strict=True):
            file.createDimension(name, size)
        file.createVariable("t", "f4", ("z", "y", "x"))[:] = VALUES
        file["t"].setncattr("units", text)
        file.setncattr("institution", text)
    field = idlat.open_field(tmp_path / "a.nc")
    assert field.attrs["units"] == field.encoding["idlat_global_attrs"]["institution"] == "°C"
    back, _ = written(field, tmp_path / f"b{suffix}")
    assert back.attrs["units"] == "°C"
    if suffix == ".nc":
        with netCDF4.Dataset(tmp_path / "b.nc") as file:
            assert file["t"].units == file.institution == "°C"


@pytest.mark.parametrize("suffix", FORMATS[:8])
def test_hdf5_texts_in_latin1(tmp_path, suffix):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("t", data=VALUES)
        dataset.attrs["units"] = np.bytes_(b"\xb0C")
        dataset.attrs.create("note", b"r\xe9sultat", dtype=h5py.string_dtype())
        dataset.attrs["words"] = np.array([b"\xb0", b"b"])
        file.attrs["institution"] = b"M\xe9t\xe9o"
    field = idlat.open_field(tmp_path / "a.h5")
    assert field.encoding["idlat_global_attrs"] == {"institution": "Météo"}
    back, _ = written(field, tmp_path / f"b{suffix}")
    assert back.attrs == {"units": "°C", "note": "résultat", "words": ["°", "b"]}


@pytest.mark.parametrize("version", [2, 3])
def test_attributes_of_zarr_are_those_of_json(tmp_path, version):
    attrs = {
        "t": True,
        "n": None,
        "o": {"a": [1, {"b": None}]},
        "m": [1, "a", None],
        "r": [[1], [2, 3]],
        "e": [],
    }
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=version, attributes=attrs)
    root.create_array("t", data=VALUES, attributes=attrs)
    field = idlat.open_field(tmp_path / "a.zarr")
    assert field.attrs == attrs
    back, said = written(field, tmp_path / "b.zarr")
    assert (back.attrs, back.encoding["idlat_global_attrs"], said) == (attrs, attrs, "")
    assert dict(zarr.open_group(tmp_path / "b.zarr", mode="r").attrs) == attrs
    json.loads(json.dumps(dict(zarr.open_group(tmp_path / "b.zarr", mode="r")["t"].attrs), allow_nan=False))
    _, said = written(field, tmp_path / "b.nc")
    assert all(f"attribute {key!r} of {owner}" in said for key in "nomr" for owner in ("t", "the file"))
    with netCDF4.Dataset(tmp_path / "b.nc") as file:
        assert file.t == file["t"].t == 1


def test_attributes_of_a_coordinate_are_kept_or_named(tmp_path):
    attrs = {"n": None, "t": True, "o": {"a": 1}}
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=3)
    root.create_array("t", data=VALUES, dimension_names=["z", "y", "x"])
    root.create_array("z", data=np.arange(2.0), dimension_names=["z"], attributes=attrs)
    field = idlat.open_field(tmp_path / "a.zarr")
    back, said = written(field, tmp_path / "b.zarr")
    assert (back["z"].attrs, said) == (attrs, "")
    _, said = written(field, tmp_path / "b.nc")
    assert "attribute 'n' of z" in said


@pytest.mark.parametrize(
    "key", ["units", "calendar", "scale_factor", "add_offset", "_FillValue", "coordinates"]
)
@pytest.mark.parametrize("value", [True, None, {}, [1, "a"], [], "x"], ids=str)
def test_cf_attributes_of_no_sense_do_no_harm(tmp_path, key, value):
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=3)
    root.create_array("t", data=VALUES, dimension_names=["z", "y", "x"], attributes={key: value})
    root.create_array("z", data=np.arange(2.0), dimension_names=["z"], attributes={key: value})
    field = idlat.open_field(tmp_path / "a.zarr")
    np.testing.assert_array_equal(field.values, VALUES)
    np.testing.assert_array_equal(field["z"].values, [0, 1])
    for index, suffix in enumerate(FORMATS):
        written(field, tmp_path / f"b{index}{suffix}")


def test_a_reference_is_named_when_it_is_read(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("t", data=VALUES)
        dataset.attrs["other"] = dataset.ref
        dataset.attrs["pair"] = np.array((1, 2.0), dtype=[("a", "i4"), ("b", "f8")])
        dataset.attrs["kind"] = np.array(1, dtype=h5py.enum_dtype({"dry": 0, "wet": 1}, basetype="i1"))
        dataset.attrs["units"] = "K"
    with pytest.warns(Remark, match="'other'.*'pair'"):
        field = idlat.open_field(tmp_path / "a.h5")
    assert field.attrs == {"units": "K", "kind": 1}
