"""Prediction by interpolation: from known cells alone, and undone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from idlat.coding.interpolation import prediction_matrix, residual, restore, schedule

EXTENTS = st.tuples(*[st.integers(1, 8)] * 3)


@given(EXTENTS)
def test_every_cell_but_the_first_is_predicted_once_from_known_cells(extent: tuple[int, int, int]) -> None:
    known = {0}
    for step in schedule(extent):
        assert set(step.sources.ravel()) <= known
        assert not known & set(step.targets)
        assert (step.weights.sum(1) == 16).all()
        known |= set(step.targets)
    assert known == set(range(int(np.prod(extent))))


@given(EXTENTS, st.integers(0, 2**32 - 1), st.sampled_from([2, 1000, 2**31 - 1]))
def test_prediction_of_means_and_levels_is_undone(
    extent: tuple[int, int, int], seed: int, largest: int
) -> None:
    rng = np.random.default_rng(seed)
    n = int(np.prod(extent))
    mean, level = rng.integers(-largest, largest + 1, n), -rng.integers(0, 13, n)
    got = restore(*residual(mean, level, extent), extent)
    assert np.array_equal(got[0], mean)
    assert np.array_equal(got[1], level)


def test_a_linear_field_is_predicted_almost_everywhere() -> None:
    z, y, x = np.indices((8, 8, 8))
    values = 16 * (z + 2 * y - x).ravel()
    first, common = residual(values, np.zeros(512, dtype=np.int64), (8, 8, 8))
    assert not common.any()
    assert (first == 0).mean() > 0.6
    assert np.allclose(prediction_matrix()[1:].sum(1), 1)
