"""The logistic function and its inverse in integers, and how fast chances follow what comes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATES", "logistic_tables"]

_LIMIT = 3071  # logarithmic odds, in 1/256
_MOST_SEEN = 255
_STEP = 18518942588666869714  # e^(1/256) · 2⁶⁴

#: By how much, in 2⁻¹⁶, a chance follows the n-th bit of its context.
RATES = tuple(65536 * 2 // (2 * n + 3) for n in range(_MOST_SEEN + 1))


@lru_cache(maxsize=1)
def logistic_tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the logarithmic odds of chances, and the chances of logarithmic odds.

    Returns
    -------
    stretched : ndarray of int64
        (4096,): ln(p / (1 − p)), in 1/256, of p = (i + ½) / 4096.
    squashed : ndarray of int64
        (6143,): 65536 / (1 + e^{−x / 256}) of x = −3071 … 3071.

    Notes
    -----
    Powers are multiplied up in integers of 64 bits after the point: no two machines differ.
    """
    power, powers = 1 << 64, []
    for _ in range(_LIMIT + 1):
        powers.append(power)
        power = power * _STEP >> 64
    upper = [((p << 17) // (p + (1 << 64)) + 1) >> 1 for p in powers]
    squashed = np.array([65536 - p for p in upper[:0:-1]] + upper, dtype=np.int64)
    stretched = np.searchsorted(squashed, np.arange(4096) * 16 + 8) - _LIMIT
    return np.clip(stretched, -_LIMIT, _LIMIT).astype(np.int64), squashed
