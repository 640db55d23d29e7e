import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from idlat.errors import FieldError
from idlat.fields import cast_values, fill_values_of, restore_missing, valid_mask
from idlat.fields.arrays.missing_values import declared_missing

FLOATS = [np.float16, np.float32, np.float64]
INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]


def special(dtype):
    return st.sampled_from([0.0, 1.5, -2.0, 100.0, -999.0, 7.0, np.nan, np.inf, -np.inf]).map(
        np.dtype(dtype).type
    )


@given(
    st.sampled_from(FLOATS).flatmap(
        lambda d: hnp.arrays(d, hnp.array_shapes(max_dims=4), elements=special(d))
    )
)
def test_floats_with_every_kind_of_missing_come_back_exactly(values):
    kinds = valid_mask(values, [-999.0, 7.0])
    hidden = np.where(kinds == 0, values, 0).astype(np.float32)
    back = restore_missing(hidden, kinds, values.dtype, [-999.0, 7.0])
    np.testing.assert_array_equal(back, values)
    assert back.dtype == values.dtype


@given(
    st.sampled_from(INTEGERS).flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(max_dims=3))),
    st.lists(st.integers(-3, 130), max_size=3),
)
def test_integers_with_fill_values_come_back_exactly(values, fills):
    kinds = valid_mask(values, fills)
    allowed = [fill for fill in fills if np.iinfo(values.dtype).min <= fill <= np.iinfo(values.dtype).max]
    assert np.array_equal(kinds != 0, np.isin(values, np.array(allowed, values.dtype)))
    np.testing.assert_array_equal(restore_missing(values, kinds, values.dtype, fills), values)


def test_fill_value_is_compared_in_the_fields_dtype():
    values = np.array([1e35, 0.1, -1e10], np.float32)
    assert valid_mask(values, [1e35]).tolist() == [4, 0, 0]
    assert valid_mask(values, [0.1]).tolist() == [0, 4, 0]
    assert valid_mask(values, [-1e10, 1e35]).tolist() == [5, 0, 4]


def test_fill_value_beyond_the_dtype_matches_nothing():
    assert valid_mask(np.array([np.inf], np.float16), [1e35]).tolist() == [2]
    assert not valid_mask(np.array([-1, 1], np.int16), [1e35, 0.5, np.nan]).any()


@given(hnp.arrays(np.float64, 8, elements=st.floats(-1e30, 1e30)), st.sampled_from(INTEGERS))
def test_casting_to_integers_rounds_and_clips(values, dtype):
    limits = np.iinfo(dtype)
    expected = [min(max(round(value), limits.min), limits.max) for value in values.tolist()]
    assert cast_values(values, dtype).tolist() == expected


def test_casting_without_a_number():
    assert cast_values(np.array([np.nan, np.inf, -np.inf]), np.int8).tolist() == [0, 127, -128]


def test_casting_to_half_stays_finite():
    result = cast_values(np.array([70000.0, -np.inf, np.nan], np.float32), np.float16)
    assert result[0] == np.finfo(np.float16).max
    assert np.isneginf(result[1])
    assert np.isnan(result[2])


@given(st.sampled_from(INTEGERS), st.integers(-2, 2), st.floats(-3, 3))
def test_a_valid_integer_never_becomes_the_fill_value(dtype, fill, value):
    fill = max(fill, np.iinfo(dtype).min)
    values = np.array([value, 0.0])
    back = restore_missing(values, np.array([0, 4], np.uint8), dtype, fill)
    assert back[0] != fill
    assert back[1] == fill
    assert abs(int(back[0]) - max(value, np.iinfo(dtype).min)) <= 1.5


def test_valid_integers_keep_off_several_fill_values_and_the_range():
    back = restore_missing(np.array([0.0, 1.0, 2.0]), None, np.uint8, [0, 1])
    assert back.tolist() == [2, 2, 2]
    back = restore_missing(np.array([255.0]), None, np.uint8, [255])
    assert back.tolist() == [254]


def test_restoring_does_not_write_into_its_input():
    values = np.ones(2, np.float32)
    restore_missing(values, np.array([1, 0], np.uint8), np.float32)
    assert values.tolist() == [1, 1]


def test_fill_values_come_from_encoding_attrs_and_the_option():
    field = xr.DataArray(np.zeros((1, 1, 1), np.int16), attrs={"missing_value": np.array([-1, -2], np.int16)})
    field.encoding = {"_FillValue": np.int16(-3), "idlat_missing": 9}
    assert fill_values_of(field) == (9, -3, -1, -2)


def test_fill_values_in_packed_units_are_not_the_fields():
    field = xr.DataArray(np.zeros((1, 1, 1), np.float32))
    field.encoding = {"_FillValue": -32767, "scale_factor": 0.1}
    assert fill_values_of(field) == ()


def test_fill_values_that_are_nan_need_no_sentinel():
    field = xr.DataArray(np.zeros((1, 1, 1)), attrs={"_FillValue": np.nan})
    assert fill_values_of(field) == ()


def test_missing_value_that_cannot_occur_is_refused():
    volume = np.zeros((1, 1, 1))
    with pytest.raises(FieldError, match=r"1e\+35 cannot occur .* int16"):
        declared_missing(1e35, xr.DataArray(volume.astype(np.int16)))
    assert declared_missing(1e35, xr.DataArray(volume.astype(np.float32))) == 1e35


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("scale", "offset"), [(0.0001, 0.0), (0.01, 273.15), (1 / 3, -1e4), (1.0, 0.5)])
def test_a_missing_value_of_a_packed_field_is_the_number_that_xarray_unpacks(scale, offset, dtype):
    codes = np.array([[[-30111, 7, 32000]]], np.int16)
    attrs = {"scale_factor": np.dtype(dtype).type(scale), "add_offset": np.dtype(dtype).type(offset)}
    field = xr.decode_cf(xr.Dataset({"v": (("z", "y", "x"), codes, attrs)}))["v"]
    for code, unpacked in zip(codes.ravel(), field.values.ravel(), strict=True):
        written = float(f"{int(code) * attrs['scale_factor'] + attrs['add_offset']:.7g}")  # as a user would
        if np.isclose(written, float(unpacked), rtol=np.finfo(field.dtype).eps, atol=0):
            assert declared_missing(written, field) == unpacked
    between = float(field.values[0, 0, 1]) + 0.4 * scale
    assert declared_missing(between, field) == between
