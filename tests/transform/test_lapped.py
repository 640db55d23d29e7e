"""The lapped transform inverts, does not leave its axis, and gathers smooth signals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.transform.lapped import CELL
from idlat.transform.lapped_axis import cells_of, frequency_norms, values_of


@given(n=st.integers(1, 70), width=st.integers(1, 3), seed=st.integers(0, 100))
def test_any_length_comes_back(n: int, width: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(n, width))
    c = cells_of(x)
    assert c.shape == (-(-n // CELL), CELL, width)
    np.testing.assert_allclose(values_of(c, n), x, atol=1e-12)


@pytest.mark.parametrize("n", [1, 5, 8, 12, 17, 64])
def test_a_constant_is_in_the_means_alone(n: int) -> None:
    c = cells_of(np.ones((n, 1)))[..., 0]
    lengths = np.minimum(CELL, n - CELL * np.arange(len(c)))
    np.testing.assert_allclose(c[:, 0], np.sqrt(lengths), atol=1e-12)
    np.testing.assert_allclose(c[:, 1:], 0, atol=1e-12)


def test_a_short_last_cell_has_as_many_coefficients_as_values() -> None:
    c = cells_of(np.random.default_rng(0).normal(size=(19, 1)))[..., 0]
    assert np.all(c[2, :3] != 0)
    assert np.all(c[2, 3:] == 0)


def test_a_coefficient_reaches_four_values_into_its_neighbours() -> None:
    c = np.zeros((5, CELL, 1))
    c[2] = 1
    x = values_of(c, 40)[:, 0]
    assert np.flatnonzero(np.abs(x) > 1e-12).min() >= 12
    assert np.flatnonzero(np.abs(x) > 1e-12).max() < 28


def test_the_coding_gain_is_that_of_the_best_filter_of_this_form() -> None:
    n = 10 * CELL
    correlation = 0.95 ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    analysis = cells_of(np.eye(n)).reshape(n, n)
    variances = np.diag(analysis @ correlation @ analysis.T).reshape(10, CELL)[5]
    gain = -10 * np.log10(variances * np.square(frequency_norms())).mean()
    assert gain == pytest.approx(9.62, abs=0.02)  # dB; the DCT alone reaches 8.83
