"""Fitting to a variable how its time steps are coded under the step before, where that saves bytes.

pairs of windows, one step after the other ─ chunks alone; differences from 1/2, 3/4, 1 of the one before
  ─ least bits and error, by frequency ─▶ shares ─ symbols by hint and class ─▶ shifts, tables
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.class_hints import HINTS, count_hinted, fit_shifts, no_shifts, pack_shifts
from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import fit_tables, read_tables
from idlat.coding.magnitudes import SYMBOLS, split_sizes
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_walk import NOT_CODED, Symbols
from idlat.coding.symbol_counts import bits_of, coefficient_bits, counts_of
from idlat.model.subband.cell_map import CellMap
from idlat.model.subband.chunk_coder import ChunkCoder, Quantised
from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.window_coefficients import WindowCoefficients
from idlat.model.subband.model_file import CodingPriors
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR, quantise_box
from idlat.model.subband.second_tiles import SecondCoder
from idlat.model.subband.series_coding import SHARES, Foretold, SeriesCoding, frequencies, likely_bits, pays

__all__ = ["fit_series"]

Counts = NDArray[np.int64]

_ENOUGH = 0.98  # of the cost of steps alone, for the step before to be used
_ALL = 22  # sums of frequencies
_MOST_SCALE = 16.0


def fit_series(
    pairs: Sequence[tuple[FieldWindow, FieldWindow]],
    alone: CodingSettings,
    priors: CodingPriors,
    levels: LevelTables,
    key_every: int,
    scale: float,
) -> CodingSettings:
    """Return settings under which steps are coded under the one before; `alone` where that does not pay.

    Parameters
    ----------
    pairs : sequence of two FieldWindows
        The same place in one step and the next.
    alone : CodingSettings
        What is fitted to the windows of single steps.
    priors : CodingPriors
        The model's.
    levels : LevelTables
    key_every : int
        Each so many steps, one is coded alone: at least 2.
    scale : float
        How many times as large the whole variable is as the windows of one step.
    """
    trial, contexts = _SeriesTrial(pairs, alone, priors, levels), priors.contexts
    later = 1 - 1 / key_every
    plain = trial.coded(None)
    costs = [plain.by_frequency]
    for share in SHARES[1:]:
        costs.append(trial.coded(SeriesCoding(key_every, (share,) * _ALL, b""), shifted=False).by_frequency)
    shares = np.array(SHARES)[np.argmin(costs, axis=0)]
    used = int(np.flatnonzero(shares).max(initial=-1)) + 1
    series = SeriesCoding(key_every, tuple(shares[:used].tolist()), pack_shifts(no_shifts()))
    bare = trial.coded(series, shifted=False)
    hinted = bare.hinted
    shifts = fit_shifts(hinted, trial.contexts.bits)
    for _ in range(2):
        series = replace(series, shifts=pack_shifts(shifts))
        counts = _shifted(hinted, series) + bare.counts - hinted.sum(0)
        total = np.rint((counts * later + plain.counts / key_every) * min(scale, _MOST_SCALE)).astype(
            np.int64
        )
        tables, fitted = fit_tables(total, contexts.tables)
        trial.contexts = ContextModel(contexts.weights, fitted)
        shifts = fit_shifts(hinted, trial.contexts.bits)
    series = replace(series, shifts=pack_shifts(shifts))
    again, plain_again = trial.coded(series), trial.coded(None)
    cost = later * (again.cost + trial.second(differences=True))
    cost += (plain_again.cost + trial.second(differences=False)) / key_every
    said = 8.0 * (len(tables) + len(series.shifts) - len(alone.tables)) / min(scale, _MOST_SCALE)
    trial.contexts = ContextModel(contexts.weights, read_tables(alone.tables, contexts.tables))
    if cost + said > _ENOUGH * (plain.cost + trial.second(differences=False)):
        return alone
    return replace(alone, tables=tables, series=series)


def _shifted(hinted: Counts, series: SeriesCoding) -> Counts:
    """Counts (hints, classes, symbols) of the box's classes as (classes, symbols) of what shifts give."""
    counts = np.zeros((CLASSES, SYMBOLS), np.int64)
    np.add.at(counts, series.hinted.astype(np.int64), hinted)
    return counts


class _Coded(NamedTuple):
    """What coding the later windows gave: bits and error in bits, by frequency too; counts of symbols."""

    cost: float
    by_frequency: NDArray[np.float64]
    counts: Counts
    hinted: Counts


@dataclass(frozen=True)
class _Later:
    """A chunk of a later window: coefficients (n,) in steps, what errors weigh, levels, latents before."""

    where: CellMap
    real: NDArray[np.float64]
    worth: NDArray[np.float64]
    levels: NDArray[np.int64]
    before: NDArray[np.int32]


