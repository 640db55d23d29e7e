"""Percentiles wherever a value is taken."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from idlat.errors import ImportanceError
from idlat.importance import isosurface, near, threshold, transfer
from idlat.importance.parse_expression import parse

FIELD = np.random.default_rng(0).lognormal(0, 2, (9, 10, 11)).astype("f4")


def _map(text, field=FIELD, variables=None):
    return parse(text).evaluate(field, variables).values


@pytest.mark.parametrize("sign", [">", ">=", "<", "<="])
@pytest.mark.parametrize("share", [0, 12.5, 50, 95, 100])
def test_a_comparison(sign, share):
    level = np.float32(np.percentile(FIELD.astype("f8"), share))
    compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[sign]
    np.testing.assert_array_equal(_map(f"value {sign} {share}%"), compare(FIELD, level))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("isosurface(90%)", "isosurface({0!r})"),
        ("isosurface(value, 90%, decay=0.5)", "isosurface({0!r}, decay=0.5)"),
        ("near(90%, width=2)", "near({0!r}, width=2)"),
        ("near(value:90%, width=2)", "near({0!r}, width=2)"),
        ("near(value:90%, T:3, width=2)", "near(value:{0!r}, T:3, width=2)"),
        ("transfer(10%:0, 90%:1)", "transfer({1!r}:0, {0!r}:1)"),
        ("transfer(value, 10%:0, 90%:0.5, 1e9:1)", "transfer({1!r}:0, {0!r}:0.5, 1e9:1)"),
        ("distance(value > 90%)", "distance(value > {0!r})"),
        ("max((value > 90%), 0.3*(value < 10%))", "max((value > {0!r}), 0.3*(value < {1!r}))"),
        ("log10(value) > 90%", "log10(value) > {2!r}"),
    ],
)
def test_every_family_takes_what_the_number_gives(text, plain):
    wide = FIELD.astype("f8")
    numbers = [
        np.percentile(wide, 90),
        np.percentile(wide, 10),
        np.percentile(np.log10(FIELD).astype("f8"), 90),
    ]
    variables = {"T": xr.DataArray(FIELD[::-1].copy(), dims=("z", "y", "x"))}
    found = _map(text, variables=variables)
    np.testing.assert_array_equal(found, _map(plain.format(*map(float, numbers)), variables=variables))
    assert str(parse(str(parse(text)))) == str(parse(text))


def test_missing_values_and_steps_count_as_they_should():
    series = np.stack([FIELD, 10 * FIELD])
    series[0, :2] = np.nan
    level = np.float32(np.nanpercentile(series.astype("f8"), 75))
    np.testing.assert_array_equal(_map("value > 75%", series), series > level)
    assert _map("value > 75%", np.full((2, 3, 4), np.nan)).max() == 0


def test_a_constant_field():
    flat = np.full((4, 5, 6), 3.0)
    assert _map("value > 50%", flat).max() == 0
    assert _map("value >= 50%", flat).min() == 1
    assert _map("near(50%, width=1)", flat).min() == 1
    assert np.isfinite(_map("transfer(5%:0, 95%:1)", flat)).all()
    with pytest.raises(ImportanceError, match=r"no isosurface 50\.0%"):
        _map("isosurface(50%)", flat)


def test_functions_take_them_as_text():
    np.testing.assert_array_equal(threshold(FIELD, ">", "95%").values, _map("value > 95%"))
    np.testing.assert_array_equal(isosurface(FIELD, "95%").values, _map("isosurface(95%)"))
    np.testing.assert_array_equal(near(FIELD, "95%", 2).values, _map("near(95%, width=2)"))


def test_functions_keep_numbers():
    np.testing.assert_array_equal(transfer(FIELD, {0: 0, 2: 1}).values, _map("transfer(0:0, 2:1)"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("value > 101%", "from 0% to 100%, got 101%"),
        ("value > -5%", "from 0% to 100%, got -5%"),
        ("isosurface(150%)", "from 0% to 100%, got 150%"),
        ("near(50%, width=5%)", r"expected '\)', found '%'"),
        ("50%", "expected a comparison|expected the end, found '%'"),
        ("transfer(90%:0, 10%:1)", "values rising"),
        ("value > p90", "a number, or a percentile such as 95%"),
        ("value > %", "a number, or a percentile such as 95%"),
        ("value > 50%%", "found '%'"),
    ],
)
def test_what_cannot_be(text, said):
    with pytest.raises(ImportanceError, match=said):
        parse(text)


def test_points_of_a_transfer_that_do_not_rise_on_a_field():
    with pytest.raises(ImportanceError, match=r"whose values rise: 50\.0% is .*, 0\.0 is 0"):
        _map("transfer(50%:0, 0:1)")
