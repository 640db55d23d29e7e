"""Distances known at the centres of cells, interpolated to voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.tiling import Box

__all__ = ["interpolated"]


def interpolated(cells: NDArray[np.float32], cell: int, box: Box) -> NDArray[np.float32]:
    """Interpolate linearly along each axis to the voxels of a box; the outermost cells' values reach on.

    Parameters
    ----------
    cells
        (Z, Y, X), at the centres of cells.
    cell
        Voxels of a cell along an axis.
    box
        Voxels, counted from the first cell's first one.

    Examples
    --------
    >>> interpolated(np.array([[[0.0, 2.0]]], np.float32), 2, ((0, 1), (0, 1), (0, 4)))[0, 0].tolist()
    [0.0, 0.5, 1.5, 2.0]
    """
    result = cells
    for axis, (start, stop) in enumerate(box):
        place = (np.arange(start, stop, dtype=np.float32) + np.float32(0.5)) / cell - np.float32(0.5)
        place = np.clip(place, 0, cells.shape[axis] - 1)
        below = place.astype(np.intp)
        above = np.minimum(below + 1, cells.shape[axis] - 1)
        part = (place - below).reshape([-1 if i == axis else 1 for i in range(3)])
        own, next_one = result.take(below, axis), result.take(above, axis)
        next_one -= own
        next_one *= part
        own += next_one
        result = own
    return result
