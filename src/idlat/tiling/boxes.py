"""Half-open boxes of cells or voxels, and tiles made of two of them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CELL", "CHUNK_CELLS", "Box", "Span", "Tile", "Triple", "box_shape", "box_slices", "scale_box"]

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


@dataclass(frozen=True)
class Tile:
    """A block of cells with its halo.

    Attributes
    ----------
    index : (int, int, int)
        Position in the grid of tiles (or of chunks).
    core : Box
        The tile's own cells, in the field.
    window : Box
        Core and halo, in cells. Clipped to the field; along a periodic axis it may start below 0 or end
        beyond the field's last cell, and is taken modulo the number of cells.
    """

    index: Triple
    core: Box
    window: Box

    @property
    def core_in_window(self) -> Box:
        """The core's cells, counted from the window's first."""
        z, y, x = ((a - first, b - first) for (a, b), (first, _) in zip(self.core, self.window, strict=True))
        return z, y, x

    @property
    def crop_cells(self) -> tuple[slice, slice, slice]:
        """Where the core lies inside the window, in cells."""
        return self.crop_voxels(1)

    def crop_voxels(self, cell: int = CELL) -> tuple[slice, slice, slice]:
        """Where the core lies inside the window, in voxels (any number of output samples a cell)."""
        return box_slices(scale_box(self.core_in_window, cell))
