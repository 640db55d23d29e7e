"""Rounding that weighs error against bits: a coefficient moves towards zero where that is worth it.

real y ─ round ─▶ ŷ ─ entropy networks ─▶ scales ─▶ bits(ŷ) − bits(ŷ nearer 0) > w·(error grown)? ─▶ ŷ

Cell means move towards their prediction in the same way.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from idlat.coding.interpolation import restore_with
from idlat.coding.learned.integer_networks import Groups
from idlat.coding.learned.scale_tables import table_index
from idlat.coding.learned.symbol_costs import SymbolCosts

# In steps Δ: w·Δ² = 6 / ln 2 bits where the level is the wanted one (analysis_synthesis.STEP_CONSTANT).
BITS_OF_ERROR = 6 / math.log(2)
# Of the bits that a symbol seems to save: the other symbols' contexts change with it.
TRUSTED = 0.5


def settled(
    real: NDArray[np.float32],
    symbols: NDArray[np.int64],
    weight: NDArray[np.float32],
    groups: Groups,
    costs: SymbolCosts,
) -> NDArray[np.int64]:
    """Return the symbols to code, each as it was or one nearer to zero.

    Parameters
    ----------
    real : ndarray of float32
        (B, K, 8, 8, 8): the coefficients, unrounded.
    symbols : ndarray of int64
        The same, rounded.
    weight : ndarray of float32
        (B, 1, 8, 8, 8): by how much an error counts more than the cell's level says.
    groups : Groups
        What the entropy networks say of the symbols.
    costs : SymbolCosts
    """
    where = np.flatnonzero(symbols)
    value = symbols.ravel()[where]
    nearer = value - np.sign(value)
    table, base = table_index(groups.scale.ravel()[where], groups.mean.ravel()[where])
    saved = costs.bits(table, value - base) - costs.bits(table, nearer - base)
    exact = real.ravel()[where].astype(np.float64)
    grown = np.square(exact - nearer) - np.square(exact - value)
    grown *= np.broadcast_to(weight, symbols.shape).ravel()[where] * BITS_OF_ERROR
    result = symbols.copy()
    result.reshape(-1)[where] = np.where(TRUSTED * saved > grown, nearer, value)
    return result


def settled_means(
    real: NDArray[np.float32],
    level: NDArray[np.int64],
    weight: NDArray[np.float32],
    groups: Groups,
    costs: SymbolCosts,
) -> NDArray[np.int64]:
    """Return the means of one chunk to code, each the nearest integer, or that or 0 off its prediction.

    Parameters
    ----------
    real, level, weight : ndarray
        (d, h, w): means, unrounded; levels; as in :func:`settled`.
    groups : Groups
        What the entropy networks say of the means less their prediction, (d, h, w).
    """
    exact, weights = real.ravel().astype(np.float64), weight.ravel().astype(np.float64)
    scale, middle = groups.scale.ravel(), groups.mean.ravel()

    def choose(cells: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
        off = np.rint(exact[cells]).astype(np.int64) - predicted
        candidates = np.stack([off, off - np.sign(off), np.zeros_like(off)])
        table, base = table_index(scale[cells], middle[cells])
        bits = costs.bits(np.tile(table, 3), (candidates - base).ravel()).reshape(candidates.shape)
        error = BITS_OF_ERROR * weights[cells] * np.square(exact[cells] - predicted - candidates)
        best = np.argmin(TRUSTED * bits + error, axis=0)
        return np.asarray(predicted + np.take_along_axis(candidates, best[None], 0)[0])

    d, h, w = real.shape
    return restore_with(choose, level.ravel(), (d, h, w)).reshape(real.shape)
