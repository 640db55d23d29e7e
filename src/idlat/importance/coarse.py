"""Where an isosurface runs in a step too large to hold: in cells of 8³ voxels, gathered block by block.

Serves for distances beyond the band of :mod:`idlat.importance.distance`, to about a voxel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from idlat.importance.distance import BAND, find_surface
from idlat.importance.view import Box, FieldView, crop, grow

__all__ = ["CoarseSurface"]

_CELL = 8


class CoarseSurface:
    """For every cell of 8³ voxels, a point of the isosurface in the nearest cell that has one.

    Parameters
    ----------
    view : FieldView
    step : int
    level : float
        The isovalue.
    """

    def __init__(self, view: FieldView, step: int, level: float) -> None:
        cells = tuple(-(-n // _CELL) for n in view.shape)
        count, total = np.zeros(cells), np.zeros((3, *cells))
        for box in view.boxes():
            outer = grow(box, 1, view.shape)
            surface = find_surface(view.read(step, outer), level)
            if surface is not None:
                seeds = np.nonzero(surface.seeds[crop(outer, box)])
                voxels = [axis + start for axis, (start, _) in zip(seeds, box, strict=True)]
                at = tuple(axis // _CELL for axis in voxels)
                np.add.at(count, at, 1)
                for axis in range(3):
                    np.add.at(total[axis], at, voxels[axis])
        self.found = bool(count.any())
        """Whether the step has the isosurface at all."""
        if self.found:
            nearest = ndimage.distance_transform_edt(count == 0, return_distances=False, return_indices=True)
            self._points = (total / np.maximum(count, 1))[:, *nearest].astype(np.float32)

    def distance(self, box: Box) -> NDArray[np.float32]:
        """Distance of the voxels of a box to the surface's point, in voxels; never inside the band."""
        axes = [np.arange(start, stop, dtype=np.float32) for start, stop in box]
        cells = np.ix_(*(axis.astype(np.intp) // _CELL for axis in axes))
        square = sum(
            (voxel - points[cells]) ** 2 for voxel, points in zip(np.ix_(*axes), self._points, strict=True)
        )
        distance: NDArray[np.float32] = np.maximum(np.sqrt(square), BAND).astype(np.float32)
        return distance
