"""The levels of a chunk's cells as bytes: by how often each cell's quantisation step is doubled.

Levels follow the importance map, which is mostly smooth: from coarse to fine each is predicted from known
ones (:mod:`idlat.coding.interpolation`), and the difference is coded under the table of its class: how fine
the stage is, and how much the known ones differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.escapes import varint
from idlat.coding.interpolation import SIDE, Step, refinement, schedule
from idlat.coding.rans import Popping, push, read_words
from idlat.errors import CorruptStreamError
from idlat.jit import compiles

__all__ = [
    "COARSEST",
    "LEVEL_CLASSES",
    "LEVEL_SYMBOLS",
    "SPREADS",
    "LevelOrder",
    "decode_levels",
    "encode_levels",
    "folded",
    "level_order",
    "level_steps",
    "predicted",
]

Array = NDArray[np.int64]
Extent = tuple[int, int, int]

#: Most doublings of a step.
COARSEST = 24
#: Classes of a stage: by how much known levels differ.
SPREADS = 4
_STAGES = 3
LEVEL_CLASSES = SPREADS * _STAGES
LEVEL_SYMBOLS = 2 * COARSEST + 1


def level_steps(extent: Extent) -> Iterator[tuple[Step, int]]:
    """Yield the steps by which levels are predicted, and the stage of each."""
    stages = _stages(extent)
    for step in schedule(extent):
        yield step, int(stages[step.targets[0]])


class LevelOrder(NamedTuple):
    """All steps of an extent, one after the other, as arrays of int64.

    Attributes
    ----------
    targets, stages : ndarray
        (n,): which cell is predicted, and in which stage.
    sources, weights : ndarray
        (n, 4): by which cells, and how much each counts, in sixteenths.
    """

    targets: Array
    sources: Array
    weights: Array
    stages: Array


@lru_cache(maxsize=64)
def level_order(extent: Extent) -> LevelOrder:
    """Return all steps of an extent."""
    none, nowhere = np.zeros(0, np.int64), np.zeros((0, 4), np.int64)
    steps = [step for step, _ in level_steps(extent)]
    targets = np.concatenate([none, *(step.targets for step in steps)])
    return LevelOrder(
        targets,
        np.concatenate([nowhere, *(step.sources for step in steps)]),
        np.concatenate([nowhere, *(step.weights for step in steps)]),
        _stages(extent)[targets],
    )


def predicted(levels: Array, step: Step, stage: int) -> tuple[Array, Array]:
    """Return what known levels (cells,) foretell of a step's targets, and the classes of the differences."""
    known = levels[step.sources]
    used = step.weights != 0
    most = np.where(used, known, -1).max(1)
    least = np.where(used, known, COARSEST + 1).min(1)
    spread = np.minimum(most - least, SPREADS - 1)
    foretold = ((known * step.weights).sum(1) + 8) >> 4
    return np.clip(foretold, 0, COARSEST), (stage - 1) * SPREADS + spread


def encode_levels(levels: Array, cumulative: Array) -> bytes:
    """Return the bytes of levels (z, y, x), 0 to 24.

    Parameters
    ----------
    levels : ndarray of int64
    cumulative : ndarray of int64
        (classes, symbols + 1): where the quantiles of each symbol begin.
    """
    flat = levels.ravel()
    if compiles():
        from idlat.coding.kernels.levels import words_of

        words = np.empty(flat.size + 2, np.uint32)
        words = words[: words_of(flat, level_order(levels.shape), cumulative, words)]
        return _first_and_words(flat, words)
    symbols, classes = [], []
    for step, stage in level_steps(levels.shape):
        foretold, kinds = predicted(flat, step, stage)
        symbols.append(folded(flat[step.targets] - foretold))
        classes.append(kinds)
    nothing = np.zeros(0, np.int64)
    words = push(np.concatenate([nothing, *symbols]), np.concatenate([nothing, *classes]), cumulative)
    return _first_and_words(flat, words)


def _first_and_words(levels: Array, words: NDArray[np.uint32]) -> bytes:
    return bytes([levels[0]]) + varint(len(words)) + words.astype("<u4").tobytes()


def decode_levels(data: bytes, at: int, extent: Extent, cumulative: Array) -> tuple[Array, int]:
    """Undo :func:`encode_levels`: return levels of `extent`, and where their bytes end.

    Raises
    ------
    CorruptStreamError
        If the bytes are none of levels.
    """
    if at >= len(data):
        raise CorruptStreamError("a coded chunk is damaged: it is cut short")
    levels = np.zeros(int(np.prod(extent)), dtype=np.int64)
    levels[0] = data[at]
    words, end = read_words(data, at + 1)
    if levels[0] > COARSEST:
        raise CorruptStreamError("a coded chunk is damaged: a level is out of range")
    if compiles():
        from idlat.coding.kernels.levels import NO_END, OUT_OF_RANGE, levels_of

        wrong = levels_of(words, level_order(extent), cumulative, levels)
        if wrong == OUT_OF_RANGE:
            raise CorruptStreamError("a coded chunk is damaged: a level is out of range")
        if wrong == NO_END:
            raise CorruptStreamError("a coded chunk is damaged: its levels are none")
        return levels.reshape(extent), end
    coder, rows = Popping(words), cumulative.tolist()
    for step, stage in level_steps(extent):
        foretold, kinds = predicted(levels, step, stage)
        levels[step.targets] = foretold + _unfolded(coder.pop(kinds, rows))
        if not 0 <= levels[step.targets].min() <= levels[step.targets].max() <= COARSEST:
            raise CorruptStreamError("a coded chunk is damaged: a level is out of range")
    if not coder.empty:
        raise CorruptStreamError("a coded chunk is damaged: its levels are none")
    return levels.reshape(extent), end


def folded(difference: Array) -> Array:
    """0, 1, −1, 2, −2 … as 0, 1, 2, 3, 4 …."""
    return np.where(difference > 0, 2 * difference - 1, -2 * difference)


def _unfolded(symbols: Array) -> Array:
    return np.where(symbols & 1, (symbols + 1) >> 1, -(symbols >> 1))


@lru_cache(maxsize=64)
def _stages(extent: Extent) -> Array:
    return refinement()[: extent[0], : extent[1], : extent[2]].ravel()


assert SIDE == 8, "levels are coded in chunks of at most 8 cells an axis"
