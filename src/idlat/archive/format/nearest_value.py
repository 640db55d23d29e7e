"""The nearest of the values that a mask can hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest"]


def nearest(values: NDArray[np.generic], known: Sequence[float]) -> NDArray[np.intp]:
    """Return the index of the known value nearest to each value.

    Examples
    --------
    >>> nearest(np.array([9.0, 99.0, 5e9]), [100.0, 1e9, 10.0])
    array([2, 0, 1])
    """
    dtype = values.dtype if values.dtype.kind in "iu" else np.dtype(np.float64)  # no integer is rounded
    listed, wanted = np.asarray(known).astype(dtype), values.astype(dtype)
    order = np.argsort(listed)
    rising = listed[order]
    right = np.searchsorted(rising, wanted)
    left, right = np.maximum(right - 1, 0), np.minimum(right, len(rising) - 1)
    with np.errstate(over="ignore"):
        below = wanted.astype(np.float64) - rising[left].astype(np.float64)
        above = rising[right].astype(np.float64) - wanted.astype(np.float64)
    closer = np.where((below <= above) & (rising[right] != wanted), left, right)
    found: NDArray[np.intp] = order[closer]
    return found
