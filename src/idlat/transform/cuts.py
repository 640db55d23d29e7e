"""Cuts: planes across an axis that no function of the lapped transform reaches over.

Where a region that matters ends at a plane, as a box does at its faces, a cell on both sides of it would cost
as much as one that lies inside. A cut divides such a cell into parts, each with a DCT of its own, and nothing
is filtered across. The part that matters most comes first among the cell's coefficients; of others the mean
is its difference from that of the first. A cell has as many coefficients as before, and its first still is
the mean of its part that matters most.

Coefficients on a cut's far side are divided by powers of two, so that levels need not say how much coarser
their steps are: where cuts on several axes say so, by the largest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.transform.lapped import CELL, REACH, dct_matrix
from idlat.transform.subbands import Kinds, Shape

__all__ = [
    "MOST_CUTS",
    "MOST_DOUBLINGS",
    "NO_CUTS",
    "WHOLE",
    "AxisCuts",
    "AxisParts",
    "CellParts",
    "Cut",
    "Cuts",
    "axis_coarser",
    "axis_parts",
    "band_scale",
    "coarser_at",
    "coarser_cells",
    "cut_scale",
    "lapped_cuts",
    "moved_cuts",
]


class Cut(NamedTuple):
    """A plane between two voxels of an axis.

    Attributes
    ----------
    at : int
        The voxel after it, at least 1.
    doublings : int
        By how many doublings the steps before it are coarser than those after it; negative where finer.
    """

    at: int
    doublings: int


AxisCuts: TypeAlias = tuple[Cut, ...]
"""Cuts of an axis, in order."""

Cuts: TypeAlias = tuple[AxisCuts, AxisCuts, AxisCuts]
"""Cuts along z, y and x."""

#: Doublings of a cut, and of all cuts of an axis together, at most.
MOST_DOUBLINGS = 16
#: Cuts of an axis at most.
MOST_CUTS = 64
NO_CUTS: Cuts = ((), (), ())


class CellParts(NamedTuple):
    """A cell of an axis that is not whole: cut, or a short last one.

    Attributes
    ----------
    cell : int
    lengths : tuple of int
        Values of its parts.
    first : int
        The part that matters most, whose coefficients are the first.
    """

    cell: int
    lengths: tuple[int, ...]
    first: int = 0

    @property
    def order(self) -> list[int]:
        """The parts in the order of their coefficients."""
        return [self.first, *(part for part in range(len(self.lengths)) if part != self.first)]

    def span(self, part: int) -> tuple[int, int]:
        """First value of a part, and one beyond its last."""
        begin = sum(self.lengths[:part])
        return begin, begin + self.lengths[part]

    def matrix(self, *, inverse: bool = False) -> NDArray[np.float64]:
        """Return what makes its m values into coefficients, (m, m), or undoes that."""
        if len(self.lengths) == 1:
            whole = dct_matrix(self.lengths[0])
            return np.asarray(whole.T if inverse else whole, np.float64)
        m, (a, b), row = sum(self.lengths), self.span(self.first), 0
        made = np.zeros((m, m))
        for part in self.order:
            n = self.lengths[part]
            own, values = slice(row, row + n), slice(*self.span(part))
            if inverse:
                made[values, own] = dct_matrix(n).T
                if part == self.first:  # its mean counts for the whole cell
                    made[:, row] = 1 / math.sqrt(m)
            else:
                made[own, values] = dct_matrix(n)
                if part == self.first:
                    made[row] *= math.sqrt(m / n)
                else:
                    made[row, a:b] = -math.sqrt(n) / (b - a)
            row += n
        return made


#: A cell that is whole.
WHOLE = CellParts(0, (CELL,))


class AxisParts(NamedTuple):
    """The parts of an axis of n values.

    Attributes
    ----------
    cells : tuple of CellParts
        Those cells that are not whole.
    reaches : tuple of int
        (⌈n/8⌉ - 1,): values on each side that the filter across each face between cells takes; 0: none.
    """

    cells: tuple[CellParts, ...]
    reaches: tuple[int, ...]


@lru_cache(maxsize=512)
def axis_parts(n: int, cuts: AxisCuts = ()) -> AxisParts:
    """Return the parts of an axis of n values.

    Examples
    --------
    >>> axis_parts(21, (Cut(11, 3), Cut(16, -3)))
    AxisParts(cells=(CellParts(cell=1, lengths=(3, 5), first=1), \
CellParts(cell=2, lengths=(5,), first=0)), reaches=(3, 0))
    """
    at = {cut.at for cut in cuts}
    cells, outer = [], []
    for cell, begin in enumerate(range(0, n, CELL)):
        end = min(begin + CELL, n)
        inner = [p for p in range(begin + 1, end) if p in at]
        lengths = tuple(int(m) for m in np.diff([begin, *inner, end]))
        if lengths != (CELL,):
            coarser = [coarser_at(value, cuts) for value in [begin, *inner]]
            cells.append(CellParts(cell, lengths, coarser.index(min(coarser))))
        outer.append((begin, lengths[0], lengths[-1]))
    reaches = [
        0 if begin in at else min(REACH, before, after)
        for (_, _, before), (begin, after, _) in pairwise(outer)
    ]
    return AxisParts(tuple(cells), tuple(reaches))


@lru_cache(maxsize=4096)
def coarser_at(value: int, cuts: AxisCuts) -> int:
    """Return by how many doublings, 16 at most, steps at a value exceed the finest that all cuts give."""
    levels = list(accumulate((-cut.doublings for cut in cuts), initial=0))
    return min(levels[sum(cut.at <= value for cut in cuts)] - min(levels), MOST_DOUBLINGS)


@lru_cache(maxsize=512)
def axis_coarser(n: int, cuts: AxisCuts) -> NDArray[np.int64]:
    """Return by how many doublings the steps of coefficients (⌈n/8⌉, 8) exceed the finest of their axis.

    Examples
    --------
    >>> axis_coarser(16, (Cut(11, 3),)).tolist()
    [[3, 3, 3, 3, 3, 3, 3, 3], [0, 0, 0, 0, 0, 3, 3, 3]]
    """
    coarser = np.empty((-(-n // CELL), CELL), np.int64)
    for cell, row in enumerate(coarser):
        row[:] = coarser_at(cell * CELL, cuts)
    for parts in axis_parts(n, cuts).cells:
        begin = 0
        for part in parts.order:
            end = begin + parts.lengths[part]
            coarser[parts.cell, begin:end] = coarser_at(parts.cell * CELL + parts.span(part)[0], cuts)
            begin = end
    return coarser


def coarser_cells(shape: Shape, cuts: Cuts) -> NDArray[np.int64]:
    """Return by how many doublings the steps of the first coefficient of each cell (z, y, x) are coarser."""
    z, y, x = (axis_coarser(n, along)[:, 0] for n, along in zip(shape, cuts, strict=True))
    return np.maximum(np.maximum(z[:, None, None], y[:, None]), x)


def cut_scale(shape: Shape, cuts: Cuts, dtype: np.dtype[Any]) -> NDArray[np.floating[Any]]:
    """Return what the coefficients (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8) of a box are multiplied by: powers of 2."""
    z, y, x = (np.exp2(-axis_coarser(n, along)).astype(dtype) for n, along in zip(shape, cuts, strict=True))
    return np.asarray(np.minimum(np.minimum(z[:, :, None, None, None, None], y[:, :, None, None]), x))


def band_scale(shape: Shape, key: Sequence[int], cuts: Cuts, positions: Sequence[int]) -> NDArray[np.float64]:
    """Return what the coefficients of a subband of a box of `shape` voxels are multiplied by.

    It broadcasts with them; they are at so many `positions`.
    """
    z, y, x = (
        np.exp2(-axis_coarser(n, along)[:count, k]) if along else np.ones(1)
        for n, along, k, count in zip(shape, cuts, key, positions, strict=True)
    )
    return np.minimum(np.minimum(z[:, None, None], y[:, None]), x)


def lapped_cuts(cuts: Cuts, kinds: Kinds) -> Cuts:
    """Return the cuts of axes with lapped cells; octaves have none."""
    z, y, x = (along if kind == "lapped" else () for along, kind in zip(cuts, kinds, strict=True))
    return z, y, x


def moved_cuts(cuts: Cuts, origin: Sequence[int]) -> Cuts:
    """Return cuts as counted from a voxel (z, y, x).

    Examples
    --------
    >>> moved_cuts(((Cut(8, 3), Cut(40, -3)), (), ()), (16, 0, 0))
    ((Cut(at=-8, doublings=3), Cut(at=24, doublings=-3)), (), ())
    """
    if cuts == NO_CUTS:
        return cuts
    z, y, x = (
        tuple(Cut(cut.at - first, cut.doublings) for cut in along)
        for along, first in zip(cuts, origin, strict=True)
    )
    return z, y, x
