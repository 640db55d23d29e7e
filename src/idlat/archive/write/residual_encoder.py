"""The second pass under an error bound: what the stored latents decode to is corrected, chunk by chunk.

::

    latents of a tile and around it ─ exact synthesis ─▶ foretold ─┐
    original, importance ─────────────────────────────────────────┴▶ bins ─▶ decoded again, compared
      ──▶ voxels still beyond their bound are kept as they are ──▶ objects
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from idlat.archive.codecs.sealed_objects import seal_object
from idlat.archive.codecs.step_codec import encode_step
from idlat.archive.format.stored_chunk import is_stored
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.residual_reader import chunk_box, residual_chunks, residual_key, step_key
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.write.correct_chunk import ChunkToCorrect
from idlat.tiling import Tile, box_slices, crop, tile_core

__all__ = ["ResidualEncoder"]


@dataclass(frozen=True)
class ResidualEncoder:
    """Writes the corrections of one variable, whose latents are stored.

    Attributes
    ----------
    store
        The archive's, writable.
    source
        The variable's values and importance.
    decoder
        What reads the latents.
    """

    store: ArchiveStore
    source: VariableInput
    decoder: VariableDecoder

    @property
    def tasks(self) -> list[tuple[int, Tile]]:
        """Every frame's tiles, each of which :meth:`encode_tile` encodes."""
        grid, variable = self.source.grid, self.source.variable
        tiles = grid.tiles(tile_core(grid), self.decoder.model.synthesis_halo)
        return [] if variable.bounds is None else [(f, tile) for f in self.source.frames for tile in tiles]

    def encode_tile(self, frame: int, tile: Tile, *, resume: bool) -> None:
        """Write every object of a tile; with `resume`, not where they are stored already."""
        variable, bounds = self.source.variable, self.source.variable.bounds
        assert bounds is not None
        core, step = self.source.grid.voxels_of(tile.core), variable.step_of(frame)
        positions = residual_chunks(core)
        keys = [(residual_key(variable, (frame, *p)), "residual", (frame, *p)) for p in positions]
        owns_step = bounds.varies and frame % variable.components == 0
        if owns_step:
            keys += [(step_key(variable, (step, *p)), "step", (step, *p)) for p in positions]
        if resume and all(self._is_stored(*key) for key in keys):
            return
        foretold = self.decoder.foretold(frame, tile, core)
        for position in positions:
            box = chunk_box(variable, position)
            original = np.asarray(self.source.values(frame)[box_slices(box)])
            importance = np.asarray(self.source.importance_of(frame)[box_slices(box)], np.float32)
            levels = bounds.levels(importance)
            if owns_step:
                self._put(
                    step_key(variable, (step, *position)), "step", (step, *position), encode_step(levels)
                )
            chunk = ChunkToCorrect(self.decoder, frame, box, original, levels)
            index = (frame, *position)
            self._put(
                residual_key(variable, index), "residual", index, chunk.payload(foretold[crop(box, core)])
            )

    def _put(self, key: str, kind: str, index: tuple[int, ...], payload: bytes) -> None:
        self.store.put(key, seal_object(payload, self.decoder.binding.tag(kind, index)))

    def _is_stored(self, key: str, kind: str, index: tuple[int, ...]) -> bool:
        return is_stored(self.store, key, self.decoder.binding.tag(kind, index))
