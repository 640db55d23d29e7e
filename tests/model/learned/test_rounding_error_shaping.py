"""Where within a cell the rounding error goes."""

import numpy as np
import pytest
import torch

from idlat.coding.learned.integer_networks import Groups
from idlat.coding.learned.scale_tables import symbol_tables
from idlat.coding.learned.symbol_costs import SymbolCosts
from idlat.model.learned.lapped_transform import LappedTransform
from idlat.model.learned.rounding_error_shaping import Shaper, emphasis

K, CELLS = 512, 12


@pytest.fixture(scope="module")
def costs() -> SymbolCosts:
    return SymbolCosts(symbol_tables())


@pytest.fixture(scope="module")
def functions() -> torch.Tensor:
    return LappedTransform(K).inverse_matrix.detach().T


def shape_error(
    importance: torch.Tensor, functions: torch.Tensor, costs: SymbolCosts, scale: int = 40
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squared errors of plain and of shaped rounding (CELLS, 512), and the moves (K, CELLS)."""
    real = (3 * np.random.default_rng(0).normal(size=(K, CELLS))).astype(np.float32)
    plain = np.rint(real).astype(np.int64)
    groups = Groups(np.full((K - 1, CELLS), scale), np.zeros((K - 1, CELLS), dtype=np.int64))
    weight = np.ones(CELLS, dtype=np.float32)
    shaped = Shaper(functions).shaped(real, plain, weight, emphasis(7 * importance), groups, costs)
    before, after = (np.square((real - s).T @ functions.numpy()) for s in (plain, shaped))
    return before, after, shaped - plain


def half_marked() -> torch.Tensor:
    """Importance 1 in one half of each cell, 0 in the other."""
    importance = torch.zeros(CELLS, 8, 8, 8)
    importance[:, :4] = 1
    return importance.reshape(CELLS, -1)


def test_the_error_moves_to_voxels_that_matter_less(functions: torch.Tensor, costs: SymbolCosts) -> None:
    importance = half_marked()
    before, after, moves = shape_error(importance, functions, costs)
    marked = importance.numpy() == 1
    assert after[marked].mean() < 0.7 * before[marked].mean()
    assert after[~marked].mean() > before[~marked].mean()
    assert np.abs(moves).max() == 1
    assert not moves[0].any()  # the mean is what other cells are predicted from


def test_weighted_error_falls_in_every_cell(functions: torch.Tensor, costs: SymbolCosts) -> None:
    generator = torch.Generator().manual_seed(3)
    ramp = torch.linspace(0, 1, 8).reshape(1, 1, 1, 8).expand(CELLS, 8, 8, 8).reshape(CELLS, -1)
    importance = (ramp * torch.rand(CELLS, 1, generator=generator)).contiguous()
    before, after, _ = shape_error(importance, functions, costs)
    rho = emphasis(7 * importance).numpy()
    assert ((rho * after).sum(1) <= (rho * before).sum(1) + 1e-3).all()


def test_an_even_map_changes_nothing(functions: torch.Tensor, costs: SymbolCosts) -> None:
    for value in (0.0, 0.3, 1.0):
        _, _, moves = shape_error(torch.full((CELLS, 512), value), functions, costs)
        assert not moves.any()


def test_silent_coefficients_stay_silent(functions: torch.Tensor, costs: SymbolCosts) -> None:
    real = np.full((K, CELLS), 0.4, dtype=np.float32)
    zeros = np.zeros((K, CELLS), dtype=np.int64)
    groups = Groups(np.zeros((K - 1, CELLS), dtype=np.int64), np.zeros((K - 1, CELLS), dtype=np.int64))
    weight = np.ones(CELLS, dtype=np.float32)
    rho = emphasis(7 * half_marked())
    assert not Shaper(functions).shaped(real, zeros, weight, rho, groups, costs).any()


def test_emphasis_has_mean_one_and_no_overflow() -> None:
    rho = emphasis(torch.tensor([[0.0, 7.0] * 256, [1e4, 0.0] * 256]))
    assert torch.isfinite(rho).all()
    assert torch.allclose(rho.mean(1), torch.ones(2))
