"""The inverse that is the same bits everywhere: with kernels or without, and in any tiles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from idlat.exact_math import exact_exp2, exact_exp10, exact_sinh, on_grid
from idlat.transform.cells import to_cells
from idlat.transform.cuts import CellParts, Cut
from idlat.transform.exact_values import exact_values
from idlat.transform.lines import cell_matrix, face_change
from idlat.transform.octaves import band_norms
from idlat.transform.subbands import OCTAVES

KINDS = list(itertools.product(("lapped", "octaves"), repeat=3))
#: Every cell: of 1 to 8 values in any parts.
CELLS = [
    CellParts(0, lengths, first)
    for n in range(1, 9)
    for inner in itertools.product((False, True), repeat=n - 1)
    for lengths in [tuple(np.diff([0, *(np.flatnonzero(inner) + 1).tolist(), n]).tolist())]
    for first in range(len(lengths))
]


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 9), (5, 17, 70), (8, 16, 24)])
def test_kernels_give_the_bits_of_numpy(shape, kinds, monkeypatch):
    x = np.random.default_rng(0).normal(size=shape)
    c = to_cells(x, kinds)
    compiled = exact_values(c, kinds, shape)
    np.testing.assert_allclose(compiled, x, atol=1e-8)
    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    np.testing.assert_array_equal(exact_values(c, kinds, shape), compiled)


def test_cut_axes_have_the_bits_of_numpy(monkeypatch):
    x, kinds = np.random.default_rng(0).normal(size=(5, 17, 70)), ("lapped",) * 3
    cuts = ((Cut(2, 5),), (Cut(4, 3), Cut(7, -3), Cut(16, 2)), (Cut(8, 10), Cut(50, -10)))
    c = to_cells(x, kinds, cuts)
    compiled = exact_values(c, kinds, x.shape, cuts)
    np.testing.assert_allclose(compiled, x, atol=1e-7)
    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    np.testing.assert_array_equal(exact_values(c, kinds, x.shape, cuts), compiled)


@pytest.mark.parametrize(("kind", "halo"), [("lapped", 1), ("octaves", 4)])
def test_a_part_has_the_bits_of_the_whole(kind, halo):
    shape, kinds = (96, 8, 16), (kind, "lapped", "octaves")
    c = np.random.default_rng(1).normal(size=(12, 8, 1, 8, 2, 8))
    whole = exact_values(c, kinds, shape)
    first, end = 5 - halo, 7 + halo
    part = exact_values(c[first:end], kinds, (8 * (end - first), *shape[1:]))
    np.testing.assert_array_equal(part[8 * halo : 8 * (halo + 2)], whole[40:56])


def test_numbers_are_far_from_where_another_machine_would_round_them_otherwise():
    parts = [cell_matrix(cell, inverse=True) for cell in CELLS]
    parts += [face_change(m, inverse=True) for m in range(1, 5)]
    numbers = np.concatenate([*map(np.ravel, parts), band_norms(OCTAVES)])
    scaled = numbers * 2**34
    from_middle = np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) / 2**34
    assert from_middle.min() > 1000 * np.finfo(float).eps / 2
    assert np.abs(on_grid(numbers) - numbers).max() < 2.0**-34


def test_functions_are_right_to_some_ulps():
    x = np.linspace(-300, 300, 100_001)
    np.testing.assert_allclose(exact_exp10(x), np.power(10.0, x), rtol=3e-13)
    np.testing.assert_allclose(exact_sinh(x), np.sinh(x), rtol=3e-13)
    assert exact_exp2(np.arange(-1074, 1024)).tolist() == [2.0**k for k in range(-1074, 1024)]
    assert exact_sinh(np.array([0.0, -0.0, 1e9])).tolist() == [0.0, -0.0, np.inf]
