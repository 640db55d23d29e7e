"""A box of a variable: its values and importance, and the chunks that it holds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.model.subband.cell_levels import wanted_levels
from idlat.model.subband.chunk_header import CHUNK_CELLS
from idlat.transform.cells import to_cells
from idlat.transform.companding import LINEAR, Companding
from idlat.transform.cuts import NO_CUTS, Cuts, lapped_cuts, moved_cuts
from idlat.transform.subbands import CELL, Kinds, Shape

__all__ = ["ChunkPlace", "FieldWindow", "cells_of", "chunks_within"]


@dataclass(frozen=True)
class FieldWindow:
    """A box of a variable that is looked at as if it were all.

    Attributes
    ----------
    x : ndarray of float32
        (Z, Y, X): values, companded, in units of the finest step.
    importance : ndarray of float32
        (Z, Y, X), raised by as much as errors grow when companding is undone.
    importance_range : float
    cuts : Cuts
        By voxels of the window.
    companded : Companded, optional
        What it was before it was companded.
    """

    x: NDArray[np.float32]
    importance: NDArray[np.float32]
    importance_range: float
    cuts: Cuts = NO_CUTS
    companded: Companded | None = None

    @classmethod
    def of(
        cls,
        values: NDArray[np.float32],
        importance: NDArray[np.float32],
        importance_range: float,
        step: float,
        companding: Companding = LINEAR,
        cuts: Cuts = NO_CUTS,
    ) -> FieldWindow:
        """Return a window of normalised values and their importance, given the finest step."""
        if companding == LINEAR:
            return cls(values * np.float32(1 / step), importance, importance_range, cuts)
        # an error comes back 2^doublings times as large: so much more it weighs
        raised = companding.doublings_at(values) * np.float32(2 * math.log(2) / max(importance_range, 1e-6))
        raised += importance
        bent = companding.forward(values) * np.float32(1 / step)
        return cls(bent, raised, importance_range, cuts, Companded(values, importance, companding, step))

    @property
    def shape(self) -> Shape:
        """Voxels."""
        z, y, x = self.x.shape
        return z, y, x

    def middle(self, sides: Sequence[int]) -> FieldWindow:
        """Return a window of these sides in the middle, which begins with a cell."""
        return self._part(
            [(n - side) // 2 // CELL * CELL for n, side in zip(self.shape, sides, strict=True)], sides
        )

    def at_edges(self, sides: Sequence[int]) -> FieldWindow:
        """Return a window of these sides, which begins with a cell, where importance changes most in cells.

        >>> importance = np.zeros((8, 64, 64), np.float32)
        >>> importance[:, 3, 50:] = 1
        >>> window = FieldWindow(importance, importance, 7.0)
        >>> window.at_edges((8, 16, 16)).importance.max()
        np.float32(1.0)
        """
        changes = self.map_importance
        most, least = changes, changes
        for axis, n in enumerate(self.shape):
            starts = np.arange(0, n, CELL)
            most, least = np.maximum.reduceat(most, starts, axis), np.minimum.reduceat(least, starts, axis)
        sums = (most - least).astype(np.float64)
        for axis, side in enumerate(sides):
            sums = np.moveaxis(sums, axis, 0)
            total = np.concatenate([np.zeros_like(sums[:1]), sums.cumsum(0)])
            cells = min(-(-side // CELL), len(sums))
            sums = np.moveaxis(total[cells:] - total[:-cells], 0, axis)
        place = np.unravel_index(int(sums.argmax()), sums.shape)
        ends = [(n - side) // CELL for n, side in zip(self.shape, sides, strict=True)]
        return self._part([min(int(at), end) * CELL for at, end in zip(place, ends, strict=True)], sides)

    def _part(self, starts: Sequence[int], sides: Sequence[int]) -> FieldWindow:
        inside = tuple(slice(a, a + side) for a, side in zip(starts, sides, strict=True))
        cuts = moved_cuts(self.cuts, starts)
        before = self.companded
        if before is not None:
            before = before._replace(values=before.values[inside], importance=before.importance[inside])
        return FieldWindow(self.x[inside], self.importance[inside], self.importance_range, cuts, before)

    def coefficients(self, kinds: Kinds) -> NDArray[np.float32]:
        """Return the coefficients (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8) of the first transform."""
        return np.asarray(to_cells(self.x, kinds, self.cuts))

    def under(self, kinds: Kinds) -> FieldWindow:
        """Return the window with those cuts alone that transforms can have: of axes with lapped cells."""
        cuts = lapped_cuts(self.cuts, kinds)
        return self if cuts == self.cuts else replace(self, cuts=cuts)

    def error_of(self, decoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the error of decoded values, in units of the finest step and before they were companded."""
        if self.companded is None:
            return self.x - decoded
        values, _, companding, step = self.companded
        error = values - companding.backward(decoded * np.float32(step))
        error *= np.float32(1 / step)
        return error

    @property
    def map_importance(self) -> NDArray[np.float32]:
        """(Z, Y, X): importance as the map has it."""
        return self.importance if self.companded is None else self.companded.importance

    @cached_property
    def wanted(self) -> NDArray[np.float64]:
        """The levels that the map asks for."""
        return wanted_levels(self.importance, self.importance_range, self.cuts)

    @cached_property
    def weight(self) -> NDArray[np.float32]:
        """What an error of each voxel weighs, before values were companded: 1 where the map is."""
        return np.asarray(np.exp(np.float32(self.importance_range) * (self.map_importance - 1.0)), np.float32)


class Companded(NamedTuple):
    """What a window was before: normalised values and importance; and the companding, and the finest step."""

    values: NDArray[np.float32]
    importance: NDArray[np.float32]
    companding: Companding
    step: float


class ChunkPlace(NamedTuple):
    """Where a chunk stands in a window: its cells, its voxels, and how many voxels it has along each axis."""

    cells: tuple[slice, ...]
    voxels: tuple[slice, ...]
    shape: Shape


def chunks_within(area: Sequence[tuple[int, int]], shape: Shape) -> Iterator[ChunkPlace]:
    """Yield the chunks of a box of cells, which begins with one, in a window of `shape` voxels."""
    axes = [[(a, min(a + CHUNK_CELLS, end)) for a in range(begin, end, CHUNK_CELLS)] for begin, end in area]
    for box in product(*axes):
        spans = [(a * CELL, min(b * CELL, n)) for (a, b), n in zip(box, shape, strict=True)]
        z, y, x = (end - begin for begin, end in spans)
        yield ChunkPlace(
            tuple(slice(*span) for span in box), tuple(slice(*span) for span in spans), (z, y, x)
        )


def cells_of(c: NDArray[Any], cells: tuple[slice, ...]) -> NDArray[Any]:
    """Return some cells of (z, 8, y, 8, x, 8) by coefficient: (512, z, y, x)."""
    own = c[cells[0], :, cells[1], :, cells[2]]
    z, _, y, _, x, _ = own.shape
    return np.ascontiguousarray(own.transpose(1, 3, 5, 0, 2, 4)).reshape(CELL**3, z, y, x)
