"""Values of a step: original, reconstruction and difference; voxels of a box, or the means of all cells."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import block_means
from idlat.archive import FieldReader, VariableDecoder, coarse_values
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.open_fields import OriginalStep, magnitudes
from idlat.parallel import worker_count
from idlat.progress import Progress
from idlat.tiling import Box, Triple, box_shape, box_slices

__all__ = ["Kind", "StepValues", "Volume", "thinned"]

Kind = Literal["original", "reconstruction", "difference"]
Real = NDArray[np.float32]

_LAYERS = 64  # voxels: whole cells, read at once


@dataclass(frozen=True)
class Volume:
    """Values of a step, or of a region of it, to be shown.

    Attributes
    ----------
    values : float32 array (z, y, x)
        NaN where missing.
    spacing : tuple of float
        Distance between samples along z, y, x, in the dataset's `length_units`.
    stride : int
        Voxels of the field between samples; above 1 each is the mean of a cell, for the field is large.
    region : Box
        The voxels of the field that are shown.
    """

    values: Real = field(repr=False)
    spacing: tuple[float, float, float]
    stride: int
    region: Box


@dataclass(frozen=True)
class StepValues:
    """Computes the values of one step of one variable; of one with components their length.

    Attributes
    ----------
    decoder : VariableDecoder
        The archive's side.
    reader : FieldReader or None
        The original.
    step : int
        Which step.
    """

    decoder: VariableDecoder
    reader: FieldReader | None
    step: int

    def of(
        self, kind: Literal["original", "reconstruction"], box: Box | None, progress: Progress | None = None
    ) -> Real:
        """Return voxels (z, y, x) of a box, or the means of all cells without one; NaN where missing.

        `progress` reports the stages ``read`` and ``decode``; what it raises ends the work.
        """
        if kind == "original":
            return self._original(box, progress)
        return self._reconstruction(box, progress)

    def _original(self, box: Box | None, progress: Progress | None) -> Real:
        assert self.reader is not None
        values = OriginalStep(self.reader, self.step, self.decoder.variable.fill_values)
        if box is None:
            cell = self.decoder.grid.cell
            slabs = _slabs((0, values.shape[0]), progress)
            return np.concatenate([block_means(values[slab], cell) for slab in slabs]).astype(np.float32)
        _, y, x = box_slices(box)
        read = np.empty(box_shape(box), np.float32)
        for slab in _slabs(box[0], progress):
            read[slab.start - box[0][0] : slab.stop - box[0][0]] = values[slab, y, x]
        return read

    def _reconstruction(self, box: Box | None, progress: Progress | None) -> Real:
        variable = self.decoder.variable
        frames = range(self.step * variable.components, (self.step + 1) * variable.components)
        if box is None:
            z, y, x = ((0, n) for n in self.decoder.grid.cells)
            return magnitudes(
                coarse_values(self.decoder, frames, (z, y, x), self.decoder.grid.cell, progress)
            )
        return magnitudes(
            self.decoder.decode(frames, box, worker_count(None), progress), variable.fill_values
        )


def _slabs(layers: tuple[int, int], progress: Progress | None) -> Iterator[slice]:
    """Cut layers of voxels into slabs, and tell of each."""
    (first, last), tell = layers, progress or ignore_progress
    for start in range(first, last, _LAYERS):
        tell("read", start - first, last - first)
        yield slice(start, min(start + _LAYERS, last))
    tell("read", last - first, last - first)


def thinned(means: Real, cell: int, box: Box, shape: Triple, largest: int) -> tuple[Real, int, Box]:
    """Cut means of cells to those that a box touches, and leave some out where even they are too many.

    Returns
    -------
    values, stride, region
        Samples, voxels between them, and the voxels that they stand for.

    Examples
    --------
    >>> values, stride, region = thinned(
    ...     np.zeros((8, 2, 2), np.float32), 8, ((0, 64), (0, 16), (3, 5)), (64, 16, 16), 5
    ... )
    >>> values.shape, stride, region
    ((4, 1, 1), 16, ((0, 64), (0, 16), (0, 8)))
    """
    cells = [(start // cell, -(-stop // cell)) for start, stop in box]
    part = means[tuple(slice(start, stop) for start, stop in cells)]
    every = 1
    while math.prod(-(-n // every) for n in part.shape) > max(largest, 1):
        every *= 2  # blocks are a power of two: samples and blocks share edges
    z, y, x = ((a * cell, min(b * cell, n)) for (a, b), n in zip(cells, shape, strict=True))
    return np.ascontiguousarray(part[::every, ::every, ::every]), cell * every, (z, y, x)
