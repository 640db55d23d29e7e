"""Levels of cells to words and back, compiled: see :mod:`idlat.coding.level_stream`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.kernels.rans_steps import begin_popping, pop_interval, push_interval, push_rest, quantile_of
from idlat.coding.level_stream import COARSEST, SPREADS, LevelOrder
from idlat.jit import kernel

__all__ = ["NO_END", "OUT_OF_RANGE", "choose_in_turn", "levels_of", "words_of"]

Array: TypeAlias = NDArray[Any]

#: What :func:`levels_of` returns where a level is none, and where words are left over.
OUT_OF_RANGE, NO_END = 1, 2


@kernel
def _foretold(level: Array, t: int, order: LevelOrder) -> tuple[int, int]:
    """What known levels foretell of the t-th target, and the class of the difference."""
    total, most, least = 8, -1, COARSEST + 1
    for k in range(order.sources.shape[1]):
        if order.weights[t, k] != 0:
            known = level[order.sources[t, k]]
            total += known * order.weights[t, k]
            most, least = max(most, known), min(least, known)
    kind = (order.stages[t] - 1) * SPREADS + min(most - least, SPREADS - 1)
    return max(0, min(COARSEST, total >> 4)), kind


@kernel
def _folded(difference: int) -> int:
    """0, 1, −1, 2, −2 … as 0, 1, 2, 3, 4 …."""
    return 2 * difference - 1 if difference > 0 else -2 * difference


@kernel
def words_of(level: Array, order: LevelOrder, cumulative: Array, words: Array) -> int:
    """Write the words (n + 2 at most) of levels (n,), all but the first; return how many there are."""
    state, used = np.uint64(0), 0
    for t in range(len(order.targets) - 1, -1, -1):
        foretold, kind = _foretold(level, t, order)
        symbol = _folded(level[order.targets[t]] - foretold)
        begin = np.uint64(cumulative[kind, symbol])
        state, used = push_interval(
            begin, np.uint64(cumulative[kind, symbol + 1]) - begin, state, used, words
        )
    return push_rest(state, used, words)


@kernel
def levels_of(words: Array, order: LevelOrder, cumulative: Array, level: Array) -> int:
    """Write all levels (n,) but the first, which is at most 24; return 0, or what is wrong.

    `words` (n,) do not end with 0.
    """
    state, left = begin_popping(words)
    for t in range(len(order.targets)):
        foretold, kind = _foretold(level, t, order)
        quantile, symbol = quantile_of(state), 0
        while np.uint64(cumulative[kind, symbol + 1]) <= quantile:
            symbol += 1
        begin = np.uint64(cumulative[kind, symbol])
        chance = np.uint64(cumulative[kind, symbol + 1]) - begin
        state, left = pop_interval(begin, chance, state, left, words)
        now = foretold + ((symbol + 1) >> 1 if symbol & 1 else -(symbol >> 1))
        if not 0 <= now <= COARSEST:
            return OUT_OF_RANGE
        level[order.targets[t]] = now
    return 0 if state == np.uint64(0) and left == 0 else NO_END


@kernel
def choose_in_turn(
    cost: NDArray[np.float64], order: LevelOrder, bits: NDArray[np.float64], level: Array
) -> None:
    """Choose for each target in turn, given those before, the level of the least cost and bits.

    `cost` (cells, candidates) is that of each level, `bits` (classes, symbols) that of saying it.
    """
    for t in range(len(order.targets)):
        foretold, kind = _foretold(level, t, order)
        best, lowest = 0, np.inf
        for candidate in range(cost.shape[1]):
            now = cost[order.targets[t], candidate] + bits[kind, _folded(candidate - foretold)]
            if now < lowest:
                best, lowest = candidate, now
        level[order.targets[t]] = best
