"""Gathering what tiles of a frame give of its low subbands, until the second transform can be coded."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.sealed_objects import seal_object
from idlat.archive.codecs.second_codec import encode_second
from idlat.archive.format.integrity import Binding
from idlat.archive.format.stored_chunk import is_stored
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.second_reader import second_key, second_tiles
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.model.latent_model import LatentModel, series_model
from idlat.model.tile_analysis import TileAnalysis
from idlat.tiling import Grid, Tile

__all__ = ["LowFrames"]


@dataclass
class _Frame:
    """Low subbands and levels of the cells of a frame; `left` tiles are not there yet."""

    levels: NDArray[np.int32]
    left: int
    bands: dict[tuple[int, ...], NDArray[np.float32]] = field(default_factory=dict)
    integers: Future[list[NDArray[np.int32]]] = field(default_factory=Future)  # of each tile, once coded


class LowFrames:
    """The frames of one variable whose second transform is not coded yet; safe to use from several threads.

    Parameters
    ----------
    store, variable, grid
        The archive's store, the variable's record and its cells.
    model
        What codes, fitted to the variable.
    binding
        What the objects are bound to.
    tiles
        Number of tiles of a frame.
    """

    def __init__(
        self,
        store: ArchiveStore,
        variable: VariableRecord,
        grid: Grid,
        model: LatentModel,
        binding: Binding,
        tiles: int,
    ) -> None:
        self.store, self.variable, self.grid, self.model = store, variable, grid, model
        self.binding, self.tiles = binding, tiles
        self._frames: dict[int, _Frame] = {}
        self._lock = threading.Lock()

    def are_stored(self, frame: int) -> bool:
        """Whether every tile of a frame's second transform is stored, whole, and of this job."""
        if self.model.coding_json is None:
            return True
        for position, _ in second_tiles(self.grid):
            tag = self.binding.tag("second", (frame, *position))
            if not is_stored(self.store, second_key(self.variable, frame, position), tag):
                return False
        return True

    def add(self, frame: int, tile: Tile, analysis: TileAnalysis) -> None:
        """Take what the core of a tile gives; write the frame's second transform when it was the last."""
        if self.model.coding_json is None:
            return
        with self._lock:
            whole = self._frames.setdefault(frame, _Frame(np.zeros(self.grid.cells, np.int32), self.tiles))
            place = tuple(slice(*span) for span in tile.core)
            whole.levels[place] = analysis.latents[(0, *tile.crop_cells)]
            for key, band in analysis.low.items():
                per = [n // have for n, have in zip(band.shape, analysis.latents.shape[1:], strict=True)]
                if key not in whole.bands:
                    shape = [n * m for n, m in zip(self.grid.cells, per, strict=True)]
                    whole.bands[key] = np.zeros(shape, np.float32)
                to = tuple(slice(a * m, b * m) for (a, b), m in zip(tile.core, per, strict=True))
                at = tuple(slice(s.start * m, s.stop * m) for s, m in zip(tile.crop_cells, per, strict=True))
                whole.bands[key][to] = band[at]
            whole.left -= 1
            if whole.left:
                return
            earlier = self._frame_before(frame)
            before = None if earlier is None else self._frames[earlier].integers
        try:
            whole.integers.set_result(self._write(frame, whole, None if before is None else before.result()))
        except BaseException as error:
            whole.integers.set_exception(error)  # the next step waits for it
            raise
        with self._lock:
            whole.bands.clear()
            if earlier is not None:
                del self._frames[earlier]
            following = frame + self.variable.components
            if following >= self.variable.frames or self._frame_before(following) is None:
                del self._frames[frame]

    def _frame_before(self, frame: int) -> int | None:
        """The frame under which a frame is coded; its tiles came before this one's."""
        series = series_model(self.model)
        return None if series is None else self.variable.frame_before(frame, series.key_every)

    def _write(
        self, frame: int, whole: _Frame, before: list[NDArray[np.int32]] | None
    ) -> list[NDArray[np.int32]]:
        """Write a frame's tiles; return the integers of each, where the next step may be coded under them."""
        series, integers = series_model(self.model), []
        for number, (position, cells) in enumerate(second_tiles(self.grid)):
            z, y, x = (b - a for a, b in self.grid.voxels_of(cells))
            place = tuple(slice(*span) for span in cells)
            low = {}
            for key, band in whole.bands.items():
                per = [n // have for n, have in zip(band.shape, self.grid.cells, strict=True)]
                low[key] = band[tuple(slice(a * m, b * m) for (a, b), m in zip(cells, per, strict=True))]
            if series is None:
                stream = self.model.encode_low(low, whole.levels[place], (z, y, x))
            else:
                earlier = None if before is None else before[number]
                stream = series.encode_low(low, whole.levels[place], (z, y, x), earlier)
                integers.append(series.low_integers(stream, (z, y, x), earlier))
            payload = encode_second(stream, (z, y, x))
            stored = seal_object(payload, self.binding.tag("second", (frame, *position)))
            self.store.put(second_key(self.variable, frame, position), stored)
        return integers
