"""Reading masks: the categories of any box of a frame, a few chunks kept."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.integrity import Binding
from idlat.archive.format.mask_array import MaskObjects
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.fields.arrays.missing_values import VALID
from idlat.shared_cache import Cache
from idlat.tiling import Box, Grid, box_shape

__all__ = ["MaskReader"]

_KEEP_BYTES = 32 * 2**20


class MaskReader:
    """The categories of values (valid, NaN, ±infinity, fill values, outliers) of one variable.

    Safe to use from several threads.

    Parameters
    ----------
    store
        The archive's.
    binding
        What the objects are bound to; some frame of its variable has a mask.
    grid
        Of the variable.
    lost
        Chunks that the archive has lost: what they say is taken for valid.
    """

    def __init__(
        self, store: ArchiveStore, binding: Binding, grid: Grid, lost: Collection[tuple[int, ...]] = ()
    ) -> None:
        self.variable, self.lost = binding.variable, lost
        self._objects = MaskObjects(store, binding, grid)
        self._cache = Cache(_KEEP_BYTES)

    def read(self, frame: int, box: Box) -> NDArray[np.uint8] | None:
        """Return the categories (z, y, x) of a box of voxels; None where every value of the frame is valid.

        Raises
        ------
        ArchiveError
            A chunk of the mask is missing or damaged; the message names it.
        """
        mask = self.variable.mask_of(frame)
        if mask is None:
            return None
        out = np.full(box_shape(box), VALID, np.uint8)
        sides = self._objects.chunk
        touched = [range(a // side, -(-b // side)) for (a, b), side in zip(box, sides, strict=True)]
        for position in product(*touched):
            if (mask, *position) in self.lost:
                continue
            chunk = self._chunk((mask, *position))
            to, at = [], []
            for (a, b), side, i in zip(box, sides, position, strict=True):
                start, stop = max(a, i * side), min(b, (i + 1) * side)
                to.append(slice(start - a, stop - a))
                at.append(slice(start - i * side, stop - i * side))
            out[tuple(to)] = chunk[tuple(at)]
        return out

    def _chunk(self, index: tuple[int, ...]) -> NDArray[np.uint8]:
        return self._cache.get(index, lambda: self._objects.read(index), size=lambda chunk: chunk.nbytes)
