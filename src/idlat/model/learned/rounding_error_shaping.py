"""Rounding that puts a cell's error where its voxels matter least.

A cell has one quantisation step, but importance varies from voxel to voxel within it. Here the encoder moves
coefficients one step down or up where that lowers bits + Σ ρ·e² over the cell's 512 voxels, ρ a voxel's
weight beside the mean of its cell: coordinate descent towards the lattice point that is nearest under a
weighted norm. The decoder needs to know nothing of it.

    ŷ, y ─ inverse matrix ─▶ e (512 voxels) ─ by groups of distant frequencies: move, update e ─▶ ŷ
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from idlat.coding.learned.integer_networks import Groups
from idlat.coding.learned.scale_tables import table_index
from idlat.coding.learned.symbol_costs import SymbolCosts
from idlat.model.learned.coefficient_rdo import BITS_OF_ERROR, TRUSTED
from idlat.model.learned.lapped_transform import coefficient_order

# ρ ∝ w^0.5: Eq. 13 judges an error by I, not by e^{aI}, and the whole ratio would overdo it.
_EMPHASIS = 0.5
_EVEN = 1.2  # ratio of the largest to the smallest ρ in a cell up to which it is left alone
_ALIVE = 18  # scale index from which a zero may become a one
# Frequencies three apart hardly mix under a weight that varies slowly, so they may move at once.
_APART = 3


def emphasis(exponent: Tensor) -> Tensor:
    """ρ (n, 512), of mean 1 in each cell, from a·I (n, 512)."""
    relative = torch.exp(_EMPHASIS * (exponent - exponent.amax(1, keepdim=True)))
    return relative / relative.mean(1, keepdim=True)


@dataclass(frozen=True)
class _Moves:
    """What may move: columns of coefficients, and the bits (n, columns) of a step down and of a step up."""

    columns: NDArray[np.intp]
    down: Tensor
    up: Tensor


class Shaper:
    """Shapes the rounding error within cells.

    Parameters
    ----------
    functions : Tensor
        (K, 512): what each coefficient adds to the voxels of its cell; only their shapes matter.
    """

    def __init__(self, functions: Tensor) -> None:
        self._functions = functions / functions.norm(dim=1, keepdim=True).clamp_min(1e-12)
        residue = coefficient_order(len(functions)) % _APART
        self._group = residue @ np.array([_APART**2, _APART, 1])

    def shaped(
        self,
        real: NDArray[np.float32],
        symbols: NDArray[np.int64],
        weight: NDArray[np.float32],
        rho: Tensor,
        groups: Groups,
        costs: SymbolCosts,
    ) -> NDArray[np.int64]:
        """Return the symbols to code, each as it was or one off.

        Parameters
        ----------
        real, symbols : ndarray
            (K, n): coefficients of n cells, unrounded and as chosen so far. The first, the mean, stays.
        weight : ndarray of float32
            (n,): by how much an error counts more than the cell's level says.
        rho : Tensor
            (n, 512), from :func:`emphasis`.
        groups : Groups
            What the entropy networks say of the coefficients after the mean, (K − 1, n).
        costs : SymbolCosts
        """
        alive = (groups.scale >= _ALIVE) | (symbols[1:] != 0)
        uneven = (rho.amax(1) > _EVEN * rho.amin(1)).numpy()
        cells = np.flatnonzero(uneven & alive.any(0))
        if not cells.size:
            return symbols
        columns = np.flatnonzero(alive[:, cells].any(1))
        moves = _moves(columns, cells, alive, symbols[1:], groups, costs)
        residual = torch.from_numpy(real[:, cells] - symbols[:, cells].astype(np.float32))
        error = residual.T @ self._functions
        importance = torch.from_numpy(weight[cells, None] * np.float32(BITS_OF_ERROR))
        steps = self._descend(error, rho[cells] * importance, moves)
        result = symbols.copy()
        result[np.ix_(columns + 1, cells)] += steps
        return result

    def _descend(self, error: Tensor, weight: Tensor, moves: _Moves) -> NDArray[np.int64]:
        """The steps (columns, n) that `moves` take, given the error and its weight (n, 512)."""
        functions, group = self._functions[moves.columns], self._group[moves.columns]
        curvature = weight @ functions.square().T
        steps = torch.zeros_like(moves.up)
        for number in np.unique(group)[::-1]:
            members = torch.from_numpy(np.flatnonzero(group == number))
            own = functions[members]
            slope = 2 * (weight * error) @ own.T
            bend = curvature[:, members]
            down, up = bend + slope + moves.down[:, members], bend - slope + moves.up[:, members]
            moved = torch.where(up < down, 1.0, -1.0) * (torch.minimum(up, down) < 0)
            rows = moved.any(1).nonzero()[:, 0]
            steps[:, members] = moved
            error[rows] -= moved[rows] @ own
        return np.asarray(steps.T.numpy().astype(np.int64))


def _moves(
    columns: NDArray[np.intp],
    cells: NDArray[np.intp],
    alive: NDArray[np.bool_],
    symbols: NDArray[np.int64],
    groups: Groups,
    costs: SymbolCosts,
) -> _Moves:
    """What moves of some symbols (K − 1, n) cost, the mean left out; infinite where nothing is to move."""
    row, column = np.nonzero(alive[np.ix_(columns, cells)].T)
    where = columns[column], cells[row]
    table, base = table_index(groups.scale[where], groups.mean[where])
    offset = symbols[where] - base
    stay = costs.bits(table, offset)
    down, up = (torch.full((len(cells), len(columns)), torch.inf) for _ in range(2))
    for bits, step in ((down, -1), (up, 1)):
        bits.numpy()[row, column] = TRUSTED * (costs.bits(table, offset + step) - stay)
    return _Moves(columns + 1, down, up)
