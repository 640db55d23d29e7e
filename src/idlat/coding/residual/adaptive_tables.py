"""Tables of probabilities that follow what has been coded, in integers alone.

A size's table is chosen by what its neighbours let expect. Each begins as a mixture of a geometric
distribution about that expectation and a heavy tail, which counts as a few observations; after each slab of a
box it is made anew of what was counted. So nothing of a table is stored, and coder and decoder agree bit for
bit: floats occur in the beginnings only, in a fixed order of sums, products and quotients.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import LARGEST, LOWEST, SYMBOLS
from idlat.coding.rans import TOTAL

__all__ = [
    "CLASSES",
    "ESCAPE",
    "LARGEST_SIZE",
    "ONE",
    "SIGN_CONTEXTS",
    "SIGN_START",
    "cumulative_of",
    "first_counts",
]

Array = NDArray[np.int64]

#: Half-octaves of sixteen times an expected size, and none.
CLASSES = 40
#: Larger sizes count as this in contexts.
LARGEST_SIZE = (1 << 15) - 1
#: The symbol of an integer that is said elsewhere.
ESCAPE = SYMBOLS
#: What an observation counts.
ONE = 256
#: How sure the neighbours' signs are, five degrees, by axis.
SIGN_CONTEXTS = 15
#: What each sign counts at first.
SIGN_START = 4
_PRIOR = 24  # observations that the beginning counts as
_TAIL = 0.03


@lru_cache(maxsize=1)
def first_counts() -> Array:
    """Return what each symbol counts at first, (classes, symbols + 1); the last is the escape."""
    low, high = LOWEST.tolist(), [*LOWEST[1:].tolist(), LARGEST + 1]
    rows = np.ones((CLASSES, SYMBOLS + 1), dtype=np.int64)
    for k in range(CLASSES):
        mean = 0.01 if k == 0 else _half_octave(k - 1) / 16 * 0.7
        ratio = mean / (1 + mean)
        for symbol, (first, end) in enumerate(zip(low, high, strict=True)):
            body = _power(ratio, first) - _power(ratio, end)
            tail = 1 / (1 + first) / (1 + first) - 1 / (1 + end) / (1 + end)
            share = (1 - _TAIL) * body + _TAIL * tail
            rows[k, symbol] += math.floor(share * (_PRIOR * ONE))
    return rows


def _half_octave(k: int) -> float:
    return float(2 ** (k // 2)) * (1.25 if k % 2 == 0 else 1.75)


def _power(base: float, exponent: int) -> float:
    """A power by products alone, which are the same on every machine."""
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result


def cumulative_of(counts: Array) -> Array:
    """Return where each symbol's quantiles begin and the last end, (…, symbols + 1), of counts (…, symbols).

    Examples
    --------
    >>> cumulative_of(np.array([3, 1])).tolist()
    [0, 12582912, 16777216]
    """
    room = TOTAL - counts.shape[-1]
    chances = 1 + counts * room // counts.sum(axis=-1, keepdims=True)
    largest = np.argmax(counts, axis=-1)[..., None]
    rest = TOTAL - chances.sum(axis=-1, keepdims=True)
    np.put_along_axis(chances, largest, np.take_along_axis(chances, largest, -1) + rest, -1)
    return np.concatenate([np.zeros((*counts.shape[:-1], 1), np.int64), np.cumsum(chances, axis=-1)], axis=-1)
