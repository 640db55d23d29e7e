"""From voxels to stored objects, a tile at a time (design sections 3 and 5).

::

    field, 64×128×128 core + 8 ──mask──▶ fill what is missing ──normalise──▶ x ─┐
    importance, same window ──0 where missing──────────────────────────────▶ I ─┴─▶ model.analyse
      ──▶ latents, halo cropped ──▶ 1×2×2 chunks ──▶ model.encode_chunks, crc32c ──▶ objects

A task owns the objects of its tile, and a tile is always computed alone, in one shape and with one intra-op
thread: so the bytes do not depend on the number of workers, on their order, nor on what a resumed job finds
done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from idlat.archive.codec import checked, encode_objects
from idlat.archive.inputs import VariableInput
from idlat.archive.latents import MaskReader, latent_key
from idlat.archive.layout import IMPORTANCE_BLOCK
from idlat.archive.models import LatentModel
from idlat.archive.parallel import run_tasks
from idlat.archive.scan import tile_core
from idlat.archive.stores import ArchiveStore
from idlat.errors import IdlatError
from idlat.tiling import Box, Tile, box_slices

__all__ = ["VariableEncoder"]


@dataclass(frozen=True)
class VariableEncoder:
    """Encodes one variable into the arrays that stand ready for it.

    Parameters
    ----------
    store
        The archive's, writable.
    source
        The variable's values and importance.
    model, gain
        The analysis and its gain g.
    keep_importance
        Whether to store the importance of each block.
    """

    store: ArchiveStore
    source: VariableInput
    model: LatentModel
    gain: float
    keep_importance: bool = False

    def encode(self, workers: int, *, resume: bool) -> Iterator[None]:
        """Write every object of the variable, yielding after each tile.

        Parameters
        ----------
        workers
            Threads.
        resume
            Whether objects that stand already, and whole, are to stay.
        """
        grid = self.source.grid
        tiles = grid.tiles(tile_core(grid), -(-self.model.analysis_halo // grid.cell))
        tasks = [(frame, tile) for frame in self.source.frames for tile in tiles]
        yield from run_tasks(lambda task: self._encode_tile(*task, resume=resume), tasks, workers)

    @property
    def tiles(self) -> int:
        """Number of tiles, over all frames."""
        return len(self.source.grid.tiles(tile_core(self.source.grid))) * len(self.source.frames)

    def _encode_tile(self, frame: int, tile: Tile, *, resume: bool) -> None:
        variable, grid, n = self.source.variable, self.source.grid, self.model.chunk_cells
        chunks = grid.tiles((n, n, n), within=tile.core)
        keys = [latent_key(variable, frame, [start // n for start, _ in chunk.core]) for chunk in chunks]
        if resume and self._stands(frame, tile, keys):
            return
        seen = self.source.read(frame, tile.window)
        latents = self.model.analyse(seen.x, seen.importance, self.gain, tile.core_in_window)
        parts = [np.ascontiguousarray(latents[(slice(None), *_inside(c.core, tile, 1))]) for c in chunks]
        core = grid.voxels_of(tile.core)
        inside = _inside(core, tile, grid.cell)
        if seen.kinds is not None and frame < variable.mask_frames:
            self._array("mask")[(frame, *box_slices(core))] = seen.kinds[inside]
        if self.keep_importance and frame % variable.components == 0:
            bz, by, bx = (slice(a // IMPORTANCE_BLOCK, -(-b // IMPORTANCE_BLOCK)) for a, b in core)
            coded = _coded_blocks(seen.importance[inside])
            self._array("importance")[variable.step_of(frame), bz, by, bx] = coded
        for key, stored in zip(keys, encode_objects(self.model, parts), strict=True):  # last: they say "done"
            self.store.put(key, stored)

    def _array(self, name: str) -> zarr.Array[Any]:
        return zarr.open_array(
            self.store.store, path=f"{self.source.variable.path}/{name}", mode="r+", zarr_format=3
        )

    def _stands(self, frame: int, tile: Tile, keys: list[str]) -> bool:
        """Whether every object of a tile is there and whole."""
        try:
            for key in keys:
                checked(self.store.get(key) or b"")
            if (variable := self.source.variable).mask != "none":
                MaskReader(self.store, variable).read(frame, self.source.grid.voxels_of(tile.core))
        except IdlatError:
            return False
        return True


def _inside(box: Box, tile: Tile, cell: int) -> tuple[slice, ...]:
    """Where a box lies in a tile's window, both counted in pieces of which a cell has `cell`."""
    starts = [start * cell for start, _ in tile.window]
    return tuple(slice(a - w, b - w) for (a, b), w in zip(box, starts, strict=True))


def _coded_blocks(importance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the mean of each block of 16³ voxels in 255 levels; blocks at the edge may be smaller."""
    total = importance.astype(np.float64)
    count = np.ones((1, 1, 1))
    for axis, length in enumerate(importance.shape):
        starts = np.arange(0, length, IMPORTANCE_BLOCK)
        total = np.add.reduceat(total, starts, axis)
        sizes = np.diff(np.append(starts, length))
        count = count * np.expand_dims(sizes, [a for a in range(3) if a != axis])
    return np.rint(255 * total / count).astype(np.uint8)
