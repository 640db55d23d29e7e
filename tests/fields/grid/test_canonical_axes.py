import itertools
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from idlat.errors import FieldError
from idlat.fields import as_field
from idlat.fields.grid.canonical_axes import to_canonical, to_original
from idlat.fields.grid.file_axes import FileAxes


def array(**sizes):
    values = np.arange(np.prod(list(sizes.values()))).reshape(list(sizes.values()))
    return xr.DataArray(values, dims=list(sizes), name="v")


@pytest.mark.parametrize(
    ("sizes", "dims"),
    [
        ({"lev": 2, "lat": 3, "lon": 4}, ("z", "y", "x")),
        ({"Time": 5, "bottom_top": 2, "south_north": 3, "west_east": 4}, ("time", "z", "y", "x")),
        ({"time": 5, "lat": 3, "lon": 4}, ("time", "z", "y", "x")),
        ({"member": 5, "lev": 2, "lat": 3, "lon": 4}, ("time", "z", "y", "x")),
        ({"time": 5, "member": 1, "lev": 2, "lat": 3, "lon": 4}, ("time", "z", "y", "x")),
        ({"time": 1, "member": 1, "lev": 2, "lat": 3, "lon": 4}, ("time", "z", "y", "x")),
        ({"x": 4, "y": 3, "z": 2}, ("z", "y", "x")),
        ({"z": 2, "y": 3, "x": 4, "t": 5}, ("time", "z", "y", "x")),
        ({"z": 1, "y": 1, "x": 1}, ("z", "y", "x")),
    ],
)
def test_dimensions_there_and_back(sizes, dims):
    original = array(**sizes)
    field = to_canonical(original)
    assert field.dims == dims
    assert field.size == original.size
    xr.testing.assert_identical(to_original(field), original)


def test_axes_in_another_order_are_turned():
    field = to_canonical(array(x=4, y=3, z=2))
    assert field.shape == (2, 3, 4)
    assert field.values[1, 2, 3] == 23
    assert field.values[1, 0, 0] == 1


def test_coordinates_follow_their_dimension():
    original = array(time=2, lev=2, lat=3, lon=4).assign_coords(
        lev=[1000.0, 850.0], lat=("lat", [1.0, 2.0, 3.0], {"units": "degrees_north"}), z=("lat", [7, 8, 9])
    )
    field = to_canonical(original)
    assert field.indexes["z"].tolist() == [1000.0, 850.0]
    assert field.coords["y"].attrs["units"] == "degrees_north"
    assert field.coords["z_"].dims == ("y",)
    xr.testing.assert_identical(to_original(field), original)


def test_time_is_known_by_its_coordinate():
    original = array(step=2, lat=3, lon=4).assign_coords(
        step=np.array(["2001-01-01", "2001-01-02"], "M8[ns]")
    )
    assert to_canonical(original).dims == ("time", "z", "y", "x")


def test_a_chosen_step_is_written_without_time():
    original = array(Time=5, lev=2, lat=3, lon=4).assign_coords(Time=[0, 1, 2, 3, 4])
    step = to_original(to_canonical(original).isel(time=3))
    xr.testing.assert_identical(step, original.isel(Time=3))


def test_an_axis_that_the_file_never_had_is_dropped():
    field = to_canonical(array(lev=2, lat=3, lon=4))
    with_time = field.expand_dims("time")
    with_time.encoding = field.encoding
    assert to_original(with_time).dims == ("lev", "lat", "lon")


@pytest.mark.parametrize("sizes", [{"x": 4}, {"time": 3, "x": 4}, {"a": 2, "b": 2, "c": 2, "d": 2, "e": 2}])
def test_wrong_rank_is_refused(sizes):
    with pytest.raises(FieldError, match="expected two"):
        to_canonical(array(**sizes))


def test_an_empty_axis_is_refused():
    with pytest.raises(FieldError, match="empty"):
        to_canonical(array(z=2, y=0, x=3))


def test_as_field_takes_plain_arrays():
    assert as_field(np.zeros((2, 3, 4), np.int8)).dims == ("z", "y", "x")
    assert as_field(np.zeros((2, 3, 4, 5)), name="p").name == "p"
    assert as_field(np.zeros((3, 4))).shape == (1, 3, 4)
    with pytest.raises(FieldError, match="rank 1"):
        as_field(np.zeros(3))
    with pytest.raises(FieldError, match=r"run\.nc is a path, not an array: open it with idlat\.open_field"):
        as_field(Path("run.nc"))
    with pytest.raises(FieldError, match="complex64"):
        as_field(np.zeros((2, 3, 4), np.complex64))


@given(st.data())
def test_blocks_land_in_the_file_where_the_field_has_them(data):
    names = data.draw(
        st.sampled_from(list(itertools.permutations("zyx")) + [("Time", *p) for p in ["zyx", "xyz"]])
    )
    original = array(**{name: data.draw(st.integers(1, 4)) for name in names})
    field = to_canonical(original)
    axes = FileAxes.of(field)
    assert axes.file_shape == original.shape
    region = {}
    for dim, size in field.sizes.items():
        start = data.draw(st.integers(0, size - 1))
        region[dim] = slice(start, data.draw(st.integers(start + 1, size)))
    ((where, block),) = axes.blocks(axes.region(region), field.isel(region).values)
    np.testing.assert_array_equal(block, original.values[where])


def test_regions_must_lie_in_the_field():
    axes = FileAxes.of(array(z=2, y=3, x=4))
    with pytest.raises(ValueError, match=r"z=0:3 does not lie in 0:2"):
        axes.region({"z": slice(0, 3)})
    with pytest.raises(ValueError, match="'w'"):
        axes.region({"w": slice(0, 1)})
    with pytest.raises(ValueError, match="step 1"):
        axes.region({"x": slice(0, 4, 2)})
