"""Windows of a variable under one choice of transforms: what they cost, and what codes them best.

Tables and the choice of what is transformed again depend on each other, so they are found in turns. The first
tables are those of coefficients that are merely rounded: under tables of fields unlike this one, the integers
of a sparse one would seem dear, and all be dropped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import fit_tables, likely_tables
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_walk import Symbols, span
from idlat.coding.symbol_counts import band_bits, bits_of, counts_of
from idlat.model.subband.cell_map import Key
from idlat.model.subband.chunk_coder import ChunkCoder
from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.window_coefficients import WindowChunk, WindowCoefficients
from idlat.model.subband.model_file import CodingPriors
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.model.subband.second_tiles import MEAN, Mode, SecondCoder
from idlat.transform.cells import put_band
from idlat.transform.subbands import PER_CELL, Kinds, SubbandLayout

__all__ = ["CodingCandidate"]

_LOWEST = 32  # subbands that octaves are tried on
_ENOUGH = 0.99  # of a subband's cost alone, for octaves to be taken
_MOST_SCALE = 16.0
# What those that a subband foretells cost more without it. Fitted to five simulated fields at five qualities,
# where it saves 0.8 % in the mean and up to 5 % at high qualities; 0.03 to 0.3 do nearly as well.
_LOST = 0.1
_LEAST = 24.0  # bits of a subband alone, for octaves to be tried
_ROUNDING = 1e6  # an error that weighs so much more than bits leaves every coefficient at the nearest integer
_SAID = 16.0  # bits that it takes to say that a subband is transformed again
_HEADER = 4.0  # bits that a subband of a tile costs besides its integers


@dataclass(frozen=True)
class Alone:
    """A subband that is coded in chunks: bits, and error in bits; and the bits of those it foretells."""

    cost: float
    foretells: float

    def __add__(self, other: Alone) -> Alone:
        return Alone(self.cost + other.cost, self.foretells + other.foretells)


@dataclass
class _Counts:
    """How often each symbol comes in each class, (classes, symbols): in chunks, and in second transforms."""

    chunks: NDArray[np.int64] = field(default_factory=lambda: np.zeros((CLASSES, SYMBOLS), np.int64))
    second: NDArray[np.int64] = field(default_factory=lambda: np.zeros((CLASSES, SYMBOLS), np.int64))


class CodingCandidate:
    """The windows under one choice of transforms, and under tables that are fitted to them.

    Parameters
    ----------
    windows : sequence of FieldWindow
    kinds : Kinds
    priors : CodingPriors
        The model's.
    levels : LevelTables
    scale : float
        How many times as large the whole variable is.
    start : CodingCandidate, optional
        What other windows under these transforms gave, to go on from.

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
        priors: CodingPriors,
        levels: LevelTables,
        scale: float,
        start: CodingCandidate | None = None,
    ) -> None:
        self.kinds, self.cost, self.best = kinds, math.inf, CodingSettings(kinds)
        self._priors, self._levels, self._scale = priors, levels, min(scale, _MOST_SCALE)
        self._windows = [WindowCoefficients(window, kinds, levels) for window in windows]
        self._modes: dict[Key, Mode] = {MEAN: "scaled"}
        self._untried = [key for key in _lowest(kinds) if key != MEAN]
        all_modes: tuple[Mode, ...] = ("scaled", "finest")
        self._step_modes = all_modes if any(w.levels.any() for w in self._windows) else all_modes[:1]
        self._contexts, self._tables = priors.contexts, b""
        self._second_contexts = priors.contexts
        self._pending: tuple[_Counts, dict[Key, Alone]] | None = None
        if start is None:
            self._fit(self._rounded())
        else:
            start._settle()
            self._modes, self._untried = dict(start._modes), start._untried
            self._tables, self._contexts = start._tables, start._contexts
            self._second_contexts = start._second_contexts

    def improve(self, rounds: int) -> None:
        """Quantise under the tables at hand; choose second transforms, and fit tables to what that gives."""
        for _ in range(rounds):
            self._settle()
            cost, counts, alone = self._quantised()
            self._pending = counts, alone
            if cost < self.cost:
                self.cost, self.best = cost, CodingSettings(self.kinds, dict(self._modes), self._tables)

    def _settle(self) -> None:
        """Choose and fit what the last round asks for; put off until another follows."""
        if self._pending is not None:
            counts, alone = self._pending
            self._choose(alone)
            self._fit(counts)
            self._pending = None

    def _fit(self, counts: _Counts) -> None:
        """Fit tables to chunks; the second transform's chances follow what comes, without being said."""
        weights, default = self._priors.contexts.weights, self._priors.contexts.tables
        self._tables, fitted = fit_tables(np.rint(counts.chunks * self._scale).astype(np.int64), default)
        self._contexts = ContextModel(weights, fitted)
        self._second_contexts = ContextModel(weights, likely_tables(counts.second, default))

    def _second(self, error_weight: float = 1.0) -> SecondCoder:
        return SecondCoder(self.kinds, self._modes, self._priors.mixing, self._second_contexts, error_weight)

    def _rounded(self) -> _Counts:
        """Count the symbols of coefficients that are merely rounded, and of low octaves."""
        counts = _Counts()
        coder = ChunkCoder(self.kinds, frozenset({MEAN}), self._contexts, self._levels, _ROUNDING)
        second = self._second(_ROUNDING)
        for window in self._windows:
            for chunk in window.chunks:
                counts.chunks += counts_of(chunk.quantise(coder))
            for key in _lowest(self.kinds):
                if window.has(key):
                    real = window.octaves(key, "scaled", second).real
                    counts.second += counts_of(second.quantise(real, key, window.shape))
        return counts

    def _quantised(self) -> tuple[float, _Counts, dict[Key, Alone]]:
        """Return bits, and error in bits; how often each symbol comes; and each subband coded in chunks."""
        cost = 8.0 * len(self._tables) + _SAID * len(self._modes)
        counts, second = _Counts(), self._second()
        coder = ChunkCoder(self.kinds, frozenset(self._modes), self._contexts, self._levels)
        alone = {key: Alone(math.inf, 0.0) for key in self._modes}
        for window in self._windows:
            decoded = np.zeros(window.cells, np.float32)
            for chunk in window.chunks:
                symbols = chunk.quantise(coder)
                counts.chunks += counts_of(symbols)
                for key, own in self._costs(chunk, symbols, coder).items():
                    alone[key] = own + alone.get(key, Alone(0.0, 0.0))
                window.put(decoded, chunk, symbols, coder)
            for key, mode in self._modes.items():
                if window.has(key):
                    symbols = second.quantise(window.octaves(key, mode, second).real, key, window.shape)
                    counts.second += counts_of(symbols)
                    cost += _HEADER
                    band = window.values_of(symbols.coefficients, key, mode, second)
                    put_band(decoded, key, self.kinds, band)
            cost += window.error_bits(decoded)
        cost += float((counts.chunks * self._contexts.bits).sum())
        return cost + float((counts.second * self._second_contexts.bits).sum()), counts, alone

    def _costs(self, chunk: WindowChunk, symbols: Symbols, coder: ChunkCoder) -> dict[Key, Alone]:
        """The low subbands of a chunk that may be transformed again."""
        where = coder.map_of(chunk.place.shape)
        found: dict[Key, Alone] = {}
        if not where.layout.bands:
            return found
        bits = band_bits(symbols, self._contexts)
        foretells = _foretold_bits(where.layout, bits)
        for index, band in enumerate(where.layout.bands):
            if band.key in self._untried:
                here = span(where.layout, index)
                real = coder.in_steps(chunk.own, chunk.levels, where, here)
                worth = np.exp2(2 * (chunk.levels - chunk.wanted)).ravel()[where.cell[here]]
                error = float((worth * np.square(real - symbols.coefficients[here])).sum())
                found[band.key] = Alone(BITS_OF_ERROR * error + float(bits[index]), float(foretells[index]))
        return found

    def _choose(self, alone: dict[Key, Alone]) -> None:
        """Choose what is transformed again, given what each low subband costs alone."""
        second = self._second()
        for key in (MEAN, *(key for key in self._untried if key in alone and alone[key].cost >= _LEAST)):
            costs = {mode: self._again(key, mode, second) for mode in self._step_modes}
            mode = min(costs, key=lambda m: costs[m])
            if costs[mode] + _SAID + _LOST * alone[key].foretells < _ENOUGH * alone[key].cost:
                self._modes[key] = mode
        self._untried = [key for key in self._untried if key not in self._modes]

    def _again(self, key: Key, mode: Mode, second: SecondCoder) -> float:
        """Bits, and error in bits, of a subband that is transformed again."""
        cost = 0.0
        for window in self._windows:
            if window.has(key):
                real, worth = window.octaves(key, mode, second)
                symbols = second.quantise(real, key, window.shape)
                error = float(np.square(real - symbols.coefficients).sum())
                cost += bits_of(symbols, self._second_contexts) + worth * BITS_OF_ERROR * error + _HEADER
        return cost


def _foretold_bits(layout: SubbandLayout, bits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each subband, the bits of those whose parent it is, shared by all parents of each."""
    found, arrays = np.zeros(len(bits)), layout.arrays
    counts = np.diff(arrays.parent_starts)
    np.add.at(found, arrays.parents, np.repeat(bits / np.maximum(counts, 1), counts))
    return found


def _lowest(kinds: Kinds) -> list[Key]:
    keys = list(product(*(range(len(PER_CELL[kind])) for kind in kinds)))
    return sorted(keys, key=lambda key: sum(k * k for k in key))[:_LOWEST]