class _SeriesTrial:
    """Codes the later windows of pairs, given what the earlier ones became."""

    def __init__(
        self,
        pairs: Sequence[tuple[FieldWindow, FieldWindow]],
        alone: CodingSettings,
        priors: CodingPriors,
        levels: LevelTables,
    ) -> None:
        self._alone, self._levels, contexts = alone, levels, priors.contexts
        self.contexts = ContextModel(contexts.weights, read_tables(alone.tables, contexts.tables))
        self._second = SecondCoder(alone.kinds, alone.modes, priors.mixing, contexts)
        windows = [
            (WindowCoefficients(a, alone.kinds, levels), WindowCoefficients(b, alone.kinds, levels))
            for a, b in pairs
        ]
        self._chunks = [chunk for pair in windows for chunk in self._later(*pair)]
        present = [(a, b, key, mode) for a, b in windows for key, mode in alone.modes.items() if a.has(key)]
        firsts = [
            (a.real(key, mode, self._second), a.layout(key, mode, self._second))
            for a, _, key, mode in present
        ]
        coder = self._second.adapted(firsts)
        self._tiles = [
            (b.real(key, mode, self._second), b.worth(key, mode), coder.quantise(*first))
            for (_, b, key, mode), first in zip(present, firsts, strict=True)
        ]

    @property
    def _coder(self) -> ChunkCoder:
        return ChunkCoder(self._alone.kinds, frozenset(self._alone.modes), self.contexts, self._levels)

    def _later(self, first: WindowCoefficients, second: WindowCoefficients) -> list[_Later]:
        coder, found = self._coder, []
        for a, b in zip(first.chunks, second.chunks, strict=True):
            where = coder.map_of(a.place.shape)
            if where.layout.bands:
                before = coder.latents(Quantised(a.levels, a.quantise(coder)), where)
                worth = np.exp2(2 * (b.levels - b.wanted)).ravel()[where.cell]
                real = coder.in_steps(b.own, b.levels, where)
                found.append(_Later(where, real, worth, b.levels, before))
        return found

    def coded(self, series: SeriesCoding | None, *, shifted: bool = True) -> _Coded:
        """Code the chunks of the later windows, alone or under those before."""
        by_frequency, counts, parts = np.zeros(_ALL), np.zeros((CLASSES, SYMBOLS), np.int64), []
        for chunk in self._chunks:
            foretold = None
            if series is not None:
                found = series.foretell(chunk.before, chunk.levels, chunk.where, shifted=shifted)
                foretold = found if pays(chunk.real, found) else None
            symbols, cost = self._chunk(chunk, foretold)
            by_frequency += np.bincount(frequencies(chunk.where.layout), cost, minlength=_ALL)
            counts += counts_of(symbols)
            if foretold is not None and not shifted:
                parts.append((foretold.hints.of, symbols))
        return _Coded(float(by_frequency.sum()), by_frequency, counts, _count_all(parts))

    def _chunk(self, chunk: _Later, foretold: Foretold | None) -> tuple[Symbols, NDArray[np.float64]]:
        real = chunk.real if foretold is None else chunk.real - foretold.values
        box = self._coder.box(chunk.where, chunk.levels, foretold)
        symbols = quantise_box(real, box, self.contexts, chunk.worth)
        error = chunk.worth * np.square(real - symbols.coefficients)
        return symbols, coefficient_bits(symbols, self.contexts) + BITS_OF_ERROR * error

    def second(self, *, differences: bool) -> float:
        """What the later windows' second transforms cost in bits, and error in bits."""
        parts = []
        for octaves, _, before in self._tiles:
            real = octaves - before.coefficients if differences else octaves
            if differences and likely_bits(real) > likely_bits(octaves):
                real = octaves
            parts.append((real, before.layout))
        coder, cost = self._second.adapted(parts), 0.0
        for part, (_, worth, _) in zip(parts, self._tiles, strict=True):
            symbols = coder.quantise(*part)
            error = float(np.square(part[0] - symbols.coefficients).sum())
            cost += bits_of(symbols, coder.contexts) + worth * BITS_OF_ERROR * error
        return cost


def _count_all(parts: Sequence[tuple[NDArray[np.uint8], Symbols]]) -> Counts:
    """How often each symbol came under each hint and class."""
    if not parts:
        return np.zeros((HINTS, CLASSES, SYMBOLS), np.int64)
    hints = np.concatenate([hints for hints, _ in parts])
    classes = np.concatenate([symbols.classes for _, symbols in parts])
    values = np.concatenate([symbols.coefficients for _, symbols in parts])
    coded = classes != NOT_CODED
    sizes = split_sizes(np.abs(values[coded]).astype(np.int64))[0]
    return count_hinted(hints[coded], classes[coded], sizes)
