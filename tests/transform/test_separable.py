"""Both transforms of boxes: every size comes back, nothing is padded, errors keep their size."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.transform import (
    cell_subbands,
    from_octaves,
    octave_subbands,
    to_octaves,
    to_subbands,
)
from idlat.transform.cells import from_cells, put_band
from idlat.transform.subbands import CELL

KINDS = list(itertools.product(("lapped", "octaves"), repeat=3))
shapes = st.tuples(*(st.integers(1, 27),) * 3)


def from_subbands(bands: dict, kinds: tuple, shape: tuple[int, int, int]) -> np.ndarray:
    """Put subbands into cells, and invert the transform of these."""
    cells = np.zeros([n for length in shape for n in (-(-length // CELL), CELL)])
    for key, band in bands.items():
        put_band(cells, key, kinds, band)
    return from_cells(cells, kinds, shape)


@settings(deadline=None)
@given(shape=shapes, kinds=st.sampled_from(KINDS), seed=st.integers(0, 9))
def test_any_box_comes_back(shape: tuple[int, int, int], kinds: tuple, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=shape)
    subbands = to_subbands(x, kinds)
    layout = cell_subbands(shape, kinds)
    assert layout.size == x.size
    assert {band.key: band.shape for band in layout.bands} == {
        key: band.shape for key, band in subbands.items()
    }
    np.testing.assert_allclose(from_subbands(subbands, kinds, shape), x, atol=1e-11)


@settings(deadline=None)
@given(shape=shapes, axes=st.sets(st.integers(0, 2)), seed=st.integers(0, 9))
def test_any_subband_comes_back_from_octaves(shape: tuple[int, int, int], axes: set[int], seed: int) -> None:
    band = np.random.default_rng(seed).normal(size=shape)
    flat = to_octaves(band, tuple(sorted(axes)))
    layout = octave_subbands(shape, tuple(sorted(axes)))
    assert flat.size == layout.size == band.size
    np.testing.assert_allclose(from_octaves(flat, shape, tuple(sorted(axes))), band, atol=1e-11)


@pytest.mark.parametrize("kinds", KINDS)
def test_a_chunk_of_a_field_has_the_field_s_subbands(kinds: tuple) -> None:
    """A box that begins with a cell holds a part of each subband of the whole, in shape."""
    whole = cell_subbands((41, 20, 16), kinds)
    parts = [cell_subbands(shape, kinds) for shape in ((16, 20, 16), (25, 20, 16))]
    for band in whole.bands:
        along_z = [b.shape[0] for part in parts for b in part.bands if b.key == band.key]
        assert sum(along_z) == band.shape[0]


@pytest.mark.parametrize("kinds", [("lapped",) * 3, ("octaves",) * 3, ("octaves", "lapped", "lapped")])
def test_white_errors_keep_their_size(kinds: tuple) -> None:
    rng = np.random.default_rng(2)
    shape = (40, 40, 40)
    errors = {band.key: rng.normal(size=band.shape) for band in cell_subbands(shape, kinds).bands}
    inside = from_subbands(errors, kinds, shape)[
        8:-8, 8:-8, 8:-8
    ]  # functions at the ends are a little larger
    assert inside.std() == pytest.approx(1, abs=0.03)


def test_parents_come_before_their_children() -> None:
    for kinds in KINDS:
        for i, band in enumerate(cell_subbands((30, 9, 64), kinds).bands):
            assert all(parent < i for parent in band.parents + band.grandparents)


def test_a_profile_along_z_is_gathered_in_few_coefficients() -> None:
    profile = np.exp(-np.arange(41) / 9)[:, None, None] + np.zeros((41, 48, 48))
    subbands = to_subbands(profile, ("octaves", "lapped", "lapped"))
    large = sum(
        int((np.abs(to_octaves(band, (1, 2))) > 1e-6).sum()) for band in subbands.values() if band.size
    )
    assert large <= 41 * 9  # of 94,464; the coarsest octave of 6×6 cells has 3×3 positions
