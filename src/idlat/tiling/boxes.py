"""Half-open boxes of cells or voxels, what can be done with them, and tiles made of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CELL",
    "CHUNK_CELLS",
    "Box",
    "Span",
    "Tile",
    "Triple",
    "block_reduce",
    "box_shape",
    "box_slices",
    "crop",
    "grow",
    "intersect",
    "scale_box",
    "within",
]

CELL = 8
"""Voxels of a cell along an axis."""

CHUNK_CELLS = 8
"""Cells of a chunk along an axis."""

Span = tuple[int, int]
"""Half-open range (start, stop) along an axis."""

Box = tuple[Span, Span, Span]
"""Half-open ranges along z, y and x."""

Triple = tuple[int, int, int]
"""One number for each of z, y and x."""


def box_shape(box: Box) -> Triple:
    """Length of a box along each axis.

    >>> box_shape(((0, 4), (2, 3), (-1, 5)))
    (4, 1, 6)
    """
    (z0, z1), (y0, y1), (x0, x1) = box
    return z1 - z0, y1 - y0, x1 - x0


def box_slices(box: Box) -> tuple[slice, slice, slice]:
    """Slices of a box, for indexing.

    >>> box_slices(((0, 4), (2, 3), (1, 5)))
    (slice(0, 4, None), slice(2, 3, None), slice(1, 5, None))
    """
    z, y, x = (slice(start, stop) for start, stop in box)
    return z, y, x


def scale_box(box: Box, factor: int) -> Box:
    """Box in units that are `factor` times finer: cells to voxels.

    >>> scale_box(((0, 4), (2, 3), (1, 5)), 8)
    ((0, 32), (16, 24), (8, 40))
    """
    z, y, x = ((start * factor, stop * factor) for start, stop in box)
    return z, y, x


def within(box: Box, outer: Box) -> Box:
    """Box counted from the start of another one.

    >>> within(((0, 4), (2, 3), (5, 9)), ((0, 6), (0, 5), (3, 9)))
    ((0, 4), (2, 3), (2, 6))
    """
    z, y, x = ((start - at, stop - at) for (start, stop), (at, _) in zip(box, outer, strict=True))
    return z, y, x


def crop(box: Box, outer: Box) -> tuple[slice, slice, slice]:
    """Slices of a box in an array that holds another one.

    >>> crop(((0, 4), (2, 3), (5, 9)), ((0, 6), (0, 5), (3, 9)))
    (slice(0, 4, None), slice(2, 3, None), slice(2, 6, None))
    """
    return box_slices(within(box, outer))


def intersect(one: Box, two: Box) -> Box:
    """What two boxes share; of length 0 along an axis along which they share nothing.

    >>> intersect(((0, 4), (2, 3), (5, 9)), ((1, 6), (0, 5), (9, 12)))
    ((1, 4), (2, 3), (9, 9))
    """
    starts = [max(a, b) for (a, _), (b, _) in zip(one, two, strict=True)]
    stops = [min(a, b) for (_, a), (_, b) in zip(one, two, strict=True)]
    z, y, x = ((start, max(start, stop)) for start, stop in zip(starts, stops, strict=True))
    return z, y, x


def grow(box: Box, halo: int, shape: Triple) -> Box:
    """Box with `halo` more on every side, clipped to a field's shape.

    >>> grow(((0, 4), (2, 3), (5, 9)), 2, (9, 9, 9))
    ((0, 6), (0, 5), (3, 9))
    """
    z, y, x = (
        (max(0, start - halo), min(size, stop + halo)) for (start, stop), size in zip(box, shape, strict=True)
    )
    return z, y, x


def block_reduce(values: NDArray[Any], block: int, reduce: np.ufunc = np.add) -> NDArray[Any]:
    """Reduce blocks of `block` along the last three axes to one value each; the last blocks may be smaller.

    Parameters
    ----------
    values
        Array (..., z, y, x).
    block
        Values of a block along each of the three axes.
    reduce
        Such as ``numpy.add``, ``numpy.maximum`` or ``numpy.logical_or``.

    Returns
    -------
    array (..., ⌈z/block⌉, ⌈y/block⌉, ⌈x/block⌉)

    Examples
    --------
    >>> block_reduce(np.arange(5.0).reshape(1, 1, 5), 4).tolist()
    [[[6.0, 4.0]]]
    """
    for axis in (-3, -2, -1):
        values = reduce.reduceat(values, np.arange(0, values.shape[axis], block), axis)
    return values


@dataclass(frozen=True)
class Tile:
    """A block of cells with its halo.

    Attributes
    ----------
    index
        Position in the grid of tiles (or of chunks).
    core
        The tile's own cells, in the field.
    window
        Core and halo, in cells. Clipped to the field; along a periodic axis it may start below 0 or end
        beyond the field's last cell, and is taken modulo the number of cells.
    """

    index: Triple
    core: Box
    window: Box

    @property
    def core_in_window(self) -> Box:
        """The core's cells, counted from the window's first."""
        return within(self.core, self.window)

    @property
    def crop_cells(self) -> tuple[slice, slice, slice]:
        """Where the core lies inside the window, in cells."""
        return self.crop_voxels(1)

    def crop_voxels(self, cell: int = CELL) -> tuple[slice, slice, slice]:
        """Where the core lies inside the window, in voxels (any number of output samples a cell)."""
        return box_slices(scale_box(self.core_in_window, cell))
