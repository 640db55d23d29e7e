"""Asymmetric numeral systems in plain Python: what compiled kernels must give, word by word.

Words are those of constriction's stack: 32 bits each, a state of 64 bits, probabilities of 24 bits. What was
pushed last is popped first.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from idlat.coding.escapes import read_varint
from idlat.errors import CorruptStreamError

__all__ = ["PRECISION", "TOTAL", "WORD", "Popping", "push", "push_intervals", "read_words"]

#: Bits of a probability and of a word.
PRECISION = 24
WORD = 32
#: What the weights of a table add up to.
TOTAL = 1 << PRECISION
_MASK = (1 << PRECISION) - 1


def push(
    symbols: NDArray[np.int64], classes: NDArray[np.int64], cumulative: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Return the words of symbols (n,) under the tables of their classes; the first is popped first.

    Parameters
    ----------
    symbols, classes : ndarray of int64
        (n,).
    cumulative : ndarray of int64
        (classes, symbols + 1): where the quantiles of each symbol begin; the last ends at 2²⁴.
    """
    return push_intervals(cumulative[classes, symbols], cumulative[classes, symbols + 1])


def push_intervals(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the words of symbols (n,) whose quantiles begin and end so; the first is popped first."""
    words, state = [], 0
    for begin, end in zip(reversed(begins.tolist()), reversed(ends.tolist()), strict=True):
        count = end - begin
        if state >> (2 * WORD - PRECISION) >= count:
            words.append(state & 0xFFFFFFFF)
            state >>= WORD
        state = (state // count << PRECISION) | (begin + state % count)
    while state:
        words.append(state & 0xFFFFFFFF)
        state >>= WORD
    return np.array(words, dtype=np.uint32)


def read_words(data: bytes, at: int, what: str = "chunk") -> tuple[NDArray[np.uint32], int]:
    """Read words that stand behind their number; return them, and where what follows begins.

    Errors call the data a coded `what`.

    Raises
    ------
    CorruptStreamError
        If there are fewer, or they cannot be those of a coder.
    """
    count, at = read_varint(data, at)
    end = at + 4 * count
    if end > len(data):
        raise CorruptStreamError(f"a coded {what} is damaged: it is cut short")
    words = np.frombuffer(data, "<u4", count, at).astype(np.uint32)
    if count and not words[-1]:
        raise CorruptStreamError(f"a coded {what} is damaged: its words do not end as they should")
    return words, end


class Popping:
    """What is left of words (n,) while symbols are popped.

    Raises
    ------
    CorruptStreamError
        If the words cannot be those of a coder.
    """

    def __init__(self, words: NDArray[np.uint32]) -> None:
        if len(words) and not words[-1]:
            raise CorruptStreamError("a coded chunk is damaged: its words do not end as they should")
        self._words = words.tolist()
        self._state = 0
        for _ in range(min(2, len(self._words))):
            self._state = self._state << WORD | self._words.pop()

    def pop(self, classes: NDArray[np.int64], rows: list[list[int]]) -> NDArray[np.int64]:
        """Return the next symbols (n,), given the cumulative tables as lists."""
        state, words = self._state, self._words
        symbols = []
        for k in classes.tolist():
            quantile = state & _MASK
            symbol = bisect_right(rows[k], quantile) - 1
            begin, end = rows[k][symbol], rows[k][symbol + 1]
            state = (end - begin) * (state >> PRECISION) + quantile - begin
            if state < 1 << WORD and words:
                state = state << WORD | words.pop()
            symbols.append(symbol)
        self._state = state
        return np.array(symbols, dtype=np.int64)

    @property
    def empty(self) -> bool:
        """Whether everything that was pushed was popped."""
        return not self._state and not self._words
