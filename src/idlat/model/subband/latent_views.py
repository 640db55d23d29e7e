"""What is seen of latents without their synthesis: cell means, features, and what each cell costs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.symbol_counts import coefficient_bits
from idlat.model.subband.chunk_coder import ChunkCoder
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.second_tiles import MEAN
from idlat.model.tile_analysis import Low, TileAnalysis
from idlat.transform.cells import cell_means, put_band
from idlat.transform.cuts import NO_CUTS, band_scale, coarser_cells
from idlat.transform.second_layout import at_positions
from idlat.transform.subbands import CELL, Shape

__all__ = ["LatentViews", "whole_chunk"]

Latents = NDArray[np.int32]

_LARGEST = 2.0**30 - 1


class LatentViews(ABC):
    """Looks at the latents of a model.

    Attributes
    ----------
    coding : CodingSettings
        What is fitted to a variable.
    """

    coding: CodingSettings

    @property
    @abstractmethod
    def coder(self) -> ChunkCoder:
        """Codes chunks."""

    @property
    @abstractmethod
    def contexts(self) -> ContextModel:
        """Weights and tables of the variable."""

    @abstractmethod
    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""

    @property
    def coarse_latents(self) -> int:
        """How many latents of a cell its mean depends on: the level, or none where the map was even."""
        return 1 if self.coding.modes[MEAN] == "scaled" else 0

    def coarse(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Shape | None = None
    ) -> NDArray[np.float32]:
        """Cell means (z, y, x), normalised, without the synthesis; of the latents at most levels count.

        Under a companding they are the values that companded means stand for.
        """
        z, y, x = latents.shape[1:]
        band = np.asarray((low or {MEAN: np.zeros((z, y, x))})[MEAN])
        voxels = shape or (CELL * z, CELL * y, CELL * x)
        if self.coding.modes[MEAN] == "scaled":
            band = band * np.exp2(-latents[0]) / band_scale(voxels, MEAN, self.coding.cuts, band.shape)
        means = cell_means(band, self.coding.kinds, voxels)
        return self.coding.companding.backward((means * self.step(gain)).astype(np.float32))

    def representation(self, analysis: TileAnalysis) -> Latents:
        """Latents (C, z, y, x) of a tile with its low subbands among them, rounded."""
        kinds, levels = self.coding.kinds, analysis.levels
        low = {
            key: band * np.exp2(at_positions(levels, key, kinds, band.shape)) if mode == "scaled" else band
            for (key, mode), band in zip(self.coding.modes.items(), analysis.low.values(), strict=True)
        }
        return self._whole(analysis.latents, low, None)

    def features(self, latents: Latents, low: Low, shape: Shape | None = None) -> Latents:
        """Latents (C, z, y, x) with the second transform undone: rounded to the steps of their cells.

        In a cell that is cut, the level is that of the part that matters most.
        """
        whole = self._whole(latents, low, shape)
        if self.coding.cuts != NO_CUTS:
            z, y, x = latents.shape[1:]
            whole[0] -= coarser_cells((CELL * z, CELL * y, CELL * x), self.coding.cuts).astype(np.int32)
        return whole

    def _whole(self, latents: Latents, low: Low, shape: Shape | None) -> Latents:
        """Latents with the second transform undone, as :meth:`synthesise` takes them."""
        kinds = self.coding.kinds
        _, z, y, x = latents.shape
        voxels = shape or (CELL * z, CELL * y, CELL * x)
        c = latents[1:].reshape(CELL, CELL, CELL, z, y, x).transpose(3, 0, 4, 1, 5, 2).copy()
        for key, band in low.items():
            if self.coding.modes[key] != "scaled":
                at = at_positions(latents[0], key, kinds, band.shape)
                band = band * np.exp2(at) * band_scale(voxels, key, self.coding.cuts, band.shape)
            put_band(c, key, kinds, np.rint(np.clip(band, -_LARGEST, _LARGEST)).astype(np.int32))
        whole = c.transpose(1, 3, 5, 0, 2, 4).reshape(-1, z, y, x)
        return np.concatenate([latents[:1], whole])

    def cell_bits(self, latents: Sequence[Latents]) -> list[NDArray[np.float64]]:
        """Bits (z, y, x) of each cell of chunks (C, z, y, x); levels and the second transform left out."""
        found = []
        for chunk in latents:
            shape = whole_chunk(chunk)
            symbols = self.coder.quantised(chunk, shape).symbols
            where = self.coder.map_of(shape)
            total = np.bincount(
                where.cell, coefficient_bits(symbols, self.contexts), minlength=math.prod(where.cells)
            )
            found.append(np.asarray(total, dtype=np.float64).reshape(where.cells))
        return found


def whole_chunk(chunk: Latents) -> Shape:
    """Return the voxels of a chunk (C, z, y, x) of whole cells."""
    z, y, x = (CELL * n for n in chunk.shape[1:])
    return z, y, x
