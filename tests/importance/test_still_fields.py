"""Measures of fields in which nothing happens, and of the smallest and largest numbers."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.importance import conditional_entropy, correlation, entropy, gradient, rarity, step_information


@pytest.mark.parametrize("value", [3.0, -7.25, 0.1, 1e30, 1e-310])
@pytest.mark.parametrize("shape", [(12, 14, 16), (1, 1, 40), (1, 1, 1), (2, 9, 9, 9)])
def test_nothing_matters_in_a_constant_field(shape, value):
    field = np.full(shape, value)
    for measure in (gradient, entropy, conditional_entropy, rarity):
        assert float(measure(field).max()) == 0, measure.__name__
    if field.ndim == 4:
        assert float(correlation(field).max()) == 0
        assert float(step_information(field).max()) == 0


def test_nor_where_a_part_is_missing():
    field = np.full((12, 12, 12), 3.0)
    field[:6] = np.nan
    for measure in (gradient, entropy, conditional_entropy, rarity):
        assert float(measure(field).max()) == 0, measure.__name__


def test_nor_where_all_is_missing():
    for measure in (gradient, entropy, conditional_entropy, rarity):
        assert float(measure(np.full((4, 5, 6), np.nan)).max()) == 0, measure.__name__


def test_entropy_is_zero_exactly_where_a_window_is_constant():
    field = np.zeros((9, 9, 30))
    field[..., 20:] = np.random.default_rng(0).random((9, 9, 10))
    found = entropy(field).values
    assert (found[..., :17] == 0).all()
    assert found.max() == 1


def test_nothing_is_left_of_a_field_that_another_tells():
    x = np.random.default_rng(0).normal(size=(12, 12, 12))
    assert float(conditional_entropy(x, x).max()) == 0
    assert (
        float(conditional_entropy(x, -2 * x).max()) < 0.5
    )  # bins of the mirrored field differ at their edges
    assert float(conditional_entropy(np.stack([x, x, x])).max()) == 0


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e200, 1e307])
def test_measures_do_not_depend_on_the_unit(scale):
    field = np.random.default_rng(0).normal(size=(8, 9, 10)).cumsum(2)
    field /= np.abs(field).max()
    for measure in (gradient, entropy, rarity):
        np.testing.assert_allclose(
            measure(field * scale).values, measure(field).values, atol=2e-2 if scale < 1e-300 else 1e-6
        )
