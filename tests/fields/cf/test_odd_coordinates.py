"""Coordinates of any kind come back, or are named in a remark; no format fails for them."""

import warnings

import cftime
import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import idlat
from idlat.errors import Remark

HOLD_ALL = [".nc", ".h5", ".zarr"]
FORMATS = [*HOLD_ALL, ".nrrd", ".mha", ".vti", ".vtk", ".vtkhdf", ".npy"]
VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

ODD = {
    "text": ("z", ["upper", "löwer"]),
    "text_object": ("z", np.array(["a", "bb"], object)),
    "bytes": ("z", np.array([b"a", b"\xb0"])),
    "empty_text": ("z", ["", ""]),
    "one_text": ((), "Météo"),
    "z": ("z", ["top", "bottom"]),
    "truth": ("z", [True, False]),
    "one_number": ((), np.int32(7)),
    "half": ("z", np.array([0.5, 1.5], np.float16)),
    "wide": ("z", np.array([0.5, 1.5], np.longdouble)),
    "large": ("z", np.array([2**60 + 1, 1])),
    "unsigned": ("z", np.array([2**64 - 1, 1], np.uint64)),
    "complex": ("z", np.array([1j, 2])),
    "gaps": ("z", [np.nan, 1.0]),
    "one_date": ((), np.datetime64("2020-01-01", "ns")),
    "numbers_as_objects": ("z", np.array([1, 2.5], object)),
    "flat": (("y", "x"), np.arange(12.0).reshape(3, 4)),
    "category": ("z", pd.Categorical(["a", "b"])),
    "mixed": ("z", np.array([1, "a"], object)),
    "interval": ("z", pd.interval_range(0, 2)),
    "a b": ("z", [1.0, 2.0]),
    "a/b": ("z", [1.0, 2.0]),
}

DATES = {
    "date": pd.to_datetime(["2020-01-01", "2020-03-01"]),
    "gap_date": pd.to_datetime(["2020-01-01", None]),
    "early_date": np.array(["1500-01-01", "2020-01-01"], "M8[s]"),
    "duration": pd.to_timedelta([1, 5], "h"),
    "noleap": [cftime.DatetimeNoLeap(1850, 1, 1), cftime.DatetimeNoLeap(1850, 3, 1)],
    "days360": [cftime.Datetime360Day(1850, 2, 30), cftime.Datetime360Day(1850, 3, 1)],
}


def plain(values):
    """Give values as lists, texts for bytes and categories, as they are to come back."""
    values = np.asarray(values)
    if values.dtype.kind == "S":
        return [text.decode("latin-1") for text in values.tolist()]
    if values.dtype.kind in "mM":
        return values.astype("M8[s]" if values.dtype.kind == "M" else "m8[s]").astype(str).tolist()
    if values.dtype.kind == "O" and values.ndim and hasattr(values[0], "isoformat"):
        return [date.isoformat() for date in values]  # 1500 is beyond the nanoseconds of NumPy's dates
    return values.tolist()


def same(one, other):
    one, other = plain(one), plain(other)
    return one == other or str(one) == str(other)


def written(field, path):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", Remark)
        idlat.write_field(field, path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return idlat.open_field(path), " ".join(str(remark.message) for remark in said)


@pytest.mark.parametrize("suffix", [*HOLD_ALL, ".nrrd", ".mha", ".npy"])
@pytest.mark.parametrize("name", DATES)
@pytest.mark.parametrize("coordinate", ["time", "when"])
def test_dates_come_back_or_are_named(tmp_path, suffix, name, coordinate):
    field = xr.DataArray(VALUES[:, None], {coordinate: ("time", DATES[name])}, ("time", "z", "y", "x"), "t")
    back, said = written(field, tmp_path / f"p{suffix}")
    np.testing.assert_array_equal(back.values.reshape(VALUES.shape), VALUES)
    came = coordinate in back.coords and same(back[coordinate].values, field[coordinate].values)
    if name == "duration" and coordinate in back.coords and not came:  # a number with its unit
        unit = {"hours": "h", "minutes": "m", "seconds": "s", "nanoseconds": "ns", "days": "D"}
        found = pd.to_timedelta(back[coordinate].values, unit[back[coordinate].attrs["units"]])
        came = list(found) == list(pd.to_timedelta(field[coordinate].values))
    assert came or coordinate in said
    if suffix in HOLD_ALL:
        assert came


def test_dates_along_an_axis_named_z(tmp_path):
    """They say that it is time; in the file it is z again."""
    field = xr.DataArray(VALUES, {"date": ("z", DATES["date"])}, ("z", "y", "x"), "t")
    back, _ = written(field, tmp_path / "p.nc")
    np.testing.assert_array_equal(back.values.reshape(VALUES.shape), VALUES)
    assert back.encoding["idlat_dims"] == ["z", "y", "x"]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ODD)
