"""The importance of blocks of 16³ voxels, as an archive keeps it: one byte each, their mean in 255 levels."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.format.byte_chunks import ByteObjects
from idlat.archive.format.create_arrays import IMPORTANCE_BLOCK
from idlat.archive.format.integrity import Binding
from idlat.archive.read.region_selection import RegionSelection
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.tiling import block_reduce

__all__ = ["ImportanceReader", "block_means", "label_blocks"]

_DIMS = ("z_block", "y_block", "x_block")

ChunkIndex = tuple[int, ...]
"""Step and position (z, y, x) of a chunk."""


class ImportanceReader:
    """The importance of one variable's blocks, of an archive that keeps it.

    Parameters
    ----------
    store
        The archive's.
    binding
        What the objects of the variable are bound to.
    lost
        Chunks that the archive has lost: :meth:`read` gives NaN for them.
    """

    def __init__(self, store: ArchiveStore, binding: Binding, lost: Collection[ChunkIndex] = ()) -> None:
        self.lost = lost
        self._objects, self._steps = ByteObjects(store, binding, "importance"), binding.variable.steps

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks (z, y, x) of a chunk."""
        return self._objects.chunks[1:]

    def indices(self) -> list[ChunkIndex]:
        """List every chunk, step by step; the array has further steps while some are being appended."""
        return list(itertools.product(range(self._steps), *map(range, self._objects.grid[1:])))

    def chunk(self, index: ChunkIndex) -> NDArray[np.uint8]:
        """Return a chunk (1, z, y, x), cut where the field ends.

        Raises
        ------
        ArchiveError
            It is missing or damaged; the message names it.
        """
        lengths = zip(self._objects.shape, self._objects.chunks, index, strict=True)
        return self._objects.read(index)[tuple(slice(n - i * side) for n, side, i in lengths)]

    def read(self, selection: RegionSelection) -> xr.DataArray:
        """Return the steps of a selection, as :func:`label_blocks` does.

        Raises
        ------
        ArchiveError
            A chunk is missing or damaged.
        """
        shape = self._objects.shape[1:]
        found = np.full((len(selection.steps), *shape), np.nan, np.float32)
        for index in self.indices():
            if index[0] in selection.steps and index not in self.lost:
                starts = [i * n for i, n in zip(index[1:], self._objects.chunks[1:], strict=True)]
                chunk = self.chunk(index)[0]
                z, y, x = (slice(a, a + n) for a, n in zip(starts, chunk.shape, strict=True))
                found[selection.steps.index(index[0]), z, y, x] = chunk / np.float32(255)
        return label_blocks(found, selection)


def label_blocks(values: NDArray[np.floating], selection: RegionSelection) -> xr.DataArray:
    """Label importance (step, z, y, x) of blocks, as float32; the axis of steps goes where none is kept."""
    dims = (*(dim for dim in selection.lead if dim == "time"), *_DIMS)
    kept = values.astype(np.float32).reshape(values.shape[4 - len(dims) :])
    return xr.DataArray(kept, dims=dims, name="importance")


def block_means(importance: NDArray[np.floating], block: int = IMPORTANCE_BLOCK) -> NDArray[np.float64]:
    """Return the mean of each block of voxels (Z, Y, X); blocks at the far edge may be smaller.

    Examples
    --------
    >>> block_means(np.arange(6.0).reshape(1, 1, 6), block=4)
    array([[[1.5, 4.5]]])
    """
    total = block_reduce(importance.astype(np.float64), block)
    z, y, x = (np.minimum(block, n - np.arange(0, n, block)) for n in importance.shape)
    means: NDArray[np.float64] = total / (z[:, None, None] * y[:, None] * x)
    return means
