"""Attributes of coordinates say which dimension is time, z, y and x; names do next, and place last."""

import itertools

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.fields import as_field
from idlat.fields.grid.canonical_axes import to_original

SIZES = {"time": 2, "z": 3, "y": 4, "x": 5}
VALUES = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)

# For each axis, attributes any of which is enough.
STATED = {
    "time": [{"units": "days since 2001-01-01"}, {"axis": "T"}, {"standard_name": "time"}],
    "z": [
        {"units": "hPa"},
        {"positive": "down", "units": "m"},
        {"axis": "Z"},
        {"standard_name": "atmosphere_hybrid_sigma_pressure_coordinate"},
    ],
    "y": [{"units": "degrees_north"}, {"axis": "Y"}, {"standard_name": "projection_y_coordinate"}],
    "x": [{"units": "degree_E"}, {"axis": "X"}, {"_CoordinateAxisType": "Lon"}],
}
PLAIN = dict(zip(SIZES, ("d3", "d1", "d2", "d0"), strict=True))  # names that say nothing


def dataset(order, styles, names=PLAIN):
    """A variable with its axes in that order, of which only attributes tell."""
    coords = {
        names[axis]: (names[axis], np.arange(1.0, size + 1), STATED[axis][style % len(STATED[axis])])
        for (axis, size), style in zip(SIZES.items(), styles, strict=True)
        if style is not None
    }
    array = xr.DataArray(VALUES, dims=[names[axis] for axis in SIZES]).transpose(*(names[a] for a in order))
    return xr.Dataset({"t": array}, coords)


def write(path, ds):
    """Write a dataset as it is, in the format of the suffix."""
    if path.suffix == ".zarr":
        ds.to_zarr(path, zarr_format=2, consolidated=False)
    else:
        ds.to_netcdf(path, engine="h5netcdf")
    return path


@pytest.mark.parametrize("suffix", [".nc", ".h5", ".zarr"])
@pytest.mark.parametrize("style", range(4))
def test_attributes_decide_before_order(tmp_path, suffix, style):
    for number, order in enumerate(
        [("x", "y", "z", "time"), ("z", "time", "x", "y"), ("y", "x", "time", "z")]
    ):
        path = write(tmp_path / f"{number}{suffix}", dataset(order, [style] * 4))
        field = idlat.open_field(path, "t")
        assert field.dims == ("time", "z", "y", "x")
        np.testing.assert_array_equal(field.values, VALUES)
        assert field["x"].values.tolist() == [1, 2, 3, 4, 5]
        back = to_original(field)
        assert back.dims == tuple(PLAIN[axis] for axis in order)


@pytest.mark.parametrize("order", list(itertools.permutations(SIZES)))
def test_every_order(order):
    field = as_field(dataset(order, range(4))["t"])
    assert field.dims == ("time", "z", "y", "x")
    np.testing.assert_array_equal(field.values, VALUES)
    np.testing.assert_array_equal(to_original(field).values, dataset(order, range(4))["t"].values)


@pytest.mark.parametrize("unknown", SIZES)
@pytest.mark.parametrize("order", [("x", "y", "z", "time"), ("time", "x", "z", "y"), ("z", "y", "time", "x")])
def test_the_one_of_which_nothing_is_known_is_what_is_left(order, unknown):
    styles = [None if axis == unknown else 1 for axis in SIZES]
    np.testing.assert_array_equal(as_field(dataset(order, styles)["t"]).values, VALUES)


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (("lon", "lat", "lev", "time"), "x y z time"),
        (("Time", "longitude", "latitude", "depth"), "time x y z"),
        (("lat", "lon", "time"), "y x time"),
        (("time", "lon", "lat"), "time x y"),
        (("x", "y", "plev"), "x y z"),
        (("a", "b", "c"), "z y x"),
        (("a", "b", "c", "d"), "time z y x"),
        (("time", "a", "b"), "time y x"),
        (("time", "lev", "a", "b"), "time z y x"),
        (("a", "lat", "lon", "b"), "time y x z"),
        (("lat", "latitude", "lev"), "y x z"),
    ],
)
def test_names_decide_next_and_place_last(names, axes):
    sizes = dict(zip(axes.split(), names, strict=True))
    original = xr.DataArray(np.arange(120.0).reshape(2, 3, 4, 5)[(0,) * (4 - len(names))], dims=names)
    field = as_field(original)
    for axis, name in sizes.items():
        assert field.encoding["idlat_names"].get(axis, axis) == name
        assert field.sizes[axis] == original.sizes[name]
    np.testing.assert_array_equal(to_original(field).values, original.values)


def test_attributes_outvote_names():
    lat = ("lev", np.arange(4.0), {"standard_name": "latitude"})
    lev = ("lat", np.arange(3.0), {"axis": "Z"})
    given = xr.DataArray(VALUES[0].transpose(1, 2, 0), {"lev": lat, "lat": lev}, ("lev", "lon", "lat"))
    np.testing.assert_array_equal(as_field(given).values, VALUES[0])
    time = ("t", np.arange(5.0), {"axis": "X"})
    given = xr.DataArray(VALUES[0], {"t": time}, ("z", "y", "t"))
    assert as_field(given).dims == ("z", "y", "x")


def test_a_dimension_without_a_coordinate_is_what_those_along_it_say():
    coords = {
        "valid": ("n", np.array(["2001-01-01", "2001-01-02"], "M8[ns]")),
        "north": ("j", np.arange(4.0), {"units": "degrees_north"}),
        "east": ("i", np.arange(5.0), {"units": "degrees_east"}),
    }
    given = xr.DataArray(VALUES.transpose(3, 2, 1, 0), coords, ("i", "j", "k", "n"))
    np.testing.assert_array_equal(as_field(given).values, VALUES)


def test_axes_that_the_caller_names_come_first(tmp_path):
    path = write(tmp_path / "a.nc", dataset(("time", "z", "y", "x"), [1] * 4))
    field = idlat.open_field(path, axes=("x", "y", "z", "time"))
    np.testing.assert_array_equal(field.values, VALUES.transpose())
