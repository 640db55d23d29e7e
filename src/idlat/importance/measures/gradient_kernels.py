"""The length of the gradient, compiled; see :mod:`idlat.importance.measures.local_statistics`.

The result is that of two calls of ``hypot``, which take most of the time. So a plain root is taken first:
where all numbers as near to it as rounding puts the other round to the same float32, it is the result.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernels_of

__all__ = ["gradient_lengths"]

_LIMIT = float(np.finfo(np.float32).max)
_LEAST, _MOST = 1e-60, 1e60  # squares between them, and their roots in float32, are far from either end
_ROUNDING = 2.0**-48  # over twice what the root and two calls of hypot are apart by, relatively


def _mean_of(ahead: float, back: float, at_start: bool, at_end: bool) -> float:
    """Mean of those differences that are known; 0 of none."""
    first, second = not at_end and math.isfinite(ahead), not at_start and math.isfinite(back)
    if first and second:
        return (ahead + back) / 2
    return ahead if first else back if second else 0.0


def _length_at(values: NDArray[Any], z: int, y: int, x: int) -> float:
    """Length at one voxel, whatever there is around it."""
    value = np.float64(values[z, y, x])
    if math.isnan(value):
        return 0.0
    length = 0.0
    for axis in range(3):
        i, n = (z, y, x)[axis], values.shape[axis]
        dz, dy, dx = int(axis == 0), int(axis == 1), int(axis == 2)
        ahead = back = 0.0
        if i < n - 1:
            ahead = np.float64(values[z + dz, y + dy, x + dx]) - value
        if i > 0:
            back = value - np.float64(values[z - dz, y - dy, x - dx])
        length = math.hypot(length, _mean_of(ahead, back, i == 0, i == n - 1))
    return min(length, _LIMIT)


def _squares_of(values: NDArray[Any], z: int, y: int, squares: NDArray[np.float64]) -> None:
    """Write the squared lengths of one row inside; not finite, or off, where a value around is not."""
    nz, ny, nx = values.shape
    here = values[z, y]
    below, above = values[max(z - 1, 0), y], values[min(z + 1, nz - 1), y]  # itself at an edge: no difference
    near, far = values[z, max(y - 1, 0)], values[z, min(y + 1, ny - 1)]
    share_z, share_y = 0.5 if 0 < z < nz - 1 else 1.0, 0.5 if 0 < y < ny - 1 else 1.0
    for x in range(1, nx - 1):
        value = np.float64(here[x])
        a = ((np.float64(above[x]) - value) + (value - np.float64(below[x]))) * share_z
        b = ((np.float64(far[x]) - value) + (value - np.float64(near[x]))) * share_y
        c = ((np.float64(here[x + 1]) - value) + (value - np.float64(here[x - 1]))) * 0.5
        squares[x] = a * a + b * b + c * c


def _lengths(values: NDArray[Any], lengths: NDArray[np.float32]) -> None:
    """Write the lengths (Z, Y, X) of the gradient of floating values (Z, Y, X), NaN where one is missing."""
    squares = np.full(values.shape[2], np.nan)  # NaN at both ends: not of use
    for z in range(values.shape[0]):
        for y in range(values.shape[1]):
            _squares_of(values, z, y, squares)
            to = lengths[z, y]
            for x in range(len(to)):
                root = math.sqrt(squares[x])
                to[x] = np.float32(root * (1 + _ROUNDING))
                same = to[x] == np.float32(root * (1 - _ROUNDING))
                usable = squares[x] == 0.0 or _LEAST < squares[x] < _MOST  # not where it is no number
                if not (same and usable):
                    to[x] = np.float32(_length_at(values, z, y, x))


gradient_lengths = kernels_of((_mean_of, _length_at, _squares_of, _lengths))
