"""A sample of chunks that represents a field, so that a search need not encode all of it at each trial.

::

    chunks of at most 4 steps a variable ──mean importance──▶ expected cost ──▶ 16 strata of equal cost
      ──▶ the dearest chunk of each, read once, kept ──▶ analyse, encode, synthesise at any gain

A chunk is worked on alone, without the halo that the archive's tiles have, so what a sample says is a little
off; the search corrects it by what whole encodings say (:mod:`idlat.archive.write.gain_search`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from idlat.archive.codecs.latent_codec import encode_chunk_of
from idlat.archive.original.tile_reader import TileInput, VariableInput
from idlat.fields.arrays.missing_values import VALID
from idlat.metrics import ErrorSums, decibels, measure
from idlat.model.latent_model import LatentModel
from idlat.model.tile_analysis import TileAnalysis
from idlat.parallel import Workers, local_threads, run_tasks
from idlat.tiling import Grid, Tile, Triple

__all__ = ["GainSample", "SamplePiece", "draw_sample"]

_STRATA = 16
_STEPS = 4  # of a variable, among which chunks are drawn
_LEAST_COST = 0.05  # of a chunk without importance, where one of importance 1 costs 1.05
_MARGIN = 1  # cells at the border of a chunk that its neighbours would help to decode


@dataclass(frozen=True)
class _Candidate:
    source: VariableInput
    frame: int
    chunk: Tile
    cost: float


@dataclass(frozen=True)
class SamplePiece:
    """A chunk of the sample, weighted by the number of chunks that it represents; what encodes it."""

    source: VariableInput
    frame: int
    chunk: Tile
    weight: float
    seen: TileInput
    model: LatentModel


@dataclass(frozen=True)
class GainSample:
    """A weighted sample of the chunks of a field, in memory.

    Attributes
    ----------
    pieces
        At least one.
    bytes_original
        Of the whole field.
    workers
        Threads; what is estimated does not depend on them.
    """

    pieces: tuple[SamplePiece, ...]
    bytes_original: int
    workers: Workers

    def under(self, sources: Sequence[VariableInput], models: Sequence[LatentModel]) -> GainSample:
        """Return the sample under a model for each variable, which may be fitted to it."""
        own = dict(zip(map(id, sources), models, strict=True))
        pieces = tuple(replace(piece, model=_placed(piece, own[id(piece.source)])) for piece in self.pieces)
        return replace(self, pieces=pieces)

    def ratio(self, gain: float) -> float:
        """Estimate the LSR at a gain."""

        def stored(piece: SamplePiece) -> float:
            analysis, shape = _analysis(piece, gain)
            low = piece.model.encode_low(analysis.low, analysis.levels, shape)
            latents = encode_chunk_of(piece.model, analysis, shape)
            return piece.weight * (len(latents) + len(low))

        return self.bytes_original / math.fsum(run_tasks(stored, self.pieces, self.workers))

    def psnr(self, gain: float) -> float:
        """Estimate the weighted PSNR at a gain, in dB (Eq. 13, 14)."""

        def errors(piece: SamplePiece) -> tuple[SamplePiece, ErrorSums]:
            return piece, _errors(piece, gain)

        found = list(run_tasks(errors, self.pieces, self.workers))
        squares = math.fsum(p.weight * sums.weighted / _span(p) ** 2 for p, sums in found)
        weight = math.fsum(p.weight * sums.weight for p, sums in found)
        if weight == 0.0:  # the importance lies elsewhere: better an estimate without it than none
            squares = math.fsum(p.weight * sums.squared / _span(p) ** 2 for p, sums in found)
            weight = math.fsum(p.weight * sums.count for p, sums in found)
        return decibels(squares, weight) if weight > 0.0 else math.inf


def draw_sample(
    sources: Sequence[VariableInput], models: Sequence[LatentModel], bytes_original: int, workers: Workers
) -> GainSample:
    """Draw a sample of the chunks of a field, stratified by cost.

    Parameters
    ----------
    sources
        Its variables.
    models
        What encodes each, fitted to it or not.
    bytes_original
        Of all of its values.
    workers
        Threads.
    """
    cells = models[0].chunk_cells
    candidates = [
        candidate
        for source in sources
        for step in _spread(source.variable.steps, _STEPS)
        for candidate in _candidates(source, step, cells, workers)
    ]
    total = sum(s.variable.frames * len(s.grid.chunks(cells)) for s in sources)
    drawn = _by_strata(candidates, total / len(candidates))
    pieces = tuple(
        SamplePiece(c.source, c.frame, c.chunk, w, c.source.read(c.frame, c.chunk.core), models[0])
        for c, w in drawn
    )
    return GainSample(pieces, bytes_original, local_threads(workers)).under(sources, models)


def _spread(count: int, most: int) -> list[int]:
    """Choose at most `most` indices below `count`, evenly spread.

    >>> _spread(30, 4), _spread(2, 4)
    ([3, 11, 18, 26], [0, 1])
    """
    n = min(count, most)
    return [(2 * i + 1) * count // (2 * n) for i in range(n)]


def _candidates(source: VariableInput, step: int, chunk_cells: int, workers: Workers) -> list[_Candidate]:
    """List the chunks of a step, of each component, with what they may cost: size and mean importance."""
    importance = source.importance.step(step)
    whole = (chunk_cells * source.grid.cell) ** 3

    def cost(chunk: Tile) -> float:
        (z0, z1), (y0, y1), (x0, x1) = source.grid.voxels_of(chunk.core)
        values = np.asarray(importance[z0:z1, y0:y1, x0:x1])
        mean = float(values.mean(dtype=np.float64))
        return (_LEAST_COST + mean) * values.size / whole

    chunks = source.grid.chunks(chunk_cells)
    costs = list(run_tasks(cost, chunks, workers))
    first = step * source.variable.components
    return [
        _Candidate(source, frame, chunk, chunk_cost)
        for frame in range(first, first + source.variable.components)
        for chunk, chunk_cost in zip(chunks, costs, strict=True)
    ]


def _by_strata(candidates: Sequence[_Candidate], scale: float) -> list[tuple[_Candidate, float]]:
    """Cut the candidates, by rising cost, into strata of equal cost; take the last of each.

    Returns
    -------
    list of (candidate, weight)
        The weight is the cost of the chunks that a candidate represents over its own, times `scale`.
    """
    ordered = sorted(candidates, key=lambda c: c.cost)  # stable: equal costs stay in the field's order
    ends = np.cumsum([c.cost for c in ordered])
    strata = min(_STRATA, -(-len(ordered) // 4) if len(ordered) > 4 else len(ordered))
    bounds = np.linspace(0.0, ends[-1], strata + 1)[1:]
    chosen = np.unique(np.minimum(np.searchsorted(ends, bounds * (1 - 1e-12)), len(ordered) - 1))
    drawn, before = [], 0.0
    for index in chosen:
        drawn.append((ordered[index], float(ends[index] - before) / ordered[index].cost * scale))
        before = float(ends[index])
    return drawn


def _span(piece: SamplePiece) -> float:
    """The range of the frame's values, as everywhere; 1 for a constant one."""
    low, high = piece.source.variable.value_range(piece.frame)
    return high - low or 1.0


