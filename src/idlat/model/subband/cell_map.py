"""Where the coefficients of a box of subbands stand among the latents of its cells.

A chunk's latents are (1 + 512, z, y, x): the level, then the 8³ coefficients of each cell, z slowest. Coding
goes through the same coefficients band by band.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.transform.cells import first_in_cell
from idlat.transform.subbands import (
    CELL,
    PER_CELL,
    Kind,
    Kinds,
    Shape,
    SubbandLayout,
    axis_sizes,
    cell_subbands,
)

__all__ = ["PER_CELL_COEFFICIENTS", "CellMap", "Key", "cell_map", "cells_along"]

Key = tuple[int, ...]

PER_CELL_COEFFICIENTS = CELL**3


def cells_along(shape: Shape) -> Shape:
    """Return how many cells a box of voxels has along each axis."""
    z, y, x = (-(-n // CELL) for n in shape)
    return z, y, x


@dataclass(frozen=True)
class CellMap:
    """The coefficients of a box in coding order, and where they stand.

    Attributes
    ----------
    layout : SubbandLayout
        N coefficients.
    cells : Shape
    places : ndarray of int32
        (N,): index in the coefficients of the cells, (512, z, y, x), flat.
    cell : ndarray of int32
        (N,): index of the cell, flat.
    order : ndarray of int32
        (N,): coefficients cell by cell.
    starts : ndarray of int32
        (cells + 1,): where those of each cell begin in `order`.
    """

    layout: SubbandLayout
    cells: Shape
    places: NDArray[np.int32]
    cell: NDArray[np.int32]
    order: NDArray[np.int32]
    starts: NDArray[np.int32]

    @cached_property
    def numbers(self) -> NDArray[np.uint16]:
        """(N,): which of its cell's 512 coefficients each is."""
        z, y, x = self.cells
        return (self.places // (z * y * x)).astype(np.uint16)


@lru_cache(maxsize=64)
def cell_map(shape: Shape, kinds: Kinds, without: frozenset[Key]) -> CellMap:
    """Return the map of a box of `shape` voxels; subbands `without` are not coded in it."""
    if without:
        return _reduced(cell_map(shape, kinds, frozenset()), cell_subbands(shape, kinds, without), without)
    layout = cell_subbands(shape, kinds)
    cells = cells_along(shape)
    axes = [
        [_axis_places(n, kind, k) for k in range(len(PER_CELL[kind]))]
        for n, kind in zip(shape, kinds, strict=True)
    ]
    of_cell, in_cell = [], []
    for band in layout.bands:
        along = [places[k] for places, k in zip(axes, band.key, strict=True)]
        of_cell.append(_flat([place[0] for place in along], cells))
        in_cell.append(_flat([place[1] for place in along], (CELL,) * 3))
    cell = np.concatenate(of_cell)
    count = cells[0] * cells[1] * cells[2]
    places = np.concatenate(in_cell) * count + cell
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(count + 1))
    return CellMap(layout, cells, *(a.astype(np.int32) for a in (places, cell, order, starts)))


def _axis_places(n: int, kind: Kind, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cell of each position of a subband along an axis, and which of the cell's coefficients it is."""
    sizes, per = axis_sizes(n, kind), PER_CELL[kind][k]
    position = np.arange(sizes[k] if k < len(sizes) else 0)
    return position // per, first_in_cell(kind)[k] + position % per


def _reduced(whole: CellMap, layout: SubbandLayout, without: frozenset[Key]) -> CellMap:
    """The map of a box some of whose subbands are left out."""
    bands = [band.key not in without for band in whole.layout.bands]
    kept = np.repeat(bands, [band.size for band in whole.layout.bands])
    number = np.cumsum(kept, dtype=np.int32) - 1
    cell = whole.cell[kept]
    starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=len(whole.starts) - 1))])
    order = number[whole.order[kept[whole.order]]]
    return CellMap(layout, whole.cells, whole.places[kept], cell, order, starts.astype(np.int32))


def _flat(indices: list[NDArray[np.int64]], shape: Shape) -> NDArray[np.int64]:
    z, y, x = indices
    return ((z[:, None, None] * shape[1] + y[:, None]) * shape[2] + x).ravel()