def test_a_coordinate_comes_back_or_is_named(tmp_path, suffix, name):
    field = xr.DataArray(VALUES, {name: ODD[name]}, ("z", "y", "x"), "t")
    back, said = written(field, tmp_path / f"p{suffix}")
    np.testing.assert_array_equal(back.values, VALUES)
    came = name in back.coords and same(back[name].values, field[name].values)
    assert came or name in said
    if suffix in HOLD_ALL and name not in ("mixed", "interval", "a b", "a/b", "complex"):
        assert came


@pytest.mark.parametrize("name", [name for name in ODD if name not in ("mixed", "interval", "wide")])
def test_netcdf3(tmp_path, name):
    field = xr.DataArray(VALUES, {name: ODD[name]}, ("z", "y", "x"), "t")
    field.encoding["idlat_format"] = "netcdf3"
    back, said = written(field, tmp_path / "p.nc")
    assert (tmp_path / "p.nc").read_bytes()[:3] == b"CDF"
    came = name in back.coords and same(back[name].values, field[name].values)
    assert came or name in said
    assert came or name in ("large", "unsigned", "complex", "a b", "a/b")


def test_levels_of_an_index_come_back_as_coordinates(tmp_path):
    pairs = pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=("run", "kind"))
    field = xr.DataArray(VALUES, xr.Coordinates.from_pandas_multiindex(pairs, "x"), ("z", "y", "x"), "t")
    for suffix in FORMATS:
        back, said = written(field, tmp_path / f"p{suffix}")
        if suffix in HOLD_ALL:
            assert back["run"].values.tolist() == [1, 1, 2, 2]
            assert back["kind"].values.tolist() == ["a", "b", "a", "b"]
        else:
            assert "run" in said
            assert "kind" in said


@pytest.mark.parametrize("kind", ["NETCDF4", "NETCDF3_CLASSIC"])
def test_characters_stay_characters_in_netcdf(tmp_path, kind):
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=kind) as file:
        for name, size in (*zip("zyx", VALUES.shape, strict=True), ("strlen", 8)):
            file.createDimension(name, size)
        file.createVariable("t", "f4", ("z", "y", "x"))[:] = VALUES
        file["t"].coordinates = "name station"
        file.createVariable("name", "S1", ("z", "strlen"))[:] = netCDF4.stringtochar(
            np.array(["up", "down"], "S8")
        )
        file.createVariable("station", "S1", ("strlen",))[:] = np.frombuffer(b"K\xf6ln\0\0\0\0", "S1")
    field = idlat.open_field(tmp_path / "a.nc")
    assert field["name"].values.tolist() == ["up", "down"]
    assert field["station"].item() == "Köln"
    written(field, tmp_path / "b.nc")
    with netCDF4.Dataset(tmp_path / "b.nc") as file:
        assert (file["name"].dtype, file["name"].dimensions) == (np.dtype("S1"), ("z", "strlen"))
        assert netCDF4.chartostring(file["name"][:]).tolist() == ["up", "down"]
        file["station"].set_auto_chartostring(False)
        assert bytes(file["station"][:].filled(b"")).rstrip(b"\0").decode() == "Köln"
    for suffix in (".h5", ".zarr"):
        back, _ = written(field, tmp_path / f"b{suffix}")
        assert (back["name"].values.tolist(), back["station"].item()) == (["up", "down"], "Köln")


@pytest.mark.parametrize("suffix", HOLD_ALL)
def test_named_axes_keep_coordinates_and_names(tmp_path, suffix):
    coords = {
        "lon": [0.0, 1.0],
        "lat": [5.0, 6.0, 7.0],
        "lev": ("lev", [9.0, 8.0, 6.0, 1.0], {"units": "hPa"}),
    }
    field = xr.DataArray(VALUES, coords, ("lon", "lat", "lev"), "t", {"units": "K"})
    written(field, tmp_path / f"a{suffix}")
    named = idlat.open_field(tmp_path / f"a{suffix}", axes=("x", "y", "z"))
    np.testing.assert_array_equal(named.values, VALUES.transpose(2, 1, 0))
    assert named["z"].values.tolist() == [9, 8, 6, 1]
    assert named["x"].values.tolist() == [0, 1]
    written(named, tmp_path / f"b{suffix}")
    back = idlat.open_field(tmp_path / f"b{suffix}", axes=("x", "y", "z"))
    xr.testing.assert_identical(back.load(), named.load())
    assert back.encoding["idlat_dims"] == ["lon", "lat", "lev"]
