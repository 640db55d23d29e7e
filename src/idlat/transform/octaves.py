"""The 9/7 wavelet of Cohen, Daubechies and Feauveau along an axis of any length, by lifting.

Lifting inverts exactly but for rounding; it works element by element in a fixed order, so that the same
numbers give the same result on every machine. Ends are mirrored about the first and the last value.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALE", "STEPS", "band_norms", "merge_halves", "split_halves"]

Array = NDArray[np.floating[Any]]

# Daubechies and Sweldens, "Factoring wavelet transforms into lifting steps" (1998), section 7.7.
STEPS = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
SCALE = 1.149604398860241


def split_halves(x: Array) -> tuple[Array, Array]:
    """Return the low half (⌈n/2⌉, …) and the high half (⌊n/2⌋, …) of values (n, …).

    Examples
    --------
    >>> low, high = split_halves(np.ones(5))
    >>> bool(np.allclose(low, math.sqrt(2))), bool(np.allclose(high, 0))
    (True, True)
    """
    if len(x) < 2:
        return x.copy(), x[:0].copy()
    even, odd = x[0::2].copy(), x[1::2].copy()
    for step, factor in enumerate(STEPS):
        if step % 2 == 0:
            odd += factor * _around_odd(even, len(odd))
        else:
            even += factor * _around_even(odd, len(even))
    even *= SCALE
    odd *= 1 / SCALE
    return even, odd


def merge_halves(low: Array, high: Array) -> Array:
    """Undo :func:`split_halves`."""
    if not len(high):
        return low.copy()
    even, odd = low * (1 / SCALE), high * SCALE
    for step in range(3, -1, -1):
        if step % 2 == 0:
            odd -= STEPS[step] * _around_odd(even, len(odd))
        else:
            even -= STEPS[step] * _around_even(odd, len(even))
    x = np.empty((len(low) + len(high), *low.shape[1:]), dtype=low.dtype)
    x[0::2], x[1::2] = even, odd
    return x


def _around_odd(even: Array, count: int) -> Array:
    """Sum of the two even values beside each odd one; past the end the last counts twice."""
    following = even[1 : count + 1]
    if len(following) < count:
        following = np.concatenate([following, even[-1:]])
    return np.asarray(even[:count] + following)


def _around_even(odd: Array, count: int) -> Array:
    """Sum of the two odd values beside each even one; at the ends the nearest counts twice."""
    before = np.concatenate([odd[:1], odd])[:count]
    following = odd if len(odd) == count else np.concatenate([odd, odd[-1:]])
    return np.asarray(before + following)


@lru_cache(maxsize=16)
def band_norms(levels: int) -> tuple[float, ...]:
    """Norms of the synthesis functions of the low band and of the high bands, coarse to fine.

    Examples
    --------
    >>> [round(norm, 3) for norm in band_norms(3)]
    [1.026, 1.02, 0.983, 1.02]
    """
    return tuple(_impulse_norm(band, levels) for band in range(levels + 1))


def _impulse_norm(band: int, levels: int) -> float:
    depth = levels - max(band - 1, 0)  # octaves below this band
    impulse, rest = np.zeros(16), np.zeros(16)
    impulse[8] = 1
    low: Array
    high: Array
    low, high = (rest, impulse) if band else (impulse, rest)
    for _ in range(depth):
        low = merge_halves(low, high)
        high = np.zeros(len(low))
    return math.sqrt(float(np.square(low).sum()))
