"""Attributes and coordinates of every kind live through an archive."""

import warnings

import cftime
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import idlat
from idlat.errors import Remark

VALUES = np.linspace(0, 1, 2 * 8 * 8 * 8, dtype=np.float32).reshape(2, 8, 8, 8)

ATTRS = {
    "true": True,
    "nothing": None,
    "object": {"a": 1, "b": [1, "x", None]},
    "mixed": [1, "a"],
    "nan": float("nan"),
    "infinite": np.array([-np.inf, 1.0], np.float32),
    "half": np.float16(0.5),
    "complex": np.complex64(1j),
    "large": 2**70,
    "unsigned": np.uint64(2**64 - 1),
    "matrix": np.eye(2),
    "no_numbers": np.zeros((0, 3), np.int16),
    "inner_nul": "a\0b",
    "latin": b"M\xe9t\xe9o",
    "a/b": {"dtype": "no", "value": 1},
    "°": "",
}
COORDS = {
    "time": ("time", [cftime.DatetimeNoLeap(1850, 1, 1), cftime.DatetimeNoLeap(1850, 3, 1)]),
    "z": ("z", np.array([f"level {k}" for k in range(8)], object)),
    "x": ("x", np.arange(8, dtype=np.int16), {"valid_min": np.int16(-3), "note": {"a": [None]}}),
    "truth": ("y", np.arange(8) > 3),
    "imaginary": ("y", np.arange(8) * 1j),
    "duration": ("time", pd.to_timedelta([1, 5], "h")),
    "gap": ("time", pd.to_datetime(["2020-01-01", None])),
    "wide": ("y", np.arange(8, dtype=np.longdouble)),
    "count": ((), np.uint64(2**64 - 1)),
    "name": ((), "Météo"),
    "a/b": ("y", np.arange(8.0)),
    "..": ("y", np.arange(8.0) + 1),
    "flat": (("y", "x"), np.arange(64.0).reshape(8, 8)),
}


@pytest.fixture(scope="module")
def back(tmp_path_factory):
    field = xr.DataArray(VALUES, COORDS, ("time", "z", "y", "x"), "t", ATTRS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an archive holds all of it: no remark
        return field, idlat.compress(field, tmp_path_factory.mktemp("labels") / "a.idlat").decode()


@pytest.mark.parametrize("key", ATTRS)
def test_an_attribute(back, key):
    value, got = ATTRS[key], back[1].attrs[key]
    if isinstance(value, np.generic | np.ndarray):
        assert (got.dtype, np.shape(got)) == (value.dtype, np.shape(value))
        np.testing.assert_array_equal(got, value)
    else:
        assert str(got) == str("Météo" if key == "latin" else value)
        assert type(got) is (str if key == "latin" else type(value))


@pytest.mark.parametrize("name", COORDS)
def test_a_coordinate(back, name):
    given, got = back[0][name], back[1][name]
    assert got.dims == given.dims
    if given.dtype.kind == "f":
        np.testing.assert_array_equal(got.values.astype("f8"), given.values.astype("f8"))
    elif given.dtype.kind in "mM":
        np.testing.assert_array_equal(got.values, given.values)
    else:
        assert got.values.tolist() == given.values.tolist()
    assert got.attrs == given.attrs
    assert all(type(got.attrs[key]) is type(value) for key, value in given.attrs.items())


@pytest.mark.parametrize("suffix", [".nc", ".h5", ".zarr", ".nrrd", ".mha", ".npy"])
def test_no_format_fails_for_it(back, tmp_path, suffix):
    field, got = back
    with pytest.warns(Remark) as said:
        idlat.write_field(got, tmp_path / f"b{suffix}")
    again = idlat.open_field(tmp_path / f"b{suffix}")
    np.testing.assert_array_equal(again.values, got.values)
    named = " ".join(str(remark.message) for remark in said)
    for name in field.coords:
        assert name in again.coords or str(name) in named
    for key in ATTRS:
        assert key in again.attrs or key in named


def test_what_is_no_value_is_named(tmp_path):
    field = xr.DataArray(VALUES[0], {"odd": ("x", np.array([1, "a"] * 4, object))}, ("z", "y", "x"), "t")
    field.attrs["function"] = len
    with pytest.warns(Remark) as said:
        made = idlat.compress(field, tmp_path / "a.idlat")
    named = " ".join(str(remark.message) for remark in said)
    assert "'function'" in named
    assert "'odd'" in named
    assert not made.decode().coords


@pytest.mark.parametrize("days", [[0, 4e7], [-4e6, 0]])
def test_far_dates_come_back_without_a_warning(tmp_path, model, make_field, days):
    attrs = {"units": "days since 1970-01-01", "calendar": "standard"}
    field = make_field((8, 8, 8), steps=2).drop_vars("time", errors="ignore")
    stored = field.to_dataset(name="v").assign_coords(time=("time", np.array(days, "f8"), attrs))
    stored.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        idlat.compress(idlat.open_field(tmp_path / "a.nc"), tmp_path / "a.idlat", model=model)
        idlat.write_field(idlat.open_archive(tmp_path / "a.idlat").decode(), tmp_path / "b.nc")
    with xr.open_dataset(tmp_path / "b.nc", engine="h5netcdf", decode_times=False) as back:
        assert back["time"].values.tolist() == days
        assert back["time"].attrs["units"] == attrs["units"]
