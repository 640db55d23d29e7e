"""Rounding by what symbols cost."""

import numpy as np
import pytest

from idlat.coding.interpolation import residual
from idlat.coding.learned.integer_networks import Groups
from idlat.coding.learned.scale_tables import symbol_tables, table_index
from idlat.coding.learned.symbol_costs import SymbolCosts
from idlat.model import LearnedModel
from idlat.model.learned.coefficient_rdo import settled, settled_means
from support.models.tiny_network import random_network

SHAPE = (1, 3, 8, 8, 8)


@pytest.fixture(scope="module")
def costs() -> SymbolCosts:
    return SymbolCosts(symbol_tables())


def groups(scale: int) -> Groups:
    return Groups(np.full(SHAPE, scale), np.zeros(SHAPE, dtype=np.int64))


def settle(real: np.ndarray, scale: int, weight: float, costs: SymbolCosts) -> np.ndarray:
    symbols = np.rint(real).astype(np.int64)
    weights = np.full((1, 1, 8, 8, 8), weight, dtype=np.float32)
    return settled(real, symbols, weights, groups(scale), costs)


def test_costs_are_those_of_the_tables(costs: SymbolCosts) -> None:
    table, base = table_index(np.full(9, 30), np.zeros(9, dtype=np.int64))
    bits = costs.bits(table, np.arange(-4, 5) - base)
    assert np.allclose(bits, bits[::-1], atol=1e-4)  # symmetric about a mean of 0
    assert (np.diff(bits[4:]) > 0).all()
    assert 0.9 < np.exp2(-bits).sum() <= 1
    assert costs.bits(table[:1], np.array([10**6])) > 16  # escaped


def test_a_dear_symbol_goes_where_its_error_hardly_grows(costs: SymbolCosts) -> None:
    real = np.full(SHAPE, 0.55, dtype=np.float32)
    assert not settle(real, 5, 1.0, costs).any()  # a scale of 0.07: a one costs over ten bits
    assert (settle(real, 5, 1e3, costs) == 1).all()  # but where errors weigh more it stays
    assert (settle(real, 72, 1.0, costs) == 1).all()  # and where it is cheap


def test_symbols_move_by_one_towards_zero_at_most(costs: SymbolCosts) -> None:
    rng = np.random.default_rng(0)
    real = (4 * rng.normal(size=SHAPE)).astype(np.float32)
    symbols = np.rint(real).astype(np.int64)
    for scale in (0, 20, 40):
        result = settle(real, scale, 1.0, costs)
        moved = np.abs(symbols) - np.abs(result)
        assert set(np.unique(moved)) <= {0, 1}
        assert (result * symbols >= 0).all()


def test_only_the_core_is_settled() -> None:
    model = LearnedModel.from_network(random_network(5))
    rng = np.random.default_rng(1)
    x = rng.normal(size=(24, 24, 24)).astype(np.float32)
    whole = model.analyse(x, np.ones_like(x), -1.0)
    part = model.analyse(x, np.ones_like(x), -1.0, ((1, 3), (1, 3), (1, 3)))
    assert np.abs(part[2:, 0]).sum() > np.abs(whole[2:, 0]).sum()


def test_means_stay_near_the_truth_or_at_their_prediction(costs: SymbolCosts) -> None:
    rng = np.random.default_rng(2)
    real = (6 * rng.normal(size=(8, 5, 3)).cumsum(0)).astype(np.float32)
    level = -rng.integers(0, 3, real.shape)
    weight = np.ones_like(real)
    dear, cheap = (
        settled_means(real, level, weight, Groups(np.full(real.shape, s), np.zeros_like(level)), costs)
        for s in (0, 100)
    )
    assert np.abs(cheap - np.rint(real)).max() <= 1
    own = [residual(mean.ravel(), level.ravel(), real.shape)[0] for mean in (dear, cheap)]
    assert np.count_nonzero(own[0]) <= np.count_nonzero(own[1])
    certain = settled_means(
        real, level, 1e6 * weight, Groups(np.full(real.shape, 0), np.zeros_like(level)), costs
    )
    assert np.array_equal(certain, np.rint(real))
