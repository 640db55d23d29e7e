"""Sums of errors, compiled; see :mod:`idlat.metrics.error_sums`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

__all__ = ["add_errors"]

Array: TypeAlias = NDArray[Any]


@kernel
def add_errors(original: Array, reconstruction: Array, importance: Array, sums: NDArray[np.float64]) -> None:
    """Add to `sums` (4, n), column by column and row after row of n values, what an error gives.

    Its square times its importance, its square, its importance; the last row is the largest error.
    """
    weighted, squared, weight, largest = sums[0], sums[1], sums[2], sums[3]
    n = len(weighted)
    for begin in range(0, len(original), n):
        a, b, w = (
            original[begin : begin + n],
            reconstruction[begin : begin + n],
            importance[begin : begin + n],
        )
        for i in range(len(a)):
            error = abs(np.float64(b[i]) - np.float64(a[i]))
            square, share = error * error, np.float64(w[i])
            weighted[i] += share * square
            squared[i] += square
            weight[i] += share
            largest[i] = max(largest[i], error)
