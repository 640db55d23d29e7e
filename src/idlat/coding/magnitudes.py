"""Sizes of coefficients as symbols of one alphabet: 0 to 15 as they are, above that quarters of an octave.

What a symbol leaves open of a size, and the sign, are bits of their own.

    |q| in 0 … 15           → symbol |q|
    |q| in [2^e, 2^(e+1))   → symbol 16 + 4(e − 4) + next two bits, and e − 2 raw bits
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "LOWEST", "RAW_BITS", "SYMBOLS", "join_sizes", "split_sizes"]

_DIRECT = 16
_FIRST = 4
_LAST = 30
SYMBOLS = _DIRECT + 4 * (_LAST - _FIRST)
LARGEST = 2**_LAST - 1

#: Bits that each symbol leaves open, sign not counted.
RAW_BITS = np.array([0] * _DIRECT + [e - 2 for e in range(_FIRST, _LAST) for _ in range(4)], dtype=np.int64)
#: The smallest size of each symbol.
LOWEST = np.array(
    list(range(_DIRECT)) + [(4 + quarter) << (e - 2) for e in range(_FIRST, _LAST) for quarter in range(4)],
    dtype=np.int64,
)


def split_sizes(sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the symbols of sizes (n,), 0 to 2³⁰ − 1, and what they leave open.

    Examples
    --------
    >>> symbols, rest = split_sizes(np.array([0, 15, 16, 19, 20, 1000]))
    >>> symbols.tolist(), rest.tolist(), RAW_BITS[symbols].tolist()
    ([0, 15, 16, 16, 17, 39], [0, 0, 0, 3, 0, 104], [0, 0, 2, 2, 2, 7])
    """
    symbols = sizes.copy()
    large = np.flatnonzero(sizes >= _DIRECT)
    value = sizes[large]
    exponent = np.frexp(value.astype(np.float64))[1].astype(np.int64) - 1
    symbols[large] = _DIRECT + 4 * (exponent - _FIRST) + ((value >> (exponent - 2)) & 3)
    return symbols, sizes - LOWEST[symbols]


def join_sizes(symbols: NDArray[np.int64], rest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Undo :func:`split_sizes`."""
    return np.asarray(LOWEST[symbols] + rest)
