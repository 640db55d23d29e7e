"""Where an isosurface runs in steps too large to hold: which small cells it crosses, gathered block by block.

Serves for distances beyond the reach of :mod:`idlat.importance.distance`, to a voxel or two.
"""

from __future__ import annotations

import math
import threading

import edt
import numpy as np
from numpy.typing import NDArray

from idlat.importance.distance import REACH, crossings, seeds_of
from idlat.importance.view import Box, FieldView, crop, grow

__all__ = ["CoarseSurface", "CoarseSurfaces"]

_MOST_CELLS = 1 << 24  # of a step, which sets the size of a cell
_BIAS = 0.25  # cells by which the distance between cells falls short of that to the surface


class CoarseSurface:
    """Distance to the nearest cell that an isosurface crosses, for all cells of a step.

    Parameters
    ----------
    view : FieldView
    step : int
    level : float
        The isovalue.
    """

    def __init__(self, view: FieldView, step: int, level: float) -> None:
        self._cell = 4
        while math.prod(-(-n // self._cell) for n in view.shape) > _MOST_CELLS:
            self._cell *= 2
        crossed = np.zeros([-(-n // self._cell) for n in view.shape], bool)
        for box in view.boxes():
            outer = grow(box, 1, view.shape)
            part = seeds_of(crossings(view.read(step, outer), level))[crop(outer, box)]
            for axis in range(3):
                part = np.logical_or.reduceat(part, range(0, part.shape[axis], self._cell), axis)
            at = [slice(start // self._cell, -(-stop // self._cell)) for start, stop in box]
            crossed[tuple(at)] = part
        self.found = bool(crossed.any())
        """Whether the step has the isosurface at all."""
        self._distance: NDArray[np.float32] = edt.edt(~crossed, parallel=2)

    def distance(self, box: Box) -> NDArray[np.float32]:
        """Distance of the voxels of a box to the surface, interpolated; never less than ``REACH``."""
        result = self._distance
        for axis, (start, stop) in enumerate(box):
            place = (np.arange(start, stop, dtype=np.float32) + np.float32(0.5)) / self._cell - np.float32(
                0.5
            )
            place = np.clip(place, 0, self._distance.shape[axis] - 1)
            below = place.astype(np.intp)
            above = np.minimum(below + 1, self._distance.shape[axis] - 1)
            part = (place - below).reshape([-1 if i == axis else 1 for i in range(3)])
            result = result.take(below, axis) * (1 - part) + result.take(above, axis) * part
        result = (result + np.float32(_BIAS)) * np.float32(self._cell)
        far: NDArray[np.float32] = np.maximum(result, np.float32(REACH))
        return far


class CoarseSurfaces:
    """The coarse isosurfaces of a series, made when asked; the last one is kept.

    Parameters
    ----------
    view : FieldView
    level : float
        The isovalue.
    """

    def __init__(self, view: FieldView, level: float) -> None:
        self._view, self._level = view, level
        self._last: tuple[int, CoarseSurface] | None = None
        self._lock = threading.Lock()

    def of(self, step: int) -> CoarseSurface:
        """Give the surface of one step."""
        with self._lock:
            if self._last is None or self._last[0] != step:
                self._last = step, CoarseSurface(self._view, step, self._level)
            return self._last[1]
