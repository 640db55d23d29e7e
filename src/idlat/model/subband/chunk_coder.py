"""A chunk: from the real coefficients of its cells to integers, to bytes, and back (design section 3a).

c, wanted levels ─ levels ─▶ c in steps ─ rate–distortion optimisation ─ noise shaping ─▶ latents
latents (1 + 512, z, y, x) ─ levels; band by band under contexts ─▶ bytes ─▶ latents
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.level_stream import COARSEST
from idlat.coding.subband_stream import decode_box, encode_symbols, symbols_of
from idlat.coding.subband_walk import Box, Symbols, even_box
from idlat.errors import CorruptStreamError
from idlat.jit import compiles
from idlat.model.subband.cell_levels import choose_levels, quiet_levels
from idlat.model.subband.cell_map import PER_CELL_COEFFICIENTS, CellMap, Key, cell_map
from idlat.model.subband.chunk_header import ChunkHeader, LevelTables, read_header, write_header
from idlat.model.subband.noise_shaping import shape_noise
from idlat.model.subband.rdo_quantisation import quantise_box
from idlat.model.subband.series_coding import Foretold, SeriesCoding, pays
from idlat.transform.cuts import NO_CUTS, Cuts
from idlat.transform.subbands import PER_CELL, Kinds, Shape

__all__ = ["ChunkCoder", "Quantised", "levels_of_cells"]

Real = NDArray[np.floating]
Integers = NDArray[np.int64]
Latents = NDArray[np.int32]

_MOST = 2**30 - 1
_LARGEST = float(_MOST)
_SIGNIFICANT = 0.6  # of a step: smaller coefficients are dropped where there are no others


class Quantised(NamedTuple):
    """A chunk of integers.

    Attributes
    ----------
    levels : ndarray of int64
        (z, y, x): by how many doublings each cell's step exceeds the finest, at least 0.
    symbols : Symbols
    foretold : Foretold, optional
        What the symbols' coefficients are differences from.
    """

    levels: NDArray[np.int64]
    symbols: Symbols
    foretold: Foretold | None = None


@dataclass(frozen=True)
class ChunkCoder:
    """Codes the chunks of one variable.

    Attributes
    ----------
    kinds : Kinds
        The transform along each axis.
    without : frozenset of keys
        Subbands that are not coded in chunks.
    contexts : ContextModel
    level_tables : LevelTables
    error_weight : float
        How much the encoder weighs errors beside bits.
    series : SeriesCoding, optional
        How chunks are coded under those of the step before.
    shapes_noise : bool
        Whether the encoder shapes errors within cells.
    """

    kinds: Kinds
    without: frozenset[Key]
    contexts: ContextModel
    level_tables: LevelTables
    error_weight: float = 1.0
    series: SeriesCoding | None = None
    shapes_noise: bool = True

    def map_of(self, shape: Shape) -> CellMap:
        """Where the coefficients of a chunk of `shape` voxels stand."""
        return cell_map(shape, self.kinds, self.without)

    def quantise(
        self,
        c: Real,
        wanted: NDArray[np.float64],
        exponent: NDArray[np.float32],
        shape: Shape,
        before: Latents | None = None,
        cuts: Cuts = NO_CUTS,
    ) -> Quantised:
        """Choose the integers of a chunk.

        Parameters
        ----------
        c : ndarray of float
            (512, z, y, x): coefficients in units of the finest step.
        wanted : ndarray of float64
            (z, y, x): the levels that the map asks for.
        exponent : ndarray of float32
            (Z, Y, X): a·I of the chunk's voxels.
        shape : Shape
            Its voxels.
        before : ndarray of int32, optional
            Latents of the same chunk in the step before.
        cuts : Cuts
            By voxels of the chunk.
        """
        where, levels = self.map_of(shape), levels_of_cells(c, wanted, self.level_tables)
        if not where.layout.bands:
            return Quantised(levels, Symbols(where.layout, np.zeros(0, np.int32), np.zeros(0, np.uint8), 0))
        real = self.in_steps(c, levels, where)
        foretold = self.foretold(real, before, levels, where)
        if foretold is not None:
            real -= foretold.values
        box, worth = self.box(where, levels, foretold), self.worth(levels, wanted)
        symbols = quantise_box(real, box, self.contexts, worth, where.cell)
        if not self.shapes_noise or not wanted.any() or exponent.min() == exponent.max():
            return Quantised(levels, symbols, foretold)
        shaped = shape_noise(
            real,
            symbols.coefficients,
            symbols.classes,
            where,
            self.kinds,
            cuts,
            exponent,
            worth,
            self.contexts.bits,
        )
        if shaped is not symbols.coefficients:
            symbols = symbols_of(shaped, box, self.contexts)
        return Quantised(levels, symbols, foretold)

    def worth(self, levels: NDArray[np.int64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much an error of one step counts beside bits, by cell, at levels (z, y, x) to code."""
        return self.error_weight * np.exp2(2 * (levels - wanted)).ravel()

    def foretold(
        self, values: Real | Integers, before: Latents | None, levels: Integers, where: CellMap
    ) -> Foretold | None:
        """What the step before says of coefficients (n,) in steps; None where that saves nothing."""
        if before is None or self.series is None or not before[1:].any():
            return None
        found = self.series.foretell(before, levels, where)
        return found if pays(values, found) else None

    @staticmethod
    def in_steps(c: Real, levels: NDArray[np.int64], where: CellMap) -> NDArray[np.float64]:
        """Return coefficients (n,) of cells (512, z, y, x) in steps of their cells."""
        flat, scale = c.reshape(-1), np.exp2(-levels).ravel()
        if compiles():
            from idlat.model.subband.kernels import cell_kernels

            real = np.empty(len(where.places))
            cell_kernels.gather_in_steps(flat, where.places, where.cell, scale, _LARGEST, real)
            return real
        return np.clip(flat[where.places].astype(np.float64) * scale[where.cell], -_LARGEST, _LARGEST)

    def box(self, where: CellMap, levels: NDArray[np.int64], foretold: Foretold | None = None) -> Box:
        """The box in which a chunk's coefficients are coded."""
        coarse, hints = levels - levels.min(), None if foretold is None else foretold.hints
        if not coarse.any():
            even = even_box(where.layout)
            return even if hints is None else Box(where.layout, even.coarseness, hints)
        coarseness = {}
        for band in where.layout.bands:
            if band.shape not in coarseness:
                per = [PER_CELL[kind][k] for kind, k in zip(self.kinds, band.key, strict=True)]
                z, y, x = (np.arange(n) // m for n, m in zip(band.shape, per, strict=True))
                coarseness[band.shape] = coarse[np.ix_(z, y, x)]
        return Box(where.layout, coarseness, hints)

    def latents(self, chunk: Quantised, where: CellMap) -> Latents:
        """The latents (1 + 512, z, y, x) of a chunk; the level counts halvings, so it is at most 0."""
        return _latents(chunk.levels, chunk.symbols.coefficients, where, chunk.foretold)

    def quantised(self, latents: Latents, shape: Shape, before: Latents | None = None) -> Quantised:
        """Undo :meth:`latents`: coefficients of subbands that are not coded in chunks are passed over."""
        where = self.map_of(shape)
        levels = -latents[0].astype(np.int64)
        if not where.layout.bands:
            return Quantised(levels, Symbols(where.layout, np.zeros(0, np.int32), np.zeros(0, np.uint8), 0))
        values = latents[1:].reshape(-1)[where.places].astype(np.int64)
        foretold = self.foretold(values, before, levels, where)
        if foretold is not None:
            values -= foretold.values
        return Quantised(
            levels, symbols_of(values, self.box(where, levels, foretold), self.contexts), foretold
        )

    def encode(self, chunk: Quantised, shape: Shape) -> bytes:
        """The bytes of a chunk of `shape` voxels; an empty one of the usual shape is one byte."""
        coded = chunk.symbols.last > 0
        header = ChunkHeader(shape, chunk.levels, coded, chunk.foretold is not None)
        body = encode_symbols(chunk.symbols, self.contexts) if coded else b""
        return write_header(header, self.level_tables) + body

    def decode(self, data: bytes, before: Latents | None = None) -> Latents:
        """Undo :meth:`encode`: return latents.

        Parameters
        ----------
        data : bytes
        before : ndarray of int32, optional
            Latents of the same chunk in the step before, perhaps padded.

        Raises
        ------
        CorruptStreamError
            If the bytes are none of a chunk.
        """
        header, at = read_header(data, self.level_tables)
        where, levels = self.map_of(header.shape), header.levels
        foretold = self._foretold_again(before, levels, where) if header.after else None
        coefficients = np.zeros(where.layout.size, np.int32)
        if header.has_box:
            if not where.layout.bands:
                raise CorruptStreamError("a coded chunk is damaged: it has more bands than its size allows")
            coefficients = decode_box(data[at:], self.box(where, levels, foretold), self.contexts)
        elif at != len(data):
            raise CorruptStreamError("a coded chunk is damaged: bytes are left over")
        return _latents(levels, coefficients, where, foretold)

    def _foretold_again(self, before: Latents | None, levels: Integers, where: CellMap) -> Foretold:
        """What the step before said of a chunk that was coded under it."""
        if self.series is None:
            raise CorruptStreamError("a coded chunk is damaged: it asks for a step before")
        if before is None:
            raise CorruptStreamError(
                "a coded chunk needs the same chunk of the time step before: read it through "
                "idlat.open_archive, or compress with --key-every 1"
            )
        z, y, x = where.cells
        return self.series.foretell(np.ascontiguousarray(before[:, :z, :y, :x]), levels, where)


def levels_of_cells(c: Real, wanted: NDArray[np.float64], tables: LevelTables) -> NDArray[np.int64]:
    """Return the levels (z, y, x) to code of coefficients (512, z, y, x), given those that are wanted."""
    if not wanted.any():
        return np.zeros(wanted.shape, np.int64)
    if (finest := math.floor(wanted.min())) < 0:
        finer = levels_of_cells(c * np.asarray(2.0**-finest, c.dtype), wanted - finest, tables)
        return np.asarray(np.minimum(finer, finer.min() + COARSEST) + finest)
    steps, largest = np.exp2(wanted), _largest(c[1:])  # the mean is not coded in chunks
    if (largest <= _SIGNIFICANT * steps).all():
        with np.errstate(divide="ignore"):
            return quiet_levels(wanted, np.log2(largest / _SIGNIFICANT), tables.bits)
    return choose_levels(wanted, _significant(c, _SIGNIFICANT * steps), tables.bits)


def _largest(c: Real) -> NDArray[np.float64]:
    """The size of the largest coefficient (n, z, y, x) of each cell."""
    if not compiles():
        return np.asarray(np.abs(c).max(0), np.float64)
    from idlat.model.subband.kernels import cell_kernels

    found = np.zeros(c.shape[1:])
    cell_kernels.find_largest(c.reshape(len(c), -1), found.ravel())
    return found


def _significant(c: Real, limit: NDArray[np.float64]) -> Integers:
    """How many coefficients (512, z, y, x) of each cell exceed its limit (z, y, x)."""
    if not compiles():
        return np.asarray((np.abs(c) > limit).sum(0))
    from idlat.model.subband.kernels import cell_kernels

    counts = np.zeros(limit.size, np.int64)
    cell_kernels.count_significant(c.reshape(len(c), -1), limit.ravel(), counts)
    return counts.reshape(limit.shape)


def _latents(
    levels: Integers, coefficients: NDArray[np.int32], where: CellMap, foretold: Foretold | None
) -> Latents:
    latents = np.zeros((1 + PER_CELL_COEFFICIENTS, *where.cells), np.int32)
    latents[0] = -levels
    if foretold is None:
        latents[1:].reshape(-1)[where.places] = coefficients
    else:
        whole = np.clip(coefficients + foretold.values, -_MOST, _MOST)
        latents[1:].reshape(-1)[where.places] = whole
    return latents
