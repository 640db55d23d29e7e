"""The cells of a field: what tiles them, and how tiles are read and written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.tiling.boxes import (
    CELL,
    CHUNK_CELLS,
    Box,
    Span,
    Tile,
    Triple,
    box_shape,
    crop,
    intersect,
    scale_box,
)
from idlat.tiling.padded_reads import last_axes, pad_edge, read_pieces, segments

__all__ = ["Grid"]


@dataclass(frozen=True)
class Grid:
    """The cells of a field, and everything that tiles them.

    Parameters
    ----------
    shape
        The field's voxels along z, y and x; at least 1 each.
    periodic
        (bool, bool, bool).
        Axes along which the field wraps. Such an axis must hold whole cells.
    cell
        Voxels of a cell along an axis.

    Raises
    ------
    IdlatError
        If a size is below 1, or a periodic axis does not hold whole cells.

    Examples
    --------
    >>> grid = Grid((100, 20, 1))
    >>> grid.cells, grid.chunk_shape
    ((13, 3, 1), (2, 1, 1))
    >>> tile = grid.tiles((8, 8, 8), halo=3)[1]
    >>> tile.core, tile.window
    (((8, 13), (0, 3), (0, 1)), ((5, 13), (0, 3), (0, 1)))
    """

    shape: Triple
    periodic: tuple[bool, bool, bool] = (False, False, False)
    cell: int = CELL

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or len(self.periodic) != 3:
            raise IdlatError(f"a grid needs 3 axes (z, y, x), got shape {tuple(self.shape)}")
        if min(self.shape) < 1 or self.cell < 1:
            raise IdlatError(
                f"a grid needs at least 1 voxel an axis, got shape {self.shape} and cells of {self.cell}"
            )
        for name, size, wraps in zip("zyx", self.shape, self.periodic, strict=True):
            if wraps and size % self.cell:
                raise IdlatError(
                    f"periodic axis {name} has {size} voxels, expected a multiple of {self.cell}; "
                    f"crop it to {size - size % self.cell} or leave {name} out of the periodic axes"
                )

    @property
    def cells(self) -> Triple:
        """Cells along each axis, ⌈shape / cell⌉."""
        z, y, x = (-(-size // self.cell) for size in self.shape)
        return z, y, x

    @property
    def chunk_shape(self) -> Triple:
        """Chunks along each axis, of the usual ``CHUNK_CELLS``."""
        z, y, x = (-(-n // CHUNK_CELLS) for n in self.cells)
        return z, y, x

    def tiles(self, core: Triple, halo: int | Triple = 0, within: Box | None = None) -> list[Tile]:
        """Tile the cells, or a box of them, in z, y, x order.

        Parameters
        ----------
        core
            Cells of a core along each axis; the last ones may be smaller.
        halo
            Int or (int, int, int).
            Cells of the halo, clipped at the field's edge, wrapped along periodic axes.
        within
            Cells to cover, where the first core starts; the whole field if left out. The halo may leave it.

        Raises
        ------
        IdlatError
            If a core is empty, the halo negative, or `within` empty or outside the field.
        """
        halos = (halo, halo, halo) if isinstance(halo, int) else halo
        if min(core) < 1 or min(halos) < 0:
            raise IdlatError(
                f"tiles need a core of at least 1 cell and a halo of at least 0, got {core} and {halos}"
            )
        area = within if within is not None else self._all()
        for (start, stop), size in zip(area, self.cells, strict=True):
            if not 0 <= start < stop <= size:
                raise IdlatError(f"cells {area} do not lie inside a field of {self.cells} cells")
        axes = [
            [(at, min(at + size, stop)) for at in range(start, stop, size)]
            for (start, stop), size in zip(area, core, strict=True)
        ]
        tiles = []
        for (iz, z), (iy, y), (ix, x) in itertools.product(*(enumerate(spans) for spans in axes)):
            own = (z, y, x)
            tiles.append(Tile((iz, iy, ix), own, self._window(own, halos)))
        return tiles

    def chunks(self, chunk_cells: int = CHUNK_CELLS) -> list[Tile]:
        """List the chunks, as tiles without halo, in z, y, x order."""
        return self.tiles((chunk_cells, chunk_cells, chunk_cells))

    def chunks_of(self, window: Box, chunk_cells: int = CHUNK_CELLS) -> list[Triple]:
        """List the indices of the chunks that a window of cells touches, wrapped where periodic, sorted.

        >>> Grid((256, 64, 64), periodic=(True, False, False)).chunks_of(((-3, 8), (0, 8), (0, 8)))
        [(0, 0, 0), (3, 0, 0)]
        """
        axes = []
        for span, size, wraps in zip(window, self.cells, self.periodic, strict=True):
            pieces = segments(span, size, wraps)
            axes.append(sorted({i for a, b in pieces for i in range(a // chunk_cells, -(-b // chunk_cells))}))
        return [(z, y, x) for z, y, x in itertools.product(*axes)]

    def cells_of(self, region: Box) -> Box:
        """Cells that a region of voxels touches.

        Raises
        ------
        IdlatError
            If the region is empty or leaves the field.

        Examples
        --------
        >>> Grid((100, 20, 1)).cells_of(((5, 17), (8, 16), (0, 1)))
        ((0, 3), (1, 2), (0, 1))
        """
        for name, (start, stop), size in zip("zyx", region, self.shape, strict=True):
            if not 0 <= start < stop <= size:
                raise IdlatError(
                    f"region {name}={start}:{stop} is empty or outside the field, whose {name} runs 0:{size}"
                )
        z, y, x = ((start // self.cell, -(-stop // self.cell)) for start, stop in region)
        return z, y, x

    def voxels_of(self, cells: Box) -> Box:
        """Real voxels of a box of cells: its voxels without those beyond the field's edge.

        >>> Grid((100, 20, 1)).voxels_of(((8, 13), (0, 3), (0, 1)))
        ((64, 100), (0, 20), (0, 1))
        """
        z, y, x = (
            (start * self.cell, min(stop * self.cell, size))
            for (start, stop), size in zip(cells, self.shape, strict=True)
        )
        return z, y, x

    def first_voxel(self, cells: Box) -> Triple:
        """Return the first voxel (z, y, x) of a box of cells.

        >>> Grid((100, 20, 5)).first_voxel(((2, 3), (0, 1), (0, 1)))
        (16, 0, 0)
        """
        z, y, x = (start * self.cell for start, _ in cells)
        return z, y, x

    def voxels_in(self, window: Box) -> Triple:
        """Return the voxels of a window of cells along each axis, those beyond the field's edge left out.

        >>> Grid((100, 20, 8), periodic=(False, False, True)).voxels_in(((8, 13), (0, 3), (-1, 2)))
        (36, 20, 24)
        """
        z, y, x = (
            (end - begin) * self.cell if wraps else min(end * self.cell, size) - begin * self.cell
            for (begin, end), size, wraps in zip(window, self.shape, self.periodic, strict=True)
        )
        return z, y, x

    def gather_cells(self, source: Any, window: Box) -> NDArray[Any]:
        """Read a window of cells, wrapped where periodic.

        Parameters
        ----------
        source
            Array-like (..., cells z, y, x).
            Anything that gives an array for ``source[..., slice, slice, slice]``.
        window
            In cells, as in :attr:`Tile.window`.

        Raises
        ------
        IdlatError
            If the source has other cells than the grid.
        """
        _expect("source", source, self.cells, "cells")
        axes = [segments(span, n, wraps) for span, n, wraps in self._axes(window)]
        return read_pieces(source, axes)

    def gather_voxels(self, source: Any, window: Box) -> NDArray[Any]:
        """Read the voxels of a window of cells, wrapped where periodic, replicated beyond the field's edge.

        Parameters
        ----------
        source
            Array-like (..., Z, Y, X).
            Anything that gives an array for ``source[..., slice, slice, slice]``.
        window
            In cells, as in :attr:`Tile.window`.

        Returns
        -------
        array (..., 8·z, 8·y, 8·x)
            New memory, in the dtype of the source.

        Raises
        ------
        IdlatError
            If the source has another shape than the field.
        """
        _expect("source", source, self.shape, "voxels")
        axes = []
        for span, size, wraps in zip(scale_box(window, self.cell), self.shape, self.periodic, strict=True):
            axes.append(segments(span if wraps else (span[0], min(span[1], size)), size, wraps))
        data = read_pieces(source, axes)
        wanted = box_shape(scale_box(window, self.cell))
        return pad_edge(data, wanted)

    def scatter_voxels(
        self, target: Any, tile: Tile, values: NDArray[Any], region: Box | None = None
    ) -> None:
        """Write the core of a tile's result (..., window in voxels) into its place.

        Parameters
        ----------
        target
            Array (..., voxels of the region).
        tile
        values
            Array (..., 8·z, 8·y, 8·x).
            One sample a voxel of the window.
        region
            The voxels that `target` holds; the whole field if left out. What lies outside is dropped.
        """
        kept = region if region is not None else self._all(voxels=True)
        shared = intersect(scale_box(tile.core, self.cell), kept)
        read = crop(shared, scale_box(tile.window, self.cell))
        target[last_axes(crop(shared, kept))] = values[last_axes(read)]

    def _all(self, *, voxels: bool = False) -> Box:
        """Everything, in cells or voxels."""
        z, y, x = self.shape if voxels else self.cells
        return (0, z), (0, y), (0, x)

    def _axes(self, window: Box) -> Iterator[tuple[Span, int, bool]]:
        return zip(window, self.cells, self.periodic, strict=True)

    def _window(self, core: Box, halo: Triple) -> Box:
        """Core and halo, clipped where the axis does not wrap."""
        z, y, x = (
            (a - h, b + h) if wraps else (max(0, a - h), min(size, b + h))
            for (a, b), h, size, wraps in zip(core, halo, self.cells, self.periodic, strict=True)
        )
        return z, y, x


def _expect(name: str, source: Any, shape: Triple, unit: str) -> None:
    """Raise unless the last three axes are as expected."""
    if tuple(source.shape[-3:]) != shape:
        raise IdlatError(f"{name} has {tuple(source.shape[-3:])} {unit} on its last axes, expected {shape}")
