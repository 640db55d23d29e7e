"""Compiled transforms give what NumPy gives: octaves bit for bit, lapped cells to rounding, in any tiling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from idlat.transform import Kinds, Shape
from idlat.transform.lapped import CELL
from idlat.transform.lapped_axis import cells_of, frequency_norms
from idlat.transform.lines import cells_of_box, values_of_box
from idlat.transform.octaves import band_norms, merge_halves, split_halves
from support.models.subband_boxes import KINDS

ODD = [(1, 1, 37), (10, 25, 41), (64, 3, 5)]
SHAPES = st.one_of(st.sampled_from(ODD), st.tuples(*(st.integers(1, 34),) * 3))
DTYPES = st.sampled_from([np.float32, np.float64])


def lapped(x: np.ndarray) -> np.ndarray:
    c = cells_of(x)
    return c * np.array(frequency_norms(), c.dtype).reshape(CELL, *(1,) * (c.ndim - 2))


def octaves(x: np.ndarray) -> np.ndarray:
    """Three octaves, each band where it stands in its cells: low, 1, 2 and 4 high coefficients."""
    c = np.zeros((-(-len(x) // CELL), CELL, *x.shape[1:]), x.dtype)
    for first, norm in zip((4, 2, 1), band_norms(3)[:0:-1], strict=True):
        x, high = split_halves(x)
        for k in range(first):
            part = high[k::first] * norm
            c[: len(part), first + k] = part
    c[: len(x), 0] = x * band_norms(3)[0]
    return c


def values_of_octaves(c: np.ndarray, n: int) -> np.ndarray:
    low, norms = c[:, 0] * c.dtype.type(1 / band_norms(3)[0]), band_norms(3)
    for first, norm in zip((1, 2, 4), norms[1:], strict=True):
        high = (c[:, first : 2 * first] * c.dtype.type(1 / norm)).reshape(-1, *c.shape[2:])
        count = -(-n // (4 // first))  # values that are split into these halves
        low = merge_halves(low[: (count + 1) // 2], high[: count // 2])
    return low


def in_numpy(x: np.ndarray, kinds: Kinds) -> np.ndarray:
    for axis, kind in enumerate(kinds):
        c = (lapped if kind == "lapped" else octaves)(np.moveaxis(x, 2 * axis, 0))
        x = np.moveaxis(c, (0, 1), (2 * axis, 2 * axis + 1))
    return x


@given(shape=SHAPES, kinds=st.sampled_from(KINDS), dtype=DTYPES, seed=st.integers(0, 2**32))
def test_any_box(shape: Shape, kinds: Kinds, dtype: type, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    before = x.copy()
    c = cells_of_box(x, kinds)
    back = values_of_box(c, kinds, shape)
    np.testing.assert_array_equal(x, before)
    assert c.dtype == back.dtype == dtype
    exact, near = set(kinds) == {"octaves"}, 200 * np.finfo(dtype).eps
    np.testing.assert_allclose(c, in_numpy(x, kinds), rtol=0, atol=0 if exact else near)
    np.testing.assert_allclose(back, x, rtol=0, atol=near)


@given(x=arrays(np.float32, (9, 17, 26), elements=st.floats(-(2.0**30), 2.0**30, width=32)))
def test_octaves_are_the_same_bit_for_bit(x: np.ndarray) -> None:
    kinds: Kinds = ("octaves", "octaves", "octaves")
    c = cells_of_box(x, kinds)
    np.testing.assert_array_equal(c, in_numpy(x, kinds))
    back = c
    for axis in (2, 1, 0):
        moved = np.moveaxis(back, (2 * axis, 2 * axis + 1), (0, 1))
        back = np.moveaxis(values_of_octaves(moved, x.shape[axis]), 0, 2 * axis)
    np.testing.assert_array_equal(values_of_box(c, kinds, (9, 17, 26)), back)


@pytest.mark.parametrize("kinds", [("lapped",) * 3, ("octaves", "lapped", "octaves")])
def test_a_part_is_the_same_bit_for_bit(kinds: Kinds) -> None:
    """Coefficients inside a part of a box do not depend on what is outside their reach."""
    x = np.random.default_rng(2).normal(size=(96, 96, 88)).astype(np.float32)
    whole = cells_of_box(x, kinds)
    part = cells_of_box(np.ascontiguousarray(x[:88, 8:, 8:80]), kinds)
    inside = (slice(4, 7), slice(None), slice(4, 7), slice(None), slice(4, 5))
    np.testing.assert_array_equal(part[inside], whole[:, :, 1:, :, 1:][inside])
    values = values_of_box(whole, kinds, (96, 96, 88))
    c = np.ascontiguousarray(whole[:, :, 1:, :, 1:-1])
    np.testing.assert_array_equal(
        values_of_box(c, kinds, (96, 88, 72))[:, 32:56, 32:40], values[:, 40:64, 40:48]
    )


def test_what_is_not_contiguous() -> None:
    x = np.random.default_rng(3).normal(size=(20, 31, 17)).T
    kinds: Kinds = ("lapped", "octaves", "lapped")
    c = cells_of_box(x, kinds)
    np.testing.assert_array_equal(c, cells_of_box(np.ascontiguousarray(x), kinds))
    turned = np.asfortranarray(c)
    np.testing.assert_array_equal(values_of_box(turned, kinds, x.shape), values_of_box(c, kinds, x.shape))


def test_cells_of_another_box_are_refused() -> None:
    c = cells_of_box(np.zeros((9, 9, 9)), KINDS[0])
    with pytest.raises(ValueError, match="another shape"):
        values_of_box(c, KINDS[0], (9, 17, 9))
