"""From voxels to stored objects, a tile at a time (design sections 3 and 5).

::

    field, 64×128×128 core + 8 ──mask──▶ fill what is missing ──normalise──▶ x ─┐
    importance, same window ──0 where missing──────────────────────────────▶ I ─┴─▶ model.analyse
      ──▶ latents, halo cropped ──▶ 1×2×2 chunks ──▶ model.encode_chunks, crc32c ──▶ objects

A task owns the objects of its tile, in one frame or in those of a series that are coded under one another. A
tile is always computed alone, in one shape and with one intra-op thread: so the bytes do not depend on the
number of workers, on their order, on where they run, nor on what a resumed job finds done. What tiles give of
the low subbands is joined, and coded, once all tiles are there that a tile of the second transform covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idlat.archive.codecs.sealed_objects import seal_object
from idlat.archive.codecs.second_codec import SECOND_TILE
from idlat.archive.format.byte_chunks import ByteObjects
from idlat.archive.format.create_arrays import IMPORTANCE_BLOCK
from idlat.archive.format.integrity import Binding
from idlat.archive.format.mask_array import MaskObjects
from idlat.archive.format.stored_chunk import is_stored
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.block_importance import block_means
from idlat.archive.read.chunk_readers import latent_key
from idlat.archive.read.mask_reader import MaskReader
from idlat.archive.read.second_reader import second_tiles
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.write.low_parts import LowPart, SecondEncoder
from idlat.errors import IdlatError
from idlat.model.latent_model import LatentModel, Latents
from idlat.model.tile_analysis import TileAnalysis
from idlat.tiling import Box, Tile, Triple, box_shape, crop, scale_box, tile_core

__all__ = ["TileGroup", "VariableEncoder"]


@dataclass(frozen=True)
class TileGroup:
    """Tiles that make up tiles of the second transform, in frames that are coded under one another.

    Attributes
    ----------
    frames
        One after the other.
    low
        Position and cells of each tile of the second transform: one, but of a thin field.
    """

    frames: tuple[int, ...]
    low: tuple[tuple[Triple, Box], ...]


@dataclass(frozen=True)
class VariableEncoder:
    """Encodes the tiles of one variable into its arrays, which exist.

    Attributes
    ----------
    store
        The archive's, writable.
    source
        The variable's values and importance.
    model
        The analysis.
    binding
        Its gain g, and what else the objects are to be bound to.
    keep_importance
        Whether to store the importance of each block.
    masks
        The frames whose masks are to be stored; those of other frames are the same as one of these, or older.
    """

    store: ArchiveStore
    source: VariableInput
    model: LatentModel
    binding: Binding
    keep_importance: bool = False
    masks: frozenset[int] = frozenset()

    @property
    def groups(self) -> list[tuple[TileGroup, list[Tile]]]:
        """Tiles, each with frames one after the other of which each is coded under the one before.

        :meth:`encode_tile` encodes each, :meth:`join` a group.
        """
        grid = self.source.grid
        core = tile_core(grid)
        if any(SECOND_TILE % cells for cells in core):  # of a thin field: its tiles may lie in several
            places = [(tuple(second_tiles(grid)), grid.tiles(core, self.model.window_halo))]
        else:
            places = [
                (((position, cells),), grid.tiles(core, self.model.window_halo, cells))
                for position, cells in second_tiles(grid)
            ]
        return [(TileGroup(frames, low), tiles) for frames in self._chains() for low, tiles in places]

    @property
    def second(self) -> SecondEncoder:
        """What codes the low subbands."""
        return SecondEncoder(self.store, self.source.variable, self.source.grid, self.model, self.binding)

    def _chains(self) -> list[tuple[int, ...]]:
        """Frames that are coded under one another, from one that is coded alone on."""
        chains: dict[int, list[int]] = {}
        first: dict[int, int] = {}
        for frame in self.source.frames:
            earlier = self.source.variable.frame_before(frame, self.model.key_every)
            first[frame] = frame if earlier is None else first[earlier]
            chains.setdefault(first[frame], []).append(frame)
        return [tuple(chain) for chain in chains.values()]

    def encode_tile(self, group: TileGroup, tile: Tile, *, resume: bool) -> list[LowPart] | None:
        """Write every object of a tile, frame by frame; with `resume`, not where all are stored already.

        Returns
        -------
        list of LowPart or None
            What the tile gives to the second transform of each frame; None where that is stored, too.
        """
        n = self.model.chunk_cells
        chunks = self.source.grid.tiles((n, n, n), within=tile.core)
        positions = [tuple(start // n for start, _ in chunk.core) for chunk in chunks]
        if resume and all(
            all(self.second.is_stored(frame, position) for position, _ in group.low)
            and self._tile_is_stored(frame, tile, [(frame, *position) for position in positions])
            for frame in group.frames
        ):
            return None
        before: Latents | None = None
        parts = []
        for frame in group.frames:
            analysis = self._encode_frame(frame, tile, chunks, before)
            parts.append(LowPart.of(tile, analysis))
            if frame != group.frames[-1]:
                before = analysis.latents[(slice(None), *tile.crop_cells)]
        return parts

    def join(self, group: TileGroup, given: Sequence[Sequence[LowPart] | None]) -> None:
        """Write the second transform of a group from what its tiles have given."""
        if self.model.coding_json is None:
            return
        parts = [each for each in given if each is not None]
        if len(parts) == len(given):  # else it is stored already
            by_frame = list(zip(*parts, strict=True))
            for position, cells in group.low:
                self.second.encode(group.frames, position, cells, by_frame)

    def _encode_frame(
        self, frame: int, tile: Tile, chunks: Sequence[Tile], before: Latents | None
    ) -> TileAnalysis:
        """Write every object of a tile of one frame."""
        variable, grid, n = self.source.variable, self.source.grid, self.model.chunk_cells
        starts = [start for start, _ in grid.voxels_of(tile.core)]
        indices = [(frame, *(start // n for start, _ in chunk.core)) for chunk in chunks]
        seen = self.source.read(frame, tile.window)
        core = grid.voxels_of(tile.core)
        inside = _inside(core, tile, grid.cell)
        self.source.check_box(frame, core, seen.original[inside])
        shape, gain = grid.voxels_in(tile.window), self.binding.gain
        model = self.model.placed(grid.first_voxel(tile.window))
        analysis = model.analyse_tile(seen.x, seen.importance, gain, tile.core_in_window, shape, before)
        mask = variable.mask_of(frame)
        if seen.kinds is not None and mask is not None and frame in self.masks:
            MaskObjects(self.store, self.binding, grid).write_box(mask, starts, seen.kinds[inside])
        if self.keep_importance and frame % variable.components == 0:
            coded = np.rint(255 * block_means(seen.importance[inside])).astype(np.uint8)
            blocks = [(a // IMPORTANCE_BLOCK, b // IMPORTANCE_BLOCK) for a, b in core]
            importance = ByteObjects(self.store, self.binding, "importance")
            importance.write_box(variable.step_of(frame), [start for start, _ in blocks], coded)
        streams = self._streams(analysis, tile, chunks, before)
        for index, stream in zip(indices, streams, strict=True):  # last: these objects say "done"
            stored = seal_object(stream, self.binding.tag("latents", index))
            self.store.put(latent_key(variable, frame, index[1:]), stored)
        return analysis

    def _streams(
        self, analysis: TileAnalysis, tile: Tile, chunks: Sequence[Tile], before: Latents | None
    ) -> list[bytes]:
        """Return the streams of a tile's chunks, perhaps under those of its core in the step before."""
        if analysis.coded is not None:
            return analysis.coded()
        latents = [
            np.ascontiguousarray(analysis.latents[(slice(None), *_inside(chunk.core, tile, 1))])
            for chunk in chunks
        ]
        shapes = [box_shape(self.source.grid.voxels_of(chunk.core)) for chunk in chunks]
        earlier = None if before is None else [self._part(before, chunk, tile) for chunk in chunks]
        return self.model.encode_chunks(latents, shapes, earlier)

    @staticmethod
    def _part(latents: Latents, chunk: Tile, tile: Tile) -> Latents:
        """The latents of a chunk among those of a tile's core."""
        return np.ascontiguousarray(latents[(slice(None), *crop(chunk.core, tile.core))])

    def _tile_is_stored(self, frame: int, tile: Tile, indices: Sequence[tuple[int, ...]]) -> bool:
        """Whether every object of the tile exists, passes its checksum, and belongs to this job."""
        variable, grid = self.source.variable, self.source.grid
        try:
            for index in indices:
                key = latent_key(variable, frame, index[1:])
                if not is_stored(self.store, key, self.binding.tag("latents", index)):
                    return False
            if frame in self.masks:
                MaskReader(self.store, self.binding, grid).read(frame, grid.voxels_of(tile.core))
        except IdlatError:
            return False
        return True


def _inside(box: Box, tile: Tile, cell: int) -> tuple[slice, ...]:
    """Where a box lies in a tile's window, both counted in pieces of which a cell has `cell`."""
    return crop(box, scale_box(tile.window, cell))
