"""The second transform of a tile of a variable, put together from what the encoder's tiles give of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.sealed_objects import seal_object
from idlat.archive.codecs.second_codec import SecondPayload, encode_second
from idlat.archive.format.integrity import Binding
from idlat.archive.format.stored_chunk import is_stored
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.second_reader import second_key
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.model.latent_model import LatentModel
from idlat.model.tile_analysis import TileAnalysis
from idlat.tiling import Box, Grid, Tile, Triple, box_shape, crop, intersect

__all__ = ["LowPart", "SecondEncoder"]


@dataclass(frozen=True)
class LowPart:
    """What the core of a tile gives to the second transform of its frame.

    Attributes
    ----------
    core
        Its cells.
    levels
        Of each cell.
    bands
        The low subbands, `per` values a cell along each axis.
    """

    core: Box
    levels: NDArray[np.int32]
    bands: dict[tuple[int, ...], NDArray[np.float32]]

    @classmethod
    def of(cls, tile: Tile, analysis: TileAnalysis) -> LowPart:
        """Take the core's share of what the analysis of a tile's window gives."""
        bands = {}
        for key, band in analysis.low.items():
            per = [n // have for n, have in zip(band.shape, analysis.levels.shape, strict=True)]
            bands[key] = band[_scaled(tile.crop_cells, per)].astype(np.float32)
        levels = np.array(analysis.levels[tile.crop_cells], np.int32)
        return cls(tile.core, levels, bands)


@dataclass(frozen=True)
class SecondEncoder:
    """Writes tiles of the second transform of one variable, each in the frames of a chain.

    Attributes
    ----------
    store, variable, grid
        The archive's store, the variable's record and its cells.
    model
        What codes, fitted to the variable.
    binding
        What the objects are bound to.
    """

    store: ArchiveStore
    variable: VariableRecord
    grid: Grid
    model: LatentModel
    binding: Binding

    def is_stored(self, frame: int, position: Triple) -> bool:
        """Whether a tile is stored, whole, and of this job."""
        if self.model.coding_json is None:
            return True
        tag = self.binding.tag("second", (frame, *position))
        return is_stored(self.store, second_key(self.variable, frame, position), tag)

    def encode(
        self, frames: Sequence[int], position: Triple, cells: Box, parts: Sequence[Sequence[LowPart]]
    ) -> None:
        """Write a tile, frame by frame, each perhaps under the one before.

        Parameters
        ----------
        frames
            One after the other.
        position, cells
            Of the tile.
        parts
            Of each frame, those that make up the tile.
        """
        shape, model = box_shape(self.grid.voxels_of(cells)), self.model.placed(self.grid.first_voxel(cells))
        before: NDArray[np.int32] | None = None
        for frame, given in zip(frames, parts, strict=True):
            levels, low = _joined(cells, given)
            stream = model.encode_low(low, levels, shape, before)
            if frame != frames[-1]:
                before = model.low_integers(stream, shape, before)
            payload = encode_second(SecondPayload(stream, shape, position), model.coding_json or {})
            stored = seal_object(payload, self.binding.tag("second", (frame, *position)))
            self.store.put(second_key(self.variable, frame, position), stored)


def _joined(
    cells: Box, parts: Sequence[LowPart]
) -> tuple[NDArray[np.int32], dict[tuple[int, ...], NDArray[np.float32]]]:
    """Put parts together: levels and low subbands of a box of cells."""
    levels = np.zeros(box_shape(cells), np.int32)
    low: dict[tuple[int, ...], NDArray[np.float32]] = {}
    for part in parts:
        shared = intersect(part.core, cells)
        if any(start >= stop for start, stop in shared):
            continue
        to, at = crop(shared, cells), crop(shared, part.core)
        levels[to] = part.levels[at]
        for key, band in part.bands.items():
            per = [n // have for n, have in zip(band.shape, part.levels.shape, strict=True)]
            if key not in low:
                low[key] = np.zeros([n * m for n, m in zip(levels.shape, per, strict=True)], np.float32)
            low[key][_scaled(to, per)] = band[_scaled(at, per)]
    return levels, low


def _scaled(place: Sequence[slice], per: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(s.start * m, s.stop * m) for s, m in zip(place, per, strict=True))
