import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from idlat.errors import FieldError, Remark
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.metadata.header_attributes import read_value, write_attrs, write_value

numbers = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
steps = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)
triples = st.tuples


@given(triples(numbers, numbers, numbers), triples(steps, steps, steps), triples(*[st.integers(1, 50)] * 3))
def test_coordinates_there_and_back(origin, spacing, sizes):
    """The spacing comes back to its last bit, whatever rounding the coordinates had."""
    place = Placement(origin, spacing)
    named = dict(zip(("z", "y", "x"), sizes, strict=True))
    field = xr.DataArray(np.zeros(sizes), place.coordinates(named), ("z", "y", "x"))
    field.encoding = place.encoding()
    assert Placement.of(field) == place


def test_a_region_of_a_rotated_grid_begins_where_it_lies():
    quarter = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0)  # x runs along the world's y
    place = Placement((10.0, 20.0, 30.0), (0.5, 2.0, 1.0), quarter)
    field = xr.DataArray(np.zeros((4, 4, 4)), place.coordinates({"z": 4, "y": 4, "x": 4}), ("z", "y", "x"))
    field.encoding = place.encoding()
    part = field.isel(x=slice(2, 4), y=slice(1, 3))
    part.encoding = field.encoding
    assert Placement.of(part) == Placement((8.0, 21.0, 30.0), (0.5, 2.0, 1.0), quarter)


@pytest.mark.parametrize(
    ("origin", "spacing", "message"),
    [
        (("0", "0"), (1, 1, 1), "origin .* expected 3 numbers"),
        (("a", 0, 0), (1, 1, 1), "origin"),
        ((0, 0, np.inf), (1, 1, 1), "origin"),
        ((0, 0, 0), (1, 0, 1), "zero"),
    ],
)
def test_headers_without_a_place_are_refused(origin, spacing, message):
    with pytest.raises(FieldError, match=message):
        Placement.parse("a.vti", origin, spacing)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(json_values)
def test_attributes_as_text_there_and_back(value):
    text = write_value(value)
    assert text is not None
    assert "\n" not in text
    assert read_value(text) == value


@given(st.text(max_size=200))
def test_any_text_is_some_value(text):
    read_value(text)


def test_what_has_no_form_is_left_out():
    attrs = {"units": "K", "table": object(), "two words": "a", "taken": 1}
    with pytest.warns(Remark) as said:
        assert write_attrs(attrs, r"\w+", frozenset(("taken",))) == {"units": "K"}
    named = " ".join(str(remark.message) for remark in said)
    assert all(repr(key) in named for key in attrs if key != "units")
