"""The steps of the coder, compiled: :mod:`idlat.coding.rans`, symbol by symbol.

A state of 64 bits takes symbols in and gives them back, the last first; what it cannot hold goes to words.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.rans import PRECISION, WORD
from idlat.jit import kernel

__all__ = ["begin_popping", "pop_interval", "push_interval", "push_rest", "quantile_of"]

Array: TypeAlias = NDArray[Any]

# Unsigned as the state is: with a signed number numba would compute in float64.
_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(WORD)
_PRECISION = np.uint64(PRECISION)
_FULL = np.uint64(2 * WORD - PRECISION)
_QUANTILE = np.uint64((1 << PRECISION) - 1)


@kernel
def push_interval(
    begin: np.uint64, chance: np.uint64, state: np.uint64, used: int, words: Array
) -> tuple[np.uint64, int]:
    """Take in a symbol whose quantiles begin so and are so many; return the state and the words used."""
    if state >> _FULL >= chance:
        words[used] = state & _LOW
        state, used = state >> _WORD, used + 1
    share = state // chance
    return (share << _PRECISION) | (begin + (state - share * chance)), used


@kernel
def push_rest(state: np.uint64, used: int, words: Array) -> int:
    """Write the words of a last state; return how many there are."""
    while state > np.uint64(0):
        words[used] = state & _LOW
        state, used = state >> _WORD, used + 1
    return used


@kernel
def begin_popping(words: Array) -> tuple[np.uint64, int]:
    """Return the state that words (n,) begin with, and how many are left."""
    state, left = np.uint64(0), len(words)
    for _ in range(min(2, len(words))):
        left -= 1
        state = state << _WORD | np.uint64(words[left])
    return state, left


@kernel
def quantile_of(state: np.uint64) -> np.uint64:
    """Return the quantile, below 2²⁴, that the next symbol has."""
    return state & _QUANTILE


@kernel
def pop_interval(
    begin: np.uint64, chance: np.uint64, state: np.uint64, left: int, words: Array
) -> tuple[np.uint64, int]:
    """Give back the symbol whose quantiles begin so and are so many; return the state and the words left."""
    state = chance * (state >> _PRECISION) + ((state & _QUANTILE) - begin)
    if state <= _LOW and left > 0:
        left -= 1
        state = state << _WORD | np.uint64(words[left])
    return state, left
