"""Octaves of the 9/7 wavelet along the axes of a small array, compiled; see :mod:`idlat.transform.second`.

The same sums and products as :mod:`idlat.transform.octaves` takes, in the same order: the same numbers.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

__all__ = ["merge_nested", "split_nested"]

Array: TypeAlias = NDArray[Any]


@kernel
def split_nested(x: Array, sizes: Array, taken: Array, steps: Array, scales: Array) -> None:
    """Split an array (flat, of `sizes[0]`) in place, octave by octave; low halves first along each axis.

    `sizes` (octaves, 3) is what is still whole before each, `taken` (octaves, 3) along which axes it goes.
    """
    line = np.empty(sizes[0].max(), x.dtype)
    stride = (sizes[0, 1] * sizes[0, 2], sizes[0, 2], 1)
    for octave in range(len(sizes)):
        for axis in range(3):
            if not taken[octave, axis]:
                continue
            n, step = sizes[octave, axis], stride[axis]
            one, other = (axis + 1) % 3, (axis + 2) % 3
            low, high = line[: (n + 1) // 2], line[(n + 1) // 2 : n]
            for i in range(sizes[octave, one]):
                for j in range(sizes[octave, other]):
                    at = i * stride[one] + j * stride[other]
                    for p in range(n):
                        (high if p & 1 else low)[p >> 1] = x[at + p * step]
                    _lift_odd(low, high, steps[0])
                    _lift_even(low, high, steps[1])
                    _lift_odd(low, high, steps[2])
                    _lift_even(low, high, steps[3])
                    for p in range(len(low)):
                        x[at + p * step] = low[p] * scales[0]
                    for p in range(len(high)):
                        x[at + (len(low) + p) * step] = high[p] * scales[1]


@kernel
def merge_nested(x: Array, sizes: Array, taken: Array, steps: Array, scales: Array) -> None:
    """Undo :func:`split_nested`; `steps` and `scales` are those of the inverse."""
    line = np.empty(sizes[0].max(), x.dtype)
    stride = (sizes[0, 1] * sizes[0, 2], sizes[0, 2], 1)
    for octave in range(len(sizes) - 1, -1, -1):
        for axis in range(2, -1, -1):
            if not taken[octave, axis]:
                continue
            n, step = sizes[octave, axis], stride[axis]
            one, other = (axis + 1) % 3, (axis + 2) % 3
            low, high = line[: (n + 1) // 2], line[(n + 1) // 2 : n]
            for i in range(sizes[octave, one]):
                for j in range(sizes[octave, other]):
                    at = i * stride[one] + j * stride[other]
                    for p in range(len(low)):
                        low[p] = x[at + p * step] * scales[0]
                    for p in range(len(high)):
                        high[p] = x[at + (len(low) + p) * step] * scales[1]
                    _lift_even(low, high, steps[0])
                    _lift_odd(low, high, steps[1])
                    _lift_even(low, high, steps[2])
                    _lift_odd(low, high, steps[3])
                    for p in range(n):
                        x[at + p * step] = (high if p & 1 else low)[p >> 1]


@kernel
def _lift_odd(low: Array, high: Array, factor: float) -> None:
    """Add to each odd value what the two beside it say; the last one counts twice where one is missing."""
    last = len(low) - 1
    for p in range(len(high)):
        high[p] += factor * (low[p] + low[min(p + 1, last)])


@kernel
def _lift_even(low: Array, high: Array, factor: float) -> None:
    """Add to each even value what the two beside it say; at the ends the nearest counts twice."""
    last = len(high) - 1
    for p in range(len(low)):
        low[p] += factor * (high[max(p - 1, 0)] + high[min(p, last)])
