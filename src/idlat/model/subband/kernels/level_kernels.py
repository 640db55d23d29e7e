"""Levels of cells, compiled; see :mod:`idlat.model.subband.cell_levels`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.level_stream import COARSEST, SPREADS
from idlat.jit import kernel

__all__ = ["choose_in_turn", "sum_patches"]

Array: TypeAlias = NDArray[Any]

_PATCH = 4


@kernel
def sum_patches(weight: NDArray[np.float32], sums: NDArray[np.float64]) -> None:
    """Write the sums (Z/4, Y/4, X/4) of weights (Z, Y, X) over patches of 4³ voxels."""
    sums[:] = 0
    for z in range(weight.shape[0]):
        for y in range(weight.shape[1]):
            of, to = weight[z, y], sums[z // _PATCH, y // _PATCH]
            for x in range(len(to)):
                v = x * _PATCH
                a, b = np.float64(of[v]) + of[v + 1], np.float64(of[v + 2]) + of[v + 3]
                to[x] += a + b


@kernel
def choose_in_turn(
    cost: NDArray[np.float64],
    targets: Array,
    sources: Array,
    weights: Array,
    stages: Array,
    bits: NDArray[np.float64],
    level: Array,
) -> None:
    """Choose for each target in turn, given those before, the level of the least cost and bits.

    `cost` (cells, candidates) is that of each level, `bits` (classes, symbols) that of saying it.
    """
    for t in range(len(targets)):
        total, most, least = 8, -1, COARSEST + 1
        for k in range(sources.shape[1]):
            if weights[t, k] != 0:
                known = level[sources[t, k]]
                total += known * weights[t, k]
                most, least = max(most, known), min(least, known)
        foretold = max(0, min(COARSEST, total >> 4))
        kind = (stages[t] - 1) * SPREADS + min(most - least, SPREADS - 1)
        best, lowest = 0, np.inf
        for candidate in range(cost.shape[1]):
            off = candidate - foretold
            now = cost[targets[t], candidate] + bits[kind, 2 * off - 1 if off > 0 else -2 * off]
            if now < lowest:
                best, lowest = candidate, now
        level[targets[t]] = best
