"""Fitting to a variable: which transform each axis takes, what is transformed again, and tables.

All is chosen by what windows of the variable cost at the quality asked for: bits, and error in bits.

    windows ─ lapped cells; octaves along an axis where that costs less ─▶ transform
            ─ each low subband: alone, or by octaves ─▶ second transform
            ─ histograms of symbols by class ─▶ tables
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import fit_tables
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_walk import Symbols
from idlat.coding.symbol_counts import bits_of, coefficient_bits, counts_of
from idlat.model.subband.cell_map import Key, cells_along
from idlat.model.subband.chunk_coder import ChunkCoder, LevelTables, Quantised
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import ChunkPlace, FieldWindow, cells_of, chunks_within
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.model.subband.second_tiles import MEAN, Mode, SecondCoder, at_positions, band_shape
from idlat.transform.cells import band_of, from_cells, put_band, to_cells
from idlat.transform.subbands import CELL, PER_CELL, Kind, Kinds, Shape

__all__ = ["fit_coding"]

_LOWEST = 32  # subbands that octaves are tried on
_ENOUGH = 0.99  # of a subband's cost alone, for octaves to be taken
_MOST_SCALE = 16.0
_PROMISING = 1.3  # of a subband's cost alone, for octaves to be tried again
_LEAST = 24.0  # bits of a subband alone, for octaves to be tried
_HEADER = 4.0  # bits that a subband of a tile costs besides its integers
_ROUNDS = 2  # of fitting, before transforms are compared; as many follow


def fit_coding(
    windows: Sequence[FieldWindow], contexts: ContextModel, levels: LevelTables, scale: float = 1.0
) -> CodingSettings:
    """Return what codes the windows best.

    Parameters
    ----------
    windows : sequence of FieldWindow
    contexts : ContextModel
        The model's.
    levels : LevelTables
    scale : float
        How many times as large the whole variable is.
    """
    best = _Candidate(windows, ("lapped",) * 3, contexts, levels, scale)
    for axis in range(3):
        kinds: list[Kind] = list(best.kinds)
        if max(w.shape[axis] for w in windows) > 1:
            kinds[axis] = "octaves"
            other = _Candidate(windows, (kinds[0], kinds[1], kinds[2]), contexts, levels, scale)
            best = min(best, other, key=lambda candidate: candidate.cost)
    for _ in range(_ROUNDS):
        best.improve()
    return best.best


class _Candidate:
    """The windows under one choice of transforms, and under tables that are fitted to them.

    Attributes
    ----------
    best : CodingSettings
        The best that was found.
    cost : float
        Its bits, and error in bits.
    """

    def __init__(
        self,
        windows: Sequence[FieldWindow],
        kinds: Kinds,
        contexts: ContextModel,
        levels: LevelTables,
        scale: float,
    ) -> None:
        self.windows, self.kinds, self.default, self.levels = windows, kinds, contexts, levels
        self.scale = min(scale, _MOST_SCALE)
        self.contexts = contexts
        self.cells = [to_cells(window.x, kinds) for window in windows]
        self.cost, self.best = math.inf, CodingSettings(kinds)
        self._tables = b""
        self._promising = _lowest(kinds)
        for _ in range(_ROUNDS):
            self.improve()

    def improve(self) -> None:
        """Choose under the tables at hand what is transformed again, and fit tables to what that gives."""
        self._choose()
        cost, counts = 8.0 * len(self._tables), np.zeros((CLASSES, SYMBOLS), np.int64)
        coder = ChunkCoder(self.kinds, frozenset(self.modes), self.contexts, self.levels)
        second = SecondCoder(self.kinds, self.modes, self.contexts)
        for window, c in zip(self.windows, self.cells, strict=True):
            chosen, decoded = np.zeros(window.wanted.shape, np.int64), np.zeros_like(c)
            for place, _, chunk in _quantised(window, c, coder):
                chosen[place.cells] = chunk.levels
                counts += counts_of(chunk.symbols)
                cost += bits_of(chunk.symbols, self.contexts)
                _put_chunk(decoded, place, chunk, coder)
            for key, mode in self.modes.items():
                found = self._again(window, c, chosen, key, mode, second)
                if found is not None:
                    cost += bits_of(found.symbols, self.contexts) + _HEADER
                    counts += counts_of(found.symbols)
                    put_band(decoded, key, self.kinds, found.values)
            # Not the error of coefficients: where these are alike, as in a profile, it is not that of values.
            error = window.x - from_cells(decoded, self.kinds, window.shape)
            weight = np.exp(window.importance_range * (window.importance - 1.0))
            cost += BITS_OF_ERROR * float((weight * np.square(error)).sum(dtype=np.float64))
        if cost < self.cost:
            self.cost, self.best = cost, CodingSettings(self.kinds, self.modes, self._tables)
        counts = np.rint(counts * self.scale).astype(np.int64)
        self._tables, fitted = fit_tables(counts, self.default.tables)
        self.contexts = ContextModel(self.default.weights, fitted)

    def _choose(self) -> None:
        """Choose what is transformed again."""
        coder = ChunkCoder(self.kinds, frozenset({MEAN}), self.contexts, self.levels)
        second = SecondCoder(self.kinds, {}, self.contexts)
        alone: dict[Key, float] = {}
        again: dict[Key, dict[Mode, float]] = {}
        for window, c in zip(self.windows, self.cells, strict=True):
            chosen = np.zeros(window.wanted.shape, np.int64)
            for place, own, chunk in _quantised(window, c, coder):
                chosen[place.cells] = chunk.levels
                for key, cost in _costs(window.wanted[place.cells], own, chunk, place.shape, coder).items():
                    alone[key] = alone.get(key, 0.0) + cost
            modes: tuple[Mode, ...] = ("scaled", "finest") if chosen.any() else ("scaled",)
            for key in self._promising:
                if key != MEAN and alone.get(key, 0.0) < _LEAST:
                    continue
                again.setdefault(key, {})
                for mode in modes:
                    found = self._again(window, c, chosen, key, mode, second)
                    again[key][mode] = again[key].get(mode, 0.0) + (found.cost if found else 0.0)
        self.modes: dict[Key, Mode] = {}
        for key, costs in again.items():
            mode = min(costs, key=lambda m: costs[m])
            if key == MEAN or costs[mode] < _ENOUGH * alone.get(key, 0.0):
                self.modes[key] = mode
        self._promising = [
            key for key in again if key == MEAN or min(again[key].values()) < _PROMISING * alone.get(key, 0.0)
        ]

    def _again(
        self,
        window: FieldWindow,
        c: NDArray[np.float32],
        chosen: NDArray[np.int64],
        key: Key,
        mode: Mode,
        second: SecondCoder,
    ) -> _Again | None:
        """A subband that is transformed again; None where the window has none."""
        band = _band(c, key, self.kinds, window.shape)
        if band is None:
            return None
        levels = at_positions(chosen, key, self.kinds, band.shape)
        finest = int(chosen.min())
        symbols = second.quantise(band, key, mode, levels, finest, window.shape)
        back = second.values(symbols.coefficients, key, window.shape)
        back = back * (np.exp2(levels) if mode == "scaled" else np.exp2(finest))
        weight = np.exp2(-2 * at_positions(window.wanted, key, self.kinds, band.shape))
        error = float((weight * np.square(band - back)).sum())
        return _Again(symbols, back, bits_of(symbols, self.contexts) + BITS_OF_ERROR * error + _HEADER)


class _Again(NamedTuple):
    """A subband that is transformed again: integers, what they decode to; bits, and error in bits."""

    symbols: Symbols
    values: NDArray[np.float64]
    cost: float


def _put_chunk(decoded: NDArray[np.float32], place: ChunkPlace, chunk: Quantised, coder: ChunkCoder) -> None:
    """Put what a chunk decodes to into cells (z, 8, y, 8, x, 8), in units of the finest step."""
    latents = coder.latents(chunk, coder.map_of(place.shape))
    values = latents[1:] * np.exp2(chunk.levels).astype(np.float32)
    z, y, x = place.cells
    shape = values.shape[1:]
    decoded[z, :, y, :, x] = values.reshape(CELL, CELL, CELL, *shape).transpose(3, 0, 4, 1, 5, 2)


def _band(c: NDArray[np.float32], key: Key, kinds: Kinds, shape: Shape) -> NDArray[np.float32] | None:
    """A subband of a window of `shape` voxels, None where it has none."""
    size = band_shape(shape, key, kinds)
    if not all(size):
        return None
    return np.asarray(band_of(c, key, kinds)[tuple(slice(n) for n in size)])


def _lowest(kinds: Kinds) -> list[Key]:
    keys = [
        (k, j, i)
        for k in range(len(PER_CELL[kinds[0]]))
        for j in range(len(PER_CELL[kinds[1]]))
        for i in range(len(PER_CELL[kinds[2]]))
    ]
    return list(sorted(keys, key=lambda key: sum(k * k for k in key))[:_LOWEST])


def _quantised(
    window: FieldWindow, c: NDArray[np.float32], coder: ChunkCoder
) -> Iterator[tuple[ChunkPlace, NDArray[np.float32], Quantised]]:
    """Yield the place, the coefficients and the integers of each chunk, without noise shaping."""
    for place in chunks_within([(0, n) for n in cells_along(window.shape)], window.shape):
        own = cells_of(c, place.cells)
        even = np.zeros(place.shape, np.float32)
        yield place, own, coder.quantise(own, window.wanted[place.cells], even, place.shape)


def _costs(
    wanted: NDArray[np.float64], own: NDArray[np.float32], chunk: Quantised, shape: Shape, coder: ChunkCoder
) -> dict[Key, float]:
    """Bits, and error in bits, of each subband of a chunk."""
    layout = chunk.symbols.layout
    if not layout.bands:
        return {}
    where = coder.map_of(shape)
    real = coder.in_steps(own, chunk.levels, where)
    worth = np.exp2(2 * (chunk.levels - wanted)).ravel()[where.cell]
    cost = BITS_OF_ERROR * worth * np.square(real - chunk.symbols.coefficients)
    cost += coefficient_bits(chunk.symbols, coder.contexts)
    sums = np.add.reduceat(cost, layout.offsets)
    return {band.key: float(total) for band, total in zip(layout.bands, sums, strict=True)}
