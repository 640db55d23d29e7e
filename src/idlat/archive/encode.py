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
from typing import Any, Protocol

import numpy as np
import zarr
from numpy.typing import NDArray

from idlat.archive.codec import checked, encode_objects
from idlat.archive.latents import MaskReader, latent_key
from idlat.archive.layout import IMPORTANCE_BLOCK
from idlat.archive.missing import fill_smoothly
from idlat.archive.models import LatentModel
from idlat.archive.parallel import run_tasks
from idlat.archive.scan import TILE_CORE
from idlat.archive.source import FieldReader
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import VariableRecord
from idlat.errors import IdlatError
from idlat.fields.missing import VALID, valid_mask
from idlat.tiling import Box, Grid, Tile, box_slices

__all__ = ["ImportanceSteps", "VariableEncoder"]


class ImportanceSteps(Protocol):
    """An importance map, a step at a time."""

    def step(self, step: int) -> Any:
        """Return the map of a step: float32 in [0, 1], an array (z, y, x) or what gives one for slices."""


@dataclass(frozen=True)
class VariableEncoder:
    """Encodes one variable into the arrays that stand ready for it.

    Parameters
    ----------
    store
        The archive's, writable.
    variable, grid
        Its record and its cells.
    reader, importance
        Where values and importance come from.
    model, gain
        The analysis and its gain g.
    keep_importance
        Whether to store the importance of each block.
    """

    store: ArchiveStore
    variable: VariableRecord
    grid: Grid
    reader: FieldReader
    importance: ImportanceSteps
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
        halo = -(-self.model.analysis_halo // self.grid.cell)
        tiles = self.grid.tiles(TILE_CORE, halo)
        tasks = [(step, tile) for step in range(self.variable.steps) for tile in tiles]
        yield from run_tasks(lambda task: self._encode_tile(*task, resume=resume), tasks, workers)

    @property
    def tiles(self) -> int:
        """Number of tiles, over all steps."""
        return len(self.grid.tiles(TILE_CORE)) * self.variable.steps

    def _encode_tile(self, step: int, tile: Tile, *, resume: bool) -> None:
        n = self.model.chunk_cells
        chunks = self.grid.tiles((n, n, n), within=tile.core)
        keys = [latent_key(self.variable, step, [start // n for start, _ in chunk.core]) for chunk in chunks]
        if resume and self._stands(step, tile, keys):
            return
        x, kinds = self._values(step, tile)
        importance = self._importance(step, tile, kinds)
        z, y, w = ((a - start, b - start) for (a, b), (start, _) in zip(tile.core, tile.window, strict=True))
        latents = self.model.analyse(x, importance, self.gain, (z, y, w))
        parts = [np.ascontiguousarray(latents[(slice(None), *_inside(c.core, tile, 1))]) for c in chunks]
        core = self.grid.voxels_of(tile.core)
        inside = _inside(core, tile, self.grid.cell)
        if kinds is not None and (step == 0 or self.variable.mask == "varying"):
            self._array("mask")[(step, *box_slices(core))] = kinds[inside]
        if self.keep_importance:
            bz, by, bx = (slice(a // IMPORTANCE_BLOCK, -(-b // IMPORTANCE_BLOCK)) for a, b in core)
            self._array("importance")[step, bz, by, bx] = _coded_blocks(importance[inside])
        for key, stored in zip(keys, encode_objects(self.model, parts), strict=True):  # last: they say "done"
            self.store.put(key, stored)

    def _values(self, step: int, tile: Tile) -> tuple[NDArray[np.float32], NDArray[np.uint8] | None]:
        """Return the model's input, and the kinds of missing values of the same window."""
        values = self.grid.gather_voxels(self.reader.step(step), tile.window)
        normalisation = self.variable.normalisation
        if self.variable.mask == "none":
            return normalisation.forward(values), None
        kinds = valid_mask(values, self.variable.fill_values)
        values[kinds != VALID] = np.asarray(normalisation.minimum).astype(values.dtype)
        return fill_smoothly(normalisation.forward(values), kinds == VALID), kinds

    def _importance(self, step: int, tile: Tile, kinds: NDArray[np.uint8] | None) -> NDArray[np.float32]:
        importance = self.grid.gather_voxels(self.importance.step(step), tile.window)
        importance = importance.astype(np.float32, copy=False)
        if kinds is not None:
            importance[kinds != VALID] = 0.0
        return importance

    def _array(self, name: str) -> zarr.Array[Any]:
        return zarr.open_array(
            self.store.store, path=f"{self.variable.path}/{name}", mode="r+", zarr_format=3
        )

    def _stands(self, step: int, tile: Tile, keys: list[str]) -> bool:
        """Whether every object of a tile is there and whole."""
        try:
            for key in keys:
                checked(self.store.get(key) or b"")
            if self.variable.mask != "none":
                MaskReader(self.store, self.variable).read(step, self.grid.voxels_of(tile.core))
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
