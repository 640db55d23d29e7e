"""From values to latents."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from idlat.model.subband.cell_map import Key, cells_along
from idlat.model.subband.chunk_coder import ChunkCoder
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow, cells_of, chunks_within
from idlat.model.tile_analysis import Cells, TileAnalysis
from idlat.transform.cells import band_of
from idlat.transform.cuts import NO_CUTS, band_scale, moved_cuts
from idlat.transform.subbands import Shape

__all__ = ["Analysis"]

Latents = NDArray[np.int32]


class Analysis(ABC):
    """Quantises the values of a variable.

    Attributes
    ----------
    channels : int
        Latents of a cell.
    coding : CodingSettings
        What is fitted to the variable.
    """

    channels: int
    coding: CodingSettings

    @property
    @abstractmethod
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""

    @property
    @abstractmethod
    def coder(self) -> ChunkCoder:
        """Codes chunks."""

    @abstractmethod
    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""

    def analyse(
        self, x: NDArray[np.float32], importance: NDArray[np.float32], gain: float, core: Cells | None = None
    ) -> Latents:
        """Latents (C, z, y, x) of a tile (Eq. 7); see :meth:`analyse_tile`."""
        return np.asarray(self.analyse_tile(x, importance, gain, core).latents)

    def analyse_tile(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Cells | None = None,
        shape: Shape | None = None,
        before: Latents | None = None,
    ) -> TileAnalysis:
        """Latents of a tile (Eq. 7), quantised, and its low subbands.

        Parameters
        ----------
        x, importance : ndarray of float32
            (Z, Y, X), beginning with a cell; x normalised, importance in [0, 1].
        gain : float
            g.
        core : three pairs of int, optional
            First cell and end, along each axis, of what is to be coded; its first cell begins a chunk. All
            unless given.
        shape : Shape, optional
            Voxels that belong to the field; what lies beyond is not looked at. All unless given.
        before : ndarray of int32, optional
            Latents (C, z, y, x) of the core's cells in the step before, where it is to be used.
        """
        kinds = self.coding.kinds
        if shape is not None:
            inside = tuple(slice(n) for n in shape)
            x, importance = x[inside], importance[inside]
        window = FieldWindow.of(
            x, importance, self.importance_range, self.step(gain), self.coding.companding, self.coding.cuts
        )
        c = window.coefficients(kinds)
        cells = cells_along(window.shape)
        levels = np.zeros(cells, np.int32)
        exponent = window.importance * np.float32(self.importance_range)
        coded: Cells = core or ((0, cells[0]), (0, cells[1]), (0, cells[2]))
        chunks = []
        for place in chunks_within(coded, window.shape):
            chunk = self.coder.quantise(
                cells_of(c, place.cells), window.wanted[place.cells], exponent[place.voxels], place.shape,
                None if before is None else _part(before, place.cells, coded),
                moved_cuts(self.coding.cuts, [part.start for part in place.voxels]),
            )  # fmt: skip
            levels[place.cells] = -chunk.levels
            chunks.append((place, chunk))

        def latents() -> Latents:
            whole = np.zeros((self.channels, *cells), np.int32)
            for place, chunk in chunks:
                own = self.coder.latents(chunk, self.coder.map_of(place.shape))
                whole[(slice(None), *place.cells)] = own
            return whole

        def streams() -> list[bytes]:
            return [self.coder.encode(chunk, place.shape) for place, chunk in chunks]

        low = {key: self._low(band_of(c, key, kinds), key, window.shape) for key in self.coding.modes}
        return TileAnalysis(levels, latents, low, streams if before is None else None)

    def _low(self, band: NDArray[np.float32], key: Key, shape: Shape) -> NDArray[np.float32]:
        """A subband as it is transformed again: in the finest step of all where it is not scaled."""
        if self.coding.modes[key] == "scaled" or self.coding.cuts == NO_CUTS:
            return np.array(band)
        return np.asarray(band / band_scale(shape, key, self.coding.cuts, band.shape), band.dtype)


def _part(latents: Latents, cells: tuple[slice, ...], core: Cells) -> Latents:
    """The latents of some cells, given those of a core that holds them."""
    z, y, x = (slice(s.start - a, s.stop - a) for s, (a, _) in zip(cells, core, strict=True))
    return np.ascontiguousarray(latents[:, z, y, x])
