"""Normalisation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from idlat.errors import FieldError, IdlatError
from idlat.normalise import Normalisation, fit_normalisation


def _fit(values, transform="none"):
    return fit_normalisation(values, float(values.min()), float(values.max()), transform)


def test_mean_and_standard_deviation():
    values = np.random.default_rng(0).normal(50.0, 4.0, 100_000).astype("float32")
    found = _fit(values)
    assert found.offset == pytest.approx(50.0, abs=0.1)
    assert found.scale == pytest.approx(4.0, rel=0.02)
    forward = found.forward(values)
    assert forward.dtype == np.float32
    assert abs(float(forward.mean())) < 0.01


def test_spikes_do_not_move_them():
    values = np.random.default_rng(0).normal(50.0, 4.0, 100_000)
    spiky = values.copy()
    spiky[:20] = 1e4
    assert _fit(spiky).scale == pytest.approx(_fit(values).scale, rel=0.05)
    spiky[:20] = 1e7
    assert _fit(spiky).scale == pytest.approx(1e3, rel=0.01)  # at least 1e-4 of the range


def test_of_many_values_a_share_is_looked_at():
    values = np.random.default_rng(1).normal(50.0, 4.0, 2**20)
    ends = float(values.min()), float(values.max())
    found, all_of_them = fit_normalisation(values, *ends), values.std()
    assert found == fit_normalisation(values[::5], *ends)
    assert found.scale == pytest.approx(all_of_them, rel=0.02)
    assert fit_normalisation(values[: 2**18], *ends).offset != fit_normalisation(values[::5], *ends).offset


def test_a_large_offset_costs_no_digits():
    values = (101325.0 + np.linspace(-1, 1, 1000)).astype("float32")
    found = _fit(values)
    np.testing.assert_array_equal(found.backward(found.forward(values), values.dtype), values)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.integers(1, 40),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    ),
    st.sampled_from(["none", "asinh"]),
)
def test_it_is_undone(values, transform):
    found = _fit(values, transform)
    back = found.backward(found.forward(values), values.dtype)
    span = float(np.ptp(np.arcsinh(values) if transform == "asinh" else values))
    if transform == "asinh":
        back, values = np.arcsinh(back), np.arcsinh(values)
    largest = float(np.abs(values).max())
    # in float64: NumPy would round the tolerance to the values' type, of the smallest numbers to 0
    np.testing.assert_allclose(
        back.astype("f8"), values.astype("f8"), rtol=0, atol=1e-4 * span + 1e-6 * largest
    )


def test_values_never_leave_the_range():
    found = Normalisation("none", offset=0.0, scale=1.0, minimum=-2.0, maximum=3.0)
    decoded = found.backward(np.array([-9.0, 0.5, 9.0], np.float32), np.dtype("float32"))
    assert decoded.tolist() == [-2.0, 0.5, 3.0]


@pytest.mark.parametrize("values", [np.array([1.0, 0.0]), np.array([-1.0, 5.0])])
def test_logarithms_need_values_above_zero(values):
    with pytest.raises(FieldError, match="above 0, the smallest is"):
        _fit(values, "log10")


def test_what_cannot_be():
    with pytest.raises(IdlatError, match="choose one of none, log10, asinh"):
        _fit(np.ones(3), "sqrt")
    with pytest.raises(FieldError, match="too far apart"):
        _fit(np.array([-1.7e308, 1.7e308]))


@pytest.mark.parametrize("wild", [{"offset": -1e300}, {"scale": 1e200}])
@pytest.mark.filterwarnings("error")
def test_an_offset_or_a_scale_beyond_float32_gives_values_within_the_extremes(wild):
    damaged = Normalisation("none", **{"offset": 0.0, "scale": 1.0, **wild}, minimum=-1.0, maximum=2.0)
    decoded = damaged.backward(np.array([-1.0, 1.0], np.float32), np.dtype(np.float32))
    assert decoded.min() >= -1.0
    assert decoded.max() <= 2.0
