"""Bounds and other companions follow their steps: joined along time, turned with their axis."""

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import Remark

VALUES = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
LATITUDES = np.array([-30.0, -10.0, 10.0, 30.0])
HOUR = np.timedelta64(1, "h")
EDGES = np.stack([LATITUDES - 10, LATITUDES + 10], -1)


def write(path, index, *, turned=False, bounds=True):
    """One file with bounds of its time and of its latitudes."""
    order = slice(None, None, -1) if turned else slice(None)
    time = {"units": "hours since 2020-01-01", **({"bounds": "time_bnds"} if bounds else {})}
    lat = {"units": "degrees_north", "bounds": "lat_bnds"}
    ds = xr.Dataset(
        {
            "t": (("time", "lev", "lat", "lon"), VALUES[index][None, :, order]),
            "lat_bnds": (("lat", "nv"), EDGES[order]),
        },
        {"time": ("time", [6.0 * index + 3], time), "lat": ("lat", LATITUDES[order], lat)},
    )
    if bounds:
        ds["time_bnds"] = (("time", "nv"), [[6.0 * index, 6.0 * index + 6]])
    ds.to_netcdf(path, engine="h5netcdf")
    return path


def check(path):
    """Compare what xarray reads of a whole series with what the files say."""
    with xr.open_dataset(path, engine="h5netcdf") as ds:
        np.testing.assert_array_equal(ds["lat"], LATITUDES)
        np.testing.assert_array_equal(ds["lat_bnds"], EDGES)
        hours = [(ds[name].values - np.datetime64("2020-01-01")) / HOUR for name in ("time", "time_bnds")]
    assert [values.tolist() for values in hours] == [[3, 9], [[0, 6], [6, 12]]]


def test_files_of_a_series(tmp_path):
    field = idlat.open_field([write(tmp_path / "a.nc", 0), write(tmp_path / "b.nc", 1, turned=True)], "t")
    np.testing.assert_array_equal(field.values, VALUES)
    idlat.write_field(field, tmp_path / "all.nc")
    check(tmp_path / "all.nc")


def test_appended_steps(tmp_path):
    path = tmp_path / "a.idlat"
    idlat.compress(idlat.open_field(write(tmp_path / "a.nc", 0), "t"), path)
    idlat.compress(idlat.open_field(write(tmp_path / "b.nc", 1, turned=True), "t"), path, mode="a")
    idlat.write_field(idlat.open_archive(path).decode(), tmp_path / "all.nc")
    check(tmp_path / "all.nc")


def test_what_only_some_steps_have_is_named(tmp_path):
    files = [write(tmp_path / "a.nc", 0), write(tmp_path / "b.nc", 1, bounds=False)]
    with pytest.warns(Remark, match="'time_bnds', which the steps of the series do not all have alike"):
        field = idlat.open_field(files, "t")
    np.testing.assert_array_equal(field.values, VALUES)