def _analysis(piece: SamplePiece, gain: float) -> tuple[TileAnalysis, Triple]:
    """Code a chunk by itself; return what it gives, and its voxels."""
    shape = piece.source.grid.voxels_in(piece.chunk.core)
    return piece.model.analyse_tile(piece.seen.x, piece.seen.importance, gain, None, shape), shape


def _placed(piece: SamplePiece, model: LatentModel) -> LatentModel:
    """The model where the chunk is."""
    return model.placed(piece.source.grid.first_voxel(piece.chunk.core))


def _errors(piece: SamplePiece, gain: float) -> ErrorSums:
    """Decode a chunk by itself and measure it, without the border that needs neighbours to decode."""
    variable, seen, model = piece.source.variable, piece.seen, piece.model
    analysis, shape = _analysis(piece, gain)
    low = model.decode_low(model.encode_low(analysis.low, analysis.levels, shape), shape)
    decoded = np.zeros(seen.x.shape, np.float32)
    synthesised = model.synthesise(analysis.latents, gain, low, shape)
    decoded[tuple(slice(n) for n in synthesised.shape)] = synthesised
    values = variable.normalisation(piece.frame).backward(decoded, seen.original.dtype)
    inner = _inner(piece.chunk, piece.source.grid)
    valid = None if seen.kinds is None else seen.kinds[inner] == VALID
    return measure(seen.original[inner], values[inner], seen.importance[inner], valid)


def _inner(chunk: Tile, grid: Grid) -> tuple[slice, ...]:
    """Voxels of a chunk inside the field and at least a cell from other chunks, where that leaves any."""
    inner = []
    for (start, stop), cells, voxels in zip(chunk.core, grid.cells, grid.shape, strict=True):
        low = 0 if start == 0 else min(_MARGIN, stop - start - 1)
        high = stop - start - (0 if stop == cells else min(_MARGIN, stop - start - 1 - low))
        inner.append(slice(low * grid.cell, min(voxels - start * grid.cell, high * grid.cell)))
    return tuple(inner)
