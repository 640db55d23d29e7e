from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.errors import IdlatError
from idlat.metrics import (
    ErrorAccumulator,
    latent_size_ratio,
    max_error,
    measure,
    weighted_mse,
    weighted_psnr,
)


def sample(seed=0, shape=(6, 7, 8)):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape).astype(np.float32)
    return x, x + rng.normal(scale=0.1, size=shape).astype(np.float32), rng.random(shape, np.float32)


def test_equations_13_and_14():
    x, y, importance = sample()
    error = y.astype(float) - x
    wmse = (importance * error**2).sum() / importance.sum(dtype=float)
    assert weighted_mse(x, y, importance) == pytest.approx(wmse, rel=1e-6)
    span = float(x.max()) - float(x.min())
    assert weighted_psnr(x, y, importance) == pytest.approx(10 * math.log10(span**2 / wmse), abs=1e-5)
    assert max_error(x, y) == np.abs(error).max()


def test_pooling_weighs_every_step_by_its_own_range():
    x, y, importance = sample(1)
    errors = ErrorAccumulator()
    errors.add(x, y, importance, variable="a", step=0)
    errors.add(1000 * x, 1000 * y, 0.5 * importance, variable="b", step=3)
    v = float(x.max()) - float(x.min())
    relative = (importance * ((y.astype(float) - x) / v) ** 2).sum()
    pooled = (1.5 * relative) / (1.5 * importance.sum(dtype=float))
    assert errors.total().wpsnr == pytest.approx(-10 * math.log10(pooled), abs=1e-4)
    assert errors.of("a").wpsnr == pytest.approx(errors.of("b", 3).wpsnr, abs=1e-4)
    assert errors.of("b").max_error == pytest.approx(1000 * errors.of("a").max_error, rel=1e-4)
    assert errors.total().count == 2 * x.size
    assert errors.variables == ("a", "b")


@given(st.permutations(range(6)), st.integers(0, 99))
def test_the_order_of_chunks_changes_no_bit(order, seed):
    x, y, importance = sample(seed)
    scale = 10.0 ** np.arange(6)[:, None, None]
    x, y = (x * scale).astype(np.float32), (y * scale).astype(np.float32)
    summaries = []
    for chosen in (range(6), order):
        errors = ErrorAccumulator()
        for i in chosen:
            errors.add(x[i], y[i], importance[i], step=i % 2)
        summaries.append(errors.total())
    assert summaries[0] == summaries[1]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_chunks_add_up_to_the_whole(cuts):
    x, y, importance = sample(2)
    bounds = sorted({0, 6, *(c for c in cuts if c < 6)})
    errors = ErrorAccumulator()
    for a, b in itertools.pairwise(bounds):
        errors.add(x[a:b], y[a:b], importance[a:b])
    assert errors.total().wpsnr == pytest.approx(weighted_psnr(x, y, importance), rel=1e-12)


def test_missing_voxels_do_not_count():
    x, y, importance = sample(3)
    holed, filled = x.copy(), y.copy()
    holed[0, 0, :4] = [np.nan, np.inf, -np.inf, 1e35]
    filled[0, 0, :4] = 7.0
    valid = np.isfinite(holed) & (holed < 1e34)
    keep = np.ones(x.shape, bool)
    keep[0, 0, :4] = False
    assert measure(holed, filled, importance, valid) == measure(x[keep], y[keep], importance[keep])
    holed[0, 0, 3] = np.nan
    assert measure(holed, filled, importance) == measure(x[keep], y[keep], importance[keep])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_reconstruction_that_is_not_finite_is_an_infinite_error(value):
    x, y, importance = sample(4)
    y[0, 0, 0] = value
    errors = ErrorAccumulator()
    errors.add(x, y, importance)
    assert errors.total().max_error == math.inf
    assert errors.total().wpsnr == -math.inf
    importance[0, 0, 0] = 0
    assert math.isfinite(weighted_mse(x, y, importance))


def test_extremes():
    x, y, importance = sample(5)
    assert weighted_psnr(x, x) == math.inf
    assert math.isnan(weighted_psnr(x, y, 0 * importance))
    flat = np.ones(4)
    assert weighted_psnr(flat, flat) == math.inf
    assert weighted_psnr(flat, flat + 1) == -math.inf
    nothing = ErrorAccumulator().total()
    assert nothing.count == 0
    assert math.isnan(nothing.wpsnr)
    huge = np.array([0.0, 1.7e308])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weighted_mse(huge, -huge) == math.inf


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", ">f4", "uint64"])
def test_any_dtype_is_compared_without_overflow(dtype):
    x = np.array([0, 200, 100]).astype(dtype)
    y = np.array([200, 0, 100]).astype(dtype)
    assert weighted_mse(x, y) == pytest.approx(80000 / 3)
    assert max_error(x, y) == 200


def test_latent_size_ratio():
    assert latent_size_ratio(4096 * 4, 560 * 4) == pytest.approx(7.3143, abs=1e-4)
    with pytest.raises(IdlatError, match="sizes above 0"):
        latent_size_ratio(100, 0)


def test_mistakes_are_named():
    x, y, importance = sample()
    with pytest.raises(IdlatError, match=r"importance has shape \(3,\), expected .*\(6, 7, 8\)"):
        measure(x, y, importance[0, 0, :3])
    with pytest.raises(IdlatError, match="no errors were measured for variable 'p' at step 1"):
        ErrorAccumulator().of("p", 1)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_integers_are_compared_as_they_are(dtype):
    original = np.array([2**60, 2**60 + 3, 2**60 + 1], dtype)
    decoded = np.array([2**60 + 1, 2**60 + 3, 2**60], dtype)
    found = measure(original, decoded)
    assert (found.max_error, found.changed, found.squared) == (1.0, 2, 2.0)
    assert found.high - found.low == 3


@pytest.mark.parametrize("scale", [1e-300, 5e-324, 1e300])
def test_the_psnr_of_numbers_whose_squares_leave_float64(scale):
    original, decoded = np.array([0.0, 8.0]) * scale, np.array([1.0, 8.0]) * scale
    assert weighted_psnr(original, decoded) == pytest.approx(10 * np.log10(64 * 2))
    errors = ErrorAccumulator()
    for part in (slice(0, 1), slice(1, 2)):  # chunks of their own
        errors.add(original[part], decoded[part])
    errors.add(original[:1], original[:1] + scale / 2 if scale > 1 else original[:1])
    assert np.isfinite(errors.total().psnr)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 1023, 5000, 300_000])
def test_compiled_sums_are_those_of_numpy(dtype, size, monkeypatch):
    x, y, importance = (a.astype(dtype) for a in sample(5, (size,)))
    y[::7] = x[::7]
    monkeypatch.delenv("IDLAT_PURE_PYTHON", raising=False)
    found = [measure(x, y, importance), measure(x, y), measure(x, y, None, np.ones(size, bool))]
    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    assert found == [measure(x, y, importance), measure(x, y), measure(x, y, None, np.ones(size, bool))]
    assert found[0].changed == np.count_nonzero(x != y)


def test_numbers_that_are_none_take_the_long_way():
    x, y, importance = sample(6)
    x[0, 0, 0] = np.nan
    assert measure(x, y, importance).count == x.size - 1
    x[0, 0, 0], y[0, 0, 0] = 1, np.inf
    assert measure(x, y, importance).max_error == np.inf
