"""Chunks coded again under another map or gain, as the archive's encoder codes them, one at a time.

::

    chunk and one cell around it ─ VariableInput.read ─▶ x, I ─ model.analyse ─▶ latents ─ encode ─▶ bytes
                                                                                    └─▶ model.synthesise
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.latent_codec import encode_chunk
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.decoding_tiles import decoding_core
from idlat.fields import cast_values
from idlat.fields.arrays.missing_values import VALID
from idlat.model.latent_model import LatentModel
from idlat.parallel import run_tasks
from idlat.tiling import Box, Grid, Tile, box_shape, crop, intersect, scale_box

__all__ = ["ChunkTrial", "CodedChunk", "bounding_cells"]

Tick = Callable[[], None]
Value = TypeVar("Value")


class TrialCache(Protocol):
    """Keeps what is expensive to compute."""

    def get(self, key: Hashable, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """Return the value of a key, made by `make`, and of `size` bytes, where it is not kept."""


@dataclass(frozen=True)
class CodedChunk:
    """A chunk as it would be stored.

    Attributes
    ----------
    tile : Tile
        Its cells, and the window of one more around it.
    original, importance : arrays (z, y, x)
        Values and map of the chunk's voxels that lie in the field.
    kinds : uint8 array or None
        Of missing values there; None where the variable has none.
    latents : int32 array (C, z, y, x)
        Of the window; what lies outside the chunk is not what its neighbour would store, but near it.
    stored : int
        Bytes of the object, checksum included.
    """

    tile: Tile
    original: NDArray[Any]
    importance: NDArray[np.float32]
    kinds: NDArray[np.uint8] | None
    latents: NDArray[np.int32]
    stored: int

    @property
    def core(self) -> NDArray[np.int32]:
        """Latents of the chunk alone."""
        return np.ascontiguousarray(self.latents[(slice(None), *self.tile.crop_cells)])

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Which voxels have a value."""
        return np.ones(self.original.shape, bool) if self.kinds is None else self.kinds == VALID

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        arrays = (self.original, self.importance, self.kinds, self.latents)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True)
class ChunkTrial:
    """Codes chunks of one component of one step under a map and a gain.

    Attributes
    ----------
    source : VariableInput
        Values and the map on trial.
    model : LatentModel
        The archive's.
    gain : float
        On trial.
    frame : int
        Which component of which step.
    cache : TrialCache
        A chunk whose importance is as it was in an earlier trial is not coded again.
    """

    source: VariableInput
    model: LatentModel
    gain: float
    frame: int
    cache: TrialCache

    def encode(self, tiles: Sequence[Tile], workers: int, tick: Tick) -> list[CodedChunk]:
        """Code chunks; `tick` is called after each, and may end the work by an exception."""
        coded = []
        for one in run_tasks(self._encode, tiles, workers):
            coded.append(one)
            tick()
        return coded

    def _encode(self, tile: Tile) -> CodedChunk:
        seen = self.source.read(self.frame, tile.window)
        digest = hashlib.blake2b(seen.importance.tobytes(), digest_size=16).digest()
        key = ("coded", self.source.variable.name, self.frame, tile.index, self.gain, digest)

        def make() -> CodedChunk:
            grid = self.source.grid
            shape = grid.voxels_in(tile.window)
            model = self.model.placed(grid.first_voxel(tile.window))
            analysis = model.analyse_tile(seen.x, seen.importance, self.gain, None, shape)
            latents = model.representation(analysis)
            core = np.ascontiguousarray(latents[(slice(None), *tile.crop_cells)])
            stored = len(encode_chunk(self.model, core, box_shape(grid.voxels_of(tile.core))))
            own = crop(grid.voxels_of(tile.core), scale_box(tile.window, grid.cell))
            kinds = None if seen.kinds is None else seen.kinds[own].copy()
            return CodedChunk(
                tile, seen.original[own].copy(), seen.importance[own].copy(), kinds, latents, stored
            )

        return self.cache.get(key, make, lambda made: made.nbytes)

    def decode(self, coded: Sequence[CodedChunk], tick: Tick) -> NDArray[np.float32]:
        """Decode coded chunks.

        Returns
        -------
        float32 array (z, y, x)
            The box around them, in the field's unit; NaN in other chunks, beyond the field and where missing.
        """
        cells = bounding_cells([each.tile for each in coded])
        normalised = self._synthesised(coded, cells, tick)
        variable, grid = self.source.variable, self.source.grid
        dtype, shown = np.dtype(variable.dtype), grid.voxels_of(cells)
        values = np.full(box_shape(shown), np.nan, np.float32)
        for each in coded:
            place = crop(grid.voxels_of(each.tile.core), shown)
            physical = variable.normalisation(self.frame).backward(normalised[place].copy(), dtype)
            values[place] = np.where(each.valid, cast_values(physical, dtype), np.nan)
        return values

    def _synthesised(self, coded: Sequence[CodedChunk], cells: Box, tick: Tick) -> NDArray[np.float32]:
        """Synthesise the box around chunks, in tiles that memory holds."""
        halo = self.model.synthesis_halo
        around = self.source.grid.tiles(box_shape(cells), halo, cells)[0]
        canvas = np.zeros((self.model.channels, *box_shape(around.window)), np.int32)
        for each in coded:  # analysis may see further than synthesis, or less far
            seen = intersect(each.tile.window, around.window)
            own = each.latents[(slice(None), *crop(seen, each.tile.window))]
            canvas[(slice(None), *crop(seen, around.window))] = own
        for each in coded:  # last, for their windows overlap
            canvas[(slice(None), *crop(each.tile.core, around.window))] = each.core
        shape = self.source.grid.voxels_in(around.window)
        grid = Grid(shape, cell=self.source.grid.cell)
        values, first = np.empty(shape, np.float32), self.source.grid.first_voxel(around.window)
        core = decoding_core(box_shape(cells), halo)
        for tile in grid.tiles(core, halo, around.core_in_window):
            window = grid.gather_cells(canvas, tile.window)
            model = self.model.placed(np.add(first, grid.first_voxel(tile.window)).tolist())
            made = model.synthesise(window, self.gain, shape=grid.voxels_in(tile.window))
            grid.scatter_voxels(values, tile, made)
            tick()
        return values[around.crop_voxels(grid.cell)]


def bounding_cells(tiles: Sequence[Tile]) -> Box:
    """Return the cells of the box around some tiles' cores."""
    z, y, x = (
        (min(tile.core[axis][0] for tile in tiles), max(tile.core[axis][1] for tile in tiles))
        for axis in range(3)
    )
    return z, y, x
