"""Where an object or an isosurface runs in steps too large to hold: its small cells, gathered block by block.

Serves for distances beyond the reach of :mod:`idlat.importance.measures.surface_distance`, to a voxel or two.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import edt
import numpy as np
from numpy.typing import NDArray

from idlat.importance.field_view import FieldView
from idlat.importance.measures.cell_distance import interpolated
from idlat.importance.measures.surface_distance import REACH
from idlat.importance.measures.voxel_spacing import Spacing
from idlat.tiling import Box, block_reduce

__all__ = ["CoarseObject", "CoarseObjects", "Marks"]

_MOST_CELLS = 1 << 24  # of a step, which sets the size of a cell
_BIAS = 0.25  # cells by which the distance between cells falls short of that to the object

Marks = Callable[[int, Box], NDArray[np.bool_]]
"""Gives the voxels of a box of a step that belong to the object, or lie next to the surface."""


class CoarseObject:
    """Distance to the nearest cell that holds a part of an object, for all cells of a step.

    Parameters
    ----------
    view
    step
    marks
        The object.
    spacing
        Sides of a voxel along z, y and x.
    """

    def __init__(self, view: FieldView, step: int, marks: Marks, spacing: Spacing) -> None:
        self._cell = 4
        while math.prod(-(-n // self._cell) for n in view.shape) > _MOST_CELLS:
            self._cell *= 2
        marked = np.zeros([-(-n // self._cell) for n in view.shape], bool)
        for box in view.boxes():
            at = [slice(start // self._cell, -(-stop // self._cell)) for start, stop in box]
            marked[tuple(at)] = block_reduce(marks(step, box), self._cell, np.logical_or)
        self.marked = marked
        """Which cells (Z, Y, X) hold a part of the object."""
        self.found = bool(marked.any())
        """Whether the step has the object at all."""
        sides = tuple(self._cell * side for side in spacing)
        self._least = REACH * min(spacing)
        self._distance: NDArray[np.float32] = edt.edt(~marked, anisotropy=sides, parallel=2)
        self._distance += np.float32(_BIAS * math.prod(sides) ** (1 / 3))

    def touches(self, box: Box) -> bool:
        """Whether a part of the object may lie in a box of voxels."""
        at = tuple(slice(start // self._cell, -(-stop // self._cell)) for start, stop in box)
        return bool(self.marked[at].any())

    def distance(self, box: Box) -> NDArray[np.float32]:
        """Distance of the voxels of a box, interpolated; never less than ``REACH`` smallest sides."""
        result = interpolated(self._distance, self._cell, box)
        far: NDArray[np.float32] = np.maximum(result, np.float32(self._least))
        return far


class CoarseObjects:
    """The coarse objects of a series, made when asked; the last one is kept.

    Parameters
    ----------
    view
    marks
        The object.
    spacing
        Sides of a voxel along z, y and x.
    """

    def __init__(self, view: FieldView, marks: Marks, spacing: Spacing) -> None:
        self._view, self._marks, self._spacing = view, marks, spacing
        self._last: tuple[int, CoarseObject] | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[CoarseObjects], tuple[FieldView, Marks, Spacing]]:
        """Go to another process without the object that is kept."""
        return CoarseObjects, (self._view, self._marks, self._spacing)

    def of(self, step: int) -> CoarseObject:
        """Give the object of one step."""
        with self._lock:
            if self._last is None or self._last[0] != step:
                self._last = step, CoarseObject(self._view, step, self._marks, self._spacing)
            return self._last[1]
