"""Cuts: nothing reaches over them, every axis still inverts, and cells keep their number of coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.transform.cells import from_cells, to_cells
from idlat.transform.cuts import MOST_DOUBLINGS, Cut, axis_coarser, axis_parts, coarser_cells, moved_cuts

LAPPED = ("lapped", "lapped", "lapped")


@st.composite
def axis_cuts(draw, n):
    places = draw(st.sets(st.integers(1, n + 8), max_size=6))
    return tuple(Cut(at, draw(st.integers(1, 12)) * draw(st.sampled_from([1, -1]))) for at in sorted(places))


@given(data=st.data())
def test_any_box_under_any_cuts_comes_back_with_kernels_and_without(data):
    shape = tuple(data.draw(st.integers(1, 40)) for _ in range(3))
    cuts = tuple(data.draw(axis_cuts(n)) for n in shape)
    x = np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=shape)
    c = to_cells(x, LAPPED, cuts)
    np.testing.assert_allclose(from_cells(c, LAPPED, shape, cuts), x, atol=1e-9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDLAT_PURE_PYTHON", "1")
        np.testing.assert_allclose(to_cells(x, LAPPED, cuts), c, atol=1e-12)
        np.testing.assert_allclose(from_cells(c, LAPPED, shape, cuts), x, atol=1e-9)


@pytest.mark.parametrize("at", range(9, 24))
def test_no_coefficient_reaches_over_a_cut(at):
    n, cuts = 40, ((Cut(at, 5),), (), ())
    functions = np.zeros((n, n))
    for k in range(n):
        c = np.zeros((5, 8, 1, 8, 1, 8))
        c.reshape(n, 64)[k, 0] = 1
        functions[k] = from_cells(c, LAPPED, (n, 1, 1), cuts)[:, 0, 0]
    before, after = (np.abs(functions[:, part]).max(1) > 1e-9 for part in (slice(0, at), slice(at, n)))
    both = np.flatnonzero(before & after)
    # the mean of the part that matters counts for the whole of a cell that is cut
    assert both.tolist() == ([] if at % 8 == 0 else [at // 8 * 8])


def test_what_matters_does_not_depend_on_what_lies_beyond_a_cut():
    cuts = ((Cut(11, 6), Cut(29, -6)), (), ())
    x = np.random.default_rng(0).normal(size=(40, 3, 3))
    other = x.copy()
    other[:11], other[29:] = 1e3, -1e3
    first, second = (to_cells(values, LAPPED, cuts) for values in (x, other))
    inside = np.zeros((5, 8), bool)
    inside[2] = inside[1, :5] = inside[3, :5] = True
    np.testing.assert_array_equal(first[inside], second[inside])
    second[~inside] = 0
    values = from_cells(second, LAPPED, x.shape, cuts)
    np.testing.assert_allclose(values[11:29], x[11:29], atol=1e-9)


def test_the_first_coefficient_is_a_mean_wherever_the_cut_is():
    for at in range(9, 17):
        c = to_cells(np.full((24, 1, 1), 3.0), LAPPED, ((Cut(at, 4),), (), ()))[:, :, 0, 0, 0, 0]
        unscaled = c * np.exp2(axis_coarser(24, (Cut(at, 4),)))
        np.testing.assert_allclose(unscaled[:, 0], unscaled[2, 0], rtol=1e-12)
        np.testing.assert_allclose(unscaled[:, 1:], 0, atol=1e-12)


def test_steps_are_coarser_as_the_axis_with_most_says():
    cuts = ((Cut(8, 3),), (Cut(16, -5),), ())
    assert coarser_cells((16, 24, 8), cuts)[..., 0].tolist() == [[3, 3, 5], [0, 0, 5]]
    many = tuple(Cut(at, 9) for at in (8, 16, 24))
    assert axis_coarser(32, many)[:, 0].tolist() == [MOST_DOUBLINGS, MOST_DOUBLINGS, 9, 0]


def test_a_window_has_the_parts_of_the_whole():
    cuts = ((Cut(11, 6), Cut(29, -6)), (), ())
    moved = moved_cuts(cuts, (16, 0, 0))[0]
    assert axis_coarser(24, moved).tolist() == axis_coarser(40, cuts[0])[2:].tolist()
    assert [cell.lengths for cell in axis_parts(24, moved).cells] == [(5, 3)]
