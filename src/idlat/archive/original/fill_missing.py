"""Filling missing voxels smoothly, so that missing regions add no sharp edges to the network's input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.tiling import block_reduce

__all__ = ["fill_smoothly"]

_SMOOTHINGS = 4  # no more than lapped cells reach into their neighbours, so that tiles agree


def fill_smoothly(values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fill invalid voxels from the means of ever larger cubes around them (push-pull), then smooth them.

    Each missing voxel takes the mean of the valid voxels of the smallest aligned cube of 2, 4, 8 … voxels an
    axis that has any; zero where nothing is valid. Then it takes the mean of the 3³ around it,
    four times over: jumps between cubes and at the border of what is valid would cost more than all else.

    Parameters
    ----------
    values
        ``(Z, Y, X)``; what invalid voxels hold does not matter if it is finite.
    valid
        Of the same shape.

    Returns
    -------
    array
        ``(Z, Y, X)``, equal to `values` where valid.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[1.0, 3.0, 9.0, 9.0]]], "float32")
    >>> fill_smoothly(x, np.array([[[True, True, False, False]]]))
    array([[[1.       , 3.       , 2.580247 , 2.3209877]]], dtype=float32)
    """
    from scipy.ndimage import uniform_filter  # takes long to load, and most fields miss nothing

    weight = valid.astype(np.float32)
    if valid.all():
        return values
    filled = _filled(values * weight, weight)
    for _ in range(_SMOOTHINGS):
        np.copyto(filled, uniform_filter(filled, 3, mode="nearest"), where=~valid)
    return filled


def _filled(total: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return total / weight, and where the weight is 0 the same of cubes twice as large."""
    empty = weight == 0
    mean = np.divide(total, weight, out=np.zeros_like(total), where=~empty)
    if empty.any() and max(total.shape) > 1:
        coarse = _filled(_halved(total), _halved(weight))
        for axis, length in enumerate(total.shape):
            coarse = np.repeat(coarse, 2, axis).take(range(length), axis)
        np.copyto(mean, coarse, where=empty)
    return mean


def _halved(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum pairs along every axis; an odd last one stays alone."""
    return block_reduce(array, 2)
