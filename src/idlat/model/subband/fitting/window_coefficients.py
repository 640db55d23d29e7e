"""A window under one choice of transforms: all that stays while tables and second transforms are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.subband_walk import Symbols
from idlat.model.subband.cell_map import Key, cells_along
from idlat.model.subband.chunk_coder import ChunkCoder, Quantised, levels_of_cells
from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.field_window import ChunkPlace, FieldWindow, cells_of, chunks_within
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR, quantise_box
from idlat.model.subband.second_tiles import Mode, SecondCoder
from idlat.transform.cells import band_of, from_cells
from idlat.transform.cuts import NO_CUTS, band_scale
from idlat.transform.second_layout import at_positions, band_shape
from idlat.transform.subbands import CELL, Kinds, SubbandLayout

__all__ = ["WindowChunk", "WindowCoefficients"]


class WindowChunk(NamedTuple):
    """A chunk of a window: its place, coefficients (512, z, y, x), wanted and chosen levels (z, y, x)."""

    place: ChunkPlace
    own: NDArray[np.float32]
    wanted: NDArray[np.float64]
    levels: NDArray[np.int64]

    def in_steps(self, coder: ChunkCoder) -> NDArray[np.float64]:
        """Return the coefficients in steps, (n,)."""
        return coder.in_steps(self.own, self.levels, coder.map_of(self.place.shape))

    def quantise(self, coder: ChunkCoder, real: NDArray[np.float64] | None = None) -> Symbols:
        """Choose the integers of the chunk, whose coefficients in steps may be known."""
        where = coder.map_of(self.place.shape)
        if not where.layout.bands:
            return Symbols(where.layout, np.zeros(0, np.int32), np.zeros(0, np.uint8), 0)
        box, worth = coder.box(where, self.levels), coder.worth(self.levels, self.wanted)
        return quantise_box(
            self.in_steps(coder) if real is None else real, box, coder.contexts, worth, where.cell
        )


class WindowCoefficients:
    """The coefficients of a window, chunk by chunk, and the octaves of its low subbands.

    Parameters
    ----------
    window : FieldWindow
    kinds : Kinds
    level_tables : LevelTables

    Attributes
    ----------
    chunks : list of WindowChunk
    levels : ndarray of int64
        Of all cells.
    shape, cells : Shape
        Voxels; cells and coefficients along each axis.
    """

    def __init__(self, window: FieldWindow, kinds: Kinds, level_tables: LevelTables) -> None:
        window = window.under(kinds)
        self._window, self._kinds = window, kinds
        self._c = window.coefficients(kinds)
        self._octaves: dict[tuple[Key, Mode], NDArray[np.float64]] = {}
        self.levels = np.zeros(window.wanted.shape, np.int64)
        self.chunks = []
        for place in chunks_within([(0, n) for n in cells_along(window.shape)], window.shape):
            own, wanted = cells_of(self._c, place.cells), window.wanted[place.cells]
            self.levels[place.cells] = levels_of_cells(own, wanted, level_tables)
            self.chunks.append(WindowChunk(place, own, wanted, self.levels[place.cells]))
        self.shape, self.cells = window.shape, self._c.shape

    @property
    def finest(self) -> int:
        """Least level."""
        return int(self.levels.min())

    @property
    def uneven(self) -> bool:
        """Whether steps may differ from cell to cell."""
        return bool(self.levels.any()) or self._window.cuts != NO_CUTS

    def has(self, key: Key) -> bool:
        """Whether the window has a subband."""
        return all(band_shape(self._window.shape, key, self._kinds))

    def real(self, key: Key, mode: Mode, second: SecondCoder) -> NDArray[np.float64]:
        """Return the octaves, flat, of a subband that the window has, in steps; computed once."""
        if (key, mode) not in self._octaves:
            shape = band_shape(self._window.shape, key, self._kinds)
            band = band_of(self._c, key, self._kinds)[tuple(map(slice, shape))]
            if mode == "finest":
                band = band / self._scale(key, shape)
            levels = at_positions(self.levels, key, self._kinds, shape)
            real = self._placed(second).in_steps(band, key, mode, levels, self.finest, self._window.shape)
            self._octaves[key, mode] = real
        return self._octaves[key, mode]

    def worth(self, key: Key, mode: Mode) -> float:
        """What a squared step of error of a subband's octaves costs.

        Coarse octaves spread an error over many cells, so it is weighed as in their mean.
        """
        shape = band_shape(self._window.shape, key, self._kinds)
        wanted = at_positions(self._window.wanted, key, self._kinds, shape)
        taken = at_positions(self.levels, key, self._kinds, shape) if mode == "scaled" else self.finest
        return float(np.exp2(2 * (taken - wanted)).mean())

    def values_of(
        self, coefficients: NDArray[np.int32], key: Key, mode: Mode, second: SecondCoder
    ) -> NDArray[np.float64]:
        """Return a subband that its octaves decode to, in units of the finest step of all."""
        band = self._placed(second).values(coefficients, key, mode, self._window.shape)
        if mode == "scaled":
            return np.asarray(band * np.exp2(at_positions(self.levels, key, self._kinds, band.shape)))
        return np.asarray(band * np.exp2(self.finest) * self._scale(key, band.shape))

    def layout(self, key: Key, mode: Mode, second: SecondCoder) -> SubbandLayout:
        """Return how :meth:`real`'s octaves stand."""
        return self._placed(second).layout(key, mode, self._window.shape)

    def _placed(self, second: SecondCoder) -> SecondCoder:
        """The coder with the window's cuts."""
        return replace(second, cuts=self._window.cuts)

    def _scale(self, key: Key, positions: Sequence[int]) -> NDArray[np.float64]:
        """What a subband's coefficients are multiplied by beyond cuts."""
        return band_scale(self._window.shape, key, self._window.cuts, positions)

    @staticmethod
    def put(decoded: NDArray[np.float32], chunk: WindowChunk, symbols: Symbols, coder: ChunkCoder) -> None:
        """Put a chunk's integers into cells (z, 8, y, 8, x, 8), in units of the finest step."""
        latents = coder.latents(Quantised(chunk.levels, symbols), coder.map_of(chunk.place.shape))
        values = latents[1:] * np.exp2(chunk.levels).astype(np.float32)
        z, y, x = chunk.place.cells
        shape = values.shape[1:]
        decoded[z, :, y, :, x] = values.reshape(CELL, CELL, CELL, *shape).transpose(3, 0, 4, 1, 5, 2)

    def error_bits(self, decoded: NDArray[np.float32]) -> tuple[float, float]:
        """Return the weighted error of decoded cells, in bits; and the same times importance.

        Not of coefficients: where these are alike, as in a profile, their error is not that of values.
        """
        window = self._window
        error = window.error_of(from_cells(decoded, self._kinds, window.shape, window.cuts))
        if not self.uneven and window.map_importance.min() == 1:
            even = BITS_OF_ERROR * float(np.square(error).sum(dtype=np.float64))
            return even, even
        weighted = window.weight * np.square(error)
        every = BITS_OF_ERROR * float(weighted.sum(dtype=np.float64))
        return every, BITS_OF_ERROR * float((window.map_importance * weighted).sum(dtype=np.float64))
