"""Windows of a variable under one choice of transforms: what they cost, and what codes them best.

Tables and the choice of what is transformed again depend on each other, so they are found in turns. The first
tables are those of coefficients that are merely rounded: under tables of fields unlike this one, the integers
of a sparse one would seem dear, and all be dropped.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import fit_tables, likely_tables
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.size_contexts import CLASSES
from idlat.coding.symbol_counts import bits_of, counts_of
from idlat.model.subband.cell_map import Key
from idlat.model.subband.chunk_coder import ChunkCoder
from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.low_costs import LowCosts
from idlat.model.subband.fitting.window_coefficients import WindowCoefficients
from idlat.model.subband.model_file import CodingPriors
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.model.subband.second_tiles import MEAN, Mode, SecondCoder
from idlat.transform.cells import put_band
from idlat.transform.subbands import PER_CELL, Kinds

__all__ = ["CodingCandidate", "Fitted"]

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


class Fitted(NamedTuple):
    """Tables as they are stored; what chunks are coded under, and second transforms are taken to cost."""

    tables: bytes
    chunks: ContextModel
    second: ContextModel


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
    first : Fitted, optional
        What to begin with: that of another choice of transforms, if not that of rounded coefficients.
    start : CodingCandidate, optional
        What other windows under these transforms gave, to go on from.

    Attributes
    ----------
    best : CodingSettings
        The best that was found.
    cost : float
        Its bits, and error in bits.
    cost_inside : float
        The same, errors weighed by importance besides, by which fits with cuts and without are compared.
    first : Fitted
        What it began with.
    windows, scale
        As they were given.
    """

    def __init__(
        self,
        windows: Sequence[FieldWindow],
        kinds: Kinds,
        priors: CodingPriors,
        levels: LevelTables,
        scale: float,
        first: Fitted | None = None,
        start: CodingCandidate | None = None,
    ) -> None:
        self.kinds, self.cost, self.best = kinds, math.inf, CodingSettings(kinds)
        self.cost_inside = math.inf
        self.windows, self.scale = windows, scale
        self._priors, self._levels = priors, levels
        self._windows = [WindowCoefficients(window, kinds, levels) for window in windows]
        self._modes: dict[Key, Mode] = {MEAN: "scaled"}
        self._untried = [key for key in _lowest(kinds) if key != MEAN]
        all_modes: tuple[Mode, ...] = ("scaled", "finest")
        self._step_modes = all_modes if any(w.uneven for w in self._windows) else all_modes[:1]
        self._under = Fitted(b"", priors.contexts, priors.contexts)
        self._pending: tuple[_Counts, LowCosts] | None = None
        if start is not None:
            start._settle()
            self._modes, self._untried, self._under = dict(start._modes), start._untried, start._under
        else:
            self._under = first or self._fit(self._rounded())
        self.first = self._under

    def improve(self, rounds: int) -> None:
        """Quantise under the tables at hand; choose second transforms, and fit tables to what that gives."""
        for _ in range(rounds):
            self._settle()
            bits, error, counts, low = self._quantised()
            self._pending = counts, low
            if bits + error[0] < self.cost:
                self.cost, self.cost_inside = bits + error[0], bits + error[1]
                self.best = self._settings()

    def chooses_more(self) -> bool:
        """Whether the last round asks for more than the mean to be transformed again."""
        self._settle()
        return len(self._modes) > 1

    def adapted(self, *, measured: bool = False) -> CodingSettings:
        """Quantise under the tables at hand, and return what is chosen and fitted then, untried.

        `cost_inside` becomes what that cost, if it is to be `measured`.
        """
        self._settle()
        bits, error, counts, low = self._quantised(measured=measured)
        if measured:
            self.cost_inside = bits + error[1]
        self._pending = counts, low
        self._settle()
        return self._settings()

    def _settings(self) -> CodingSettings:
        return CodingSettings(self.kinds, dict(self._modes), self._under.tables)

    def _settle(self) -> None:
        """Choose and fit what the last round asks for; put off until another follows."""
        if self._pending is not None:
            counts, low = self._pending
            self._choose(low)
            self._under = self._fit(counts)
            self._pending = None

    def _fit(self, counts: _Counts) -> Fitted:
        """Fit tables to chunks; the second transform's chances follow what comes, without being said."""
        weights, default = self._priors.contexts.weights, self._priors.contexts.tables
        said, fitted = fit_tables(
            np.rint(counts.chunks * min(self.scale, _MOST_SCALE)).astype(np.int64), default
        )
        likely = likely_tables(counts.second, default)
        return Fitted(said, ContextModel(weights, fitted), ContextModel(weights, likely))

    def _second(self, error_weight: float = 1.0) -> SecondCoder:
        return SecondCoder(self.kinds, self._modes, self._priors.mixing, self._under.second, error_weight)

    def _rounded(self) -> _Counts:
        """Count the symbols of coefficients that are merely rounded, and of low octaves."""
        counts = _Counts()
        coder = ChunkCoder(self.kinds, frozenset({MEAN}), self._under.chunks, self._levels, _ROUNDING)
        second = self._second(_ROUNDING)
        for window in self._windows:
            for chunk in window.chunks:
                counts.chunks += counts_of(chunk.quantise(coder))
            for key in _lowest(self.kinds):
                if window.has(key):
                    real = window.real(key, "scaled", second)
                    layout = window.layout(key, "scaled", second)
                    counts.second += counts_of(second.quantise(real, layout))
        return counts

    def _quantised(self, *, measured: bool = True) -> tuple[float, NDArray[np.float64], _Counts, LowCosts]:
        """Return bits; error in bits, twice; how often each symbol comes; and each subband coded in chunks.

        Errors are left out unless `measured`.
        """
        cost = 8.0 * len(self._under.tables) + _SAID * len(self._modes)
        counts, second, error = _Counts(), self._second(), np.zeros(2)
        coder = ChunkCoder(self.kinds, frozenset(self._modes), self._under.chunks, self._levels)
        low = LowCosts(frozenset(self._untried), self._under.chunks)
        for window in self._windows:
            decoded = np.zeros(window.cells if measured else (0,) * 6, np.float32)
            for chunk in window.chunks:
                real, where = chunk.in_steps(coder), coder.map_of(chunk.place.shape)
                symbols = chunk.quantise(coder, real)
                counts.chunks += counts_of(symbols)
                low.add(chunk, real, symbols, where)
                if measured:
                    window.put(decoded, chunk, symbols, coder)
            for key, mode in self._modes.items():
                if window.has(key):
                    layout = window.layout(key, mode, second)
                    symbols = second.quantise(window.real(key, mode, second), layout)
                    counts.second += counts_of(symbols)
                    cost += _HEADER
                    if measured:
                        band = window.values_of(symbols.coefficients, key, mode, second)
                        put_band(decoded, key, self.kinds, band)
            if measured:
                error += window.error_bits(decoded)
        cost += float((counts.chunks * self._under.chunks.bits).sum())
        return cost + float((counts.second * self._under.second.bits).sum()), error, counts, low

    def _choose(self, low: LowCosts) -> None:
        """Choose what is transformed again, given what each low subband costs alone.

        Only those are tried that are one or two frequencies above one which is: others share still less.
        """
        second = self._second()
        self._modes[MEAN] = min(self._step_modes, key=lambda mode: self._again(MEAN, mode, second))
        for key in self._untried:
            alone = low.of(key) if _borders(key, self._modes) else None
            if alone is None or alone.cost < _LEAST:
                continue
            costs = {mode: self._again(key, mode, second) for mode in self._step_modes}
            mode = min(costs, key=lambda m: costs[m])
            if costs[mode] + _SAID + _LOST * alone.foretells < _ENOUGH * alone.cost:
                self._modes[key] = mode
        self._untried = [key for key in self._untried if key not in self._modes]

    def _again(self, key: Key, mode: Mode, second: SecondCoder) -> float:
        """Bits, and error in bits, of a subband that is transformed again."""
        cost = 0.0
        for window in self._windows:
            if window.has(key):
                real, worth = window.real(key, mode, second), window.worth(key, mode)
                symbols = second.quantise(real, window.layout(key, mode, second))
                error = float(np.square(real - symbols.coefficients).sum())
                cost += bits_of(symbols, self._under.second) + worth * BITS_OF_ERROR * error + _HEADER
        return cost


def _borders(key: Key, chosen: Collection[Key]) -> bool:
    """Whether a subband that is one or two frequencies lower along an axis is among those that are chosen."""
    lower = ((*key[:a], key[a] - n, *key[a + 1 :]) for a in range(3) for n in (1, 2) if key[a] >= n)
    return any(other in chosen for other in lower)


@lru_cache(maxsize=8)
def _lowest(kinds: Kinds) -> list[Key]:
    keys = list(product(*(range(len(PER_CELL[kind])) for kind in kinds)))
    return sorted(keys, key=lambda key: sum(k * k for k in key))[:_LOWEST]
