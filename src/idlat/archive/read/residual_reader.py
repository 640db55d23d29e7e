"""Reading what corrects a variable's voxels to within their bound, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.chunk_shape import RESIDUAL_SIDE
from idlat.archive.codecs.residual_codec import Residual
from idlat.archive.codecs.step_codec import decode_step
from idlat.archive.format.error_bound import BOUND_CELL, VoxelBounds
from idlat.archive.format.integrity import Binding
from idlat.archive.format.losses import NOTHING_LOST, VariableLosses
from idlat.archive.format.stored_chunk import opened_chunk
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key
from idlat.coding.residual import ESCAPED
from idlat.shared_cache import Cache
from idlat.tiling import Box, Triple, box_shape, crop, intersect

__all__ = [
    "ResidualReader",
    "chunk_box",
    "expanded",
    "residual_chunks",
    "residual_key",
    "step_key",
]

_KEEP_BYTES = 64 * 2**20

Index = tuple[int, int, int, int]
"""Frame, or step, and position (z, y, x) of a chunk."""


def residual_key(variable: VariableRecord, index: Sequence[int]) -> str:
    """Return the key of the object that holds a chunk's corrections."""
    return chunk_key(f"{variable.path}/residual", tuple(index))


def step_key(variable: VariableRecord, index: Sequence[int]) -> str:
    """Return the key of the object that holds the levels of a chunk's bounds."""
    return chunk_key(f"{variable.path}/step", tuple(index))


def residual_chunks(box: Box) -> list[Triple]:
    """List the positions of the chunks that a box of voxels touches."""
    z, y, x = (range(a // RESIDUAL_SIDE, -(-b // RESIDUAL_SIDE)) for a, b in box)
    return list(product(z, y, x))


def chunk_box(variable: VariableRecord, position: Sequence[int]) -> Box:
    """Return the voxels of a chunk that lie in the field."""
    z, y, x = (
        (i * RESIDUAL_SIDE, min((i + 1) * RESIDUAL_SIDE, n))
        for i, n in zip(position, variable.volume, strict=True)
    )
    return z, y, x


def expanded(levels: NDArray[np.uint8], box: Box, within: Box) -> NDArray[np.uint8]:
    """Return the level of each voxel of a box, of a chunk's cells."""
    z, y, x = (
        np.arange(a - begin, b - begin) // BOUND_CELL for (a, b), (begin, _) in zip(box, within, strict=True)
    )
    return levels[np.ix_(z, y, x)]


@dataclass(frozen=True)
class _Chunk:
    residual: Residual
    levels: NDArray[np.uint8] | None

    @property
    def nbytes(self) -> int:
        return self.residual.bins.nbytes + self.residual.kept.nbytes


class ResidualReader:
    """The corrections of one variable, safe to read from several threads; some chunks are kept.

    Parameters
    ----------
    store, variable
        The archive's store and the variable's record, which has bounds.
    binding
        What the objects are bound to.
    lost
        What the archive has lost: where corrections or levels are, nothing is corrected.
    """

    def __init__(
        self,
        store: ArchiveStore,
        variable: VariableRecord,
        binding: Binding,
        lost: VariableLosses = NOTHING_LOST,
    ) -> None:
        assert variable.bounds is not None
        self.store, self.variable, self.binding, self.lost = store, variable, binding, lost
        self.bounds: VoxelBounds = variable.bounds
        self._widths = np.array(self.bounds.widths)
        self._cache = Cache(_KEEP_BYTES)

    def indices(self) -> list[Index]:
        """List every chunk: frame and position."""
        z, y, x = self.variable.volume
        positions = residual_chunks(((0, z), (0, y), (0, x)))
        return [(frame, *position) for frame in range(self.variable.frames) for position in positions]

    def step_indices(self) -> list[Index]:
        """List every chunk of levels: step and position; none where the bound does not vary."""
        if not self.bounds.varies:
            return []
        return [index for index in self.indices() if index[0] < self.variable.steps]

    def levels(self, step: int, position: Sequence[int]) -> NDArray[np.uint8]:
        """Return the levels of a chunk's cells.

        Raises
        ------
        ArchiveError
            They are missing or damaged.
        """
        z, y, x = (-(-n // BOUND_CELL) for n in box_shape(chunk_box(self.variable, position)))
        index = (step, *position)
        key, tag = step_key(self.variable, index), self.binding.tag("step", index)
        with opened_chunk(self.store, key, tag) as payload:
            return decode_step(payload, (z, y, x), len(self._widths))

    def chunk(self, index: Index) -> _Chunk:
        """Return the corrections of a chunk.

        Raises
        ------
        ArchiveError
            They are missing or damaged; the message names them.
        """
        return self._cache.get(index, lambda: self._read(index), size=lambda chunk: chunk.nbytes)

    def _read(self, index: Index) -> _Chunk:
        frame, *position = index
        levels = sizes = None
        if self.bounds.varies:
            levels = self.levels(self.variable.step_of(frame), position)
            sizes = self.bounds.sizes
        key, dtype = residual_key(self.variable, index), np.dtype(self.variable.dtype)
        shape = box_shape(chunk_box(self.variable, position))
        with opened_chunk(self.store, key, self.binding.tag("residual", index)) as payload:
            return _Chunk(Residual.from_bytes(payload, dtype, shape, levels, sizes), levels)

    def limits(self, frame: int, box: Box) -> NDArray[np.float64]:
        """Return the bounds that the corrections of some voxels keep: those of their levels."""
        at = np.zeros(box_shape(box), np.uint8)
        if self.bounds.varies:
            for position in residual_chunks(box):
                if (self.variable.step_of(frame), *position) in self.lost.step:
                    continue
                whole = chunk_box(self.variable, position)
                levels, part = self.levels(self.variable.step_of(frame), position), intersect(whole, box)
                at[crop(part, box)] = expanded(levels, part, whole)
        return self.bounds.of_levels[at]

    def _is_lost(self, frame: int, position: Triple) -> bool:
        step = self.variable.step_of(frame)
        return (frame, *position) in self.lost.residual or (step, *position) in self.lost.step

    def corrected(
        self, frame: int, box: Box, foretold: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[Any]]:
        """Correct what the latents decode to.

        Parameters
        ----------
        frame, box
            Which voxels.
        foretold
            Their values (z, y, x), exact.

        Returns
        -------
        values, kept, exact
            Values (z, y, x) before they are cast; which voxels are kept as they are, and these in order.
        """
        values, kept = foretold.copy(), np.zeros(foretold.shape, bool)
        exact = np.zeros(foretold.shape, self.variable.dtype)
        for position in residual_chunks(box):
            if self._is_lost(frame, position):
                continue
            chunk, whole = self.chunk((frame, *position)), chunk_box(self.variable, position)
            part = intersect(whole, box)
            here, there = crop(part, box), crop(part, whole)
            residual, widths = chunk.residual, self._widths[0]
            bins, start = residual.bins[there], foretold[here]
            if residual.base is not None:
                start = np.full(bins.shape, residual.base)
            if chunk.levels is not None:
                widths = self._widths[expanded(chunk.levels, part, whole)]
            escaped = residual.bins == ESCAPED
            kept[here] = escaped[there]
            bins = np.where(escaped[there], 0, bins)
            values[here] = self.bounds.start(start, np.dtype(self.variable.dtype)) + bins * widths
            if escaped.any():
                placed = np.zeros(escaped.shape, self.variable.dtype)
                placed[escaped] = residual.kept
                exact[here] = placed[there]
        return values, kept, exact[kept]
