"""The second transform: low subbands of a tile once more by octaves, coded as one object (design section 3a).

A slowly varying field shares much between neighbouring cells: the means, and low frequencies for which it
saves bytes, are transformed again over tiles of at most 64³ cells. Where steps differ from cell to cell a
subband is taken in the steps of its cells (``scaled``), part by part between cuts, or in the finest step of
the tile (``finest``), which beyond cuts becomes coarser, coefficient by coefficient.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import likely_tables
from idlat.coding.level_stream import COARSEST
from idlat.coding.mixing.mixing_stream import MixingModel, decode_octaves, encode_octaves
from idlat.coding.subband_walk import Symbols, even_box
from idlat.coding.symbol_counts import counts_of
from idlat.errors import CorruptStreamError
from idlat.model.subband.cell_map import Key
from idlat.model.subband.rdo_quantisation import quantise_box
from idlat.model.subband.series_coding import likely_bits
from idlat.transform.cuts import NO_CUTS, Cuts
from idlat.transform.second import from_octaves, to_octaves
from idlat.transform.second_cuts import octave_scale
from idlat.transform.second_layout import (
    SecondPart,
    at_positions,
    band_shape,
    octaves_of_subbands,
    second_axes,
    second_parts,
    size_of_bands,
)
from idlat.transform.second_norms import octave_norms
from idlat.transform.subbands import CELL, Kinds, Shape, SubbandLayout

__all__ = ["MEAN", "TILE_CELLS", "Mode", "SecondCoder"]

Real = NDArray[np.floating]
Mode = Literal["scaled", "finest"]

MEAN: Key = (0, 0, 0)
TILE_CELLS = 64
_LARGEST = float(2**30 - 1)
_AFTER = 128  # in a tile's first byte: integers are differences from those of the step before
_ROUNDING = 1e6  # an error that weighs so much more than bits leaves every coefficient at the nearest integer


class ChosenOctaves(NamedTuple):
    """The integers of a tile.

    Attributes
    ----------
    header : bytes
        What stands before them.
    coefficients : ndarray of int32
        (n,): of the bands that are coded.
    layout : SubbandLayout, optional
        Of these bands; None where there are none.
    """

    header: bytes
    coefficients: NDArray[np.int32]
    layout: SubbandLayout | None


@dataclass(frozen=True)
class SecondCoder:
    """Codes the tiles of one variable's second transform.

    Attributes
    ----------
    kinds : Kinds
    modes : mapping of key to mode
        The subbands that are transformed again.
    mixing : MixingModel
        What the streams of tiles are coded under.
    contexts : ContextModel
        What the encoder takes as the bits of a symbol, unless :meth:`adapted`.
    error_weight : float
        How much the encoder weighs errors beside bits.
    cuts : Cuts
        By voxels of the tile.
    """

    kinds: Kinds
    modes: Mapping[Key, Mode]
    mixing: MixingModel
    contexts: ContextModel
    error_weight: float = 1.0
    cuts: Cuts = NO_CUTS

    def layout(self, key: Key, mode: Mode, shape: Shape) -> SubbandLayout:
        """Return how the octaves of a subband of a tile of `shape` voxels stand, flat."""
        return octaves_of_subbands(shape, (key,), self.kinds, cuts=(self._cuts(mode),))

    def quantise(self, real: NDArray[np.float64], layout: SubbandLayout) -> Symbols:
        """Choose the integers of one subband alone, given its octaves, flat."""
        return quantise_box(real, even_box(layout), self.contexts, self.error_weight)

    def adapted(self, parts: Sequence[tuple[NDArray[np.float64], SubbandLayout]]) -> SecondCoder:
        """Return the coder that takes as bits what symbols cost by their own number in some subbands.

        The streams' chances follow what comes, so that this is nearer to what they cost than any tables.

        Parameters
        ----------
        parts : sequence of (ndarray of float64, SubbandLayout)
            Octaves of subbands, flat.
        """
        coder = replace(self, error_weight=_ROUNDING * self.error_weight)
        for _ in range(2):
            counts = sum(counts_of(coder.quantise(*part)) for part in parts)
            if isinstance(counts, int):
                return self
            tables = likely_tables(counts, self.contexts.tables)
            coder = replace(self, contexts=ContextModel(self.contexts.weights, tables))
        return coder

    def in_steps(
        self, band: Real, key: Key, mode: Mode, levels: NDArray[np.int64], finest: int, shape: Shape
    ) -> NDArray[np.float64]:
        """Return the octaves of a subband, flat, in the steps in which it is taken.

        Parameters
        ----------
        band : ndarray of float
            (z, y, x): in units of the finest step.
        key, mode
            Which subband, and in which steps.
        levels : ndarray of int64
            At its positions.
        finest : int
            Least level of the tile.
        shape : Shape
            Voxels of the tile.
        """
        steps = np.exp2(levels) if mode == "scaled" else np.exp2(finest)
        even = band.astype(np.float64) / steps * self.short_cells(key, shape, band.shape)
        axes = second_axes(key, self.kinds)
        octaves = [
            to_octaves(even[part.place], axes) * self._norms(key, mode, part.shape)
            for part in self._parts(key, mode, shape)
        ]
        return np.clip(np.concatenate(octaves), -_LARGEST, _LARGEST)

    def _cuts(self, mode: Mode) -> Cuts:
        """The cuts that part a subband: of one that goes on smoothly beyond them, none."""
        return self.cuts if mode == "scaled" else NO_CUTS

    def _parts(self, key: Key, mode: Mode, shape: Shape) -> tuple[SecondPart, ...]:
        return second_parts(shape, key, self.kinds, self._cuts(mode))

    def _norms(self, key: Key, mode: Mode, shape: Shape) -> NDArray[np.float64]:
        """What an error of each coefficient of a subband's octaves weighs in values."""
        axes = second_axes(key, self.kinds)
        norms = octave_norms(shape, key, self.kinds, axes)
        if mode == "scaled" or self.cuts == NO_CUTS:
            return norms
        return norms * octave_scale(shape, key, self.kinds, axes, self.cuts)

    def values(
        self, coefficients: NDArray[np.int32], key: Key, mode: Mode, shape: Shape
    ) -> NDArray[np.float64]:
        """Return a subband of a tile of `shape` voxels, in the steps in which it was taken."""
        size, axes, first = band_shape(shape, key, self.kinds), second_axes(key, self.kinds), 0
        even = np.empty(size)
        for part in self._parts(key, mode, shape):
            norms = self._norms(key, mode, part.shape)
            own = coefficients[first : first + len(norms)] / norms
            even[part.place] = from_octaves(own, band_shape(part.shape, key, self.kinds), axes)
            first += len(norms)
        return np.asarray(even / self.short_cells(key, shape, size))

    def short_cells(self, key: Key, shape: Shape, size: tuple[int, ...]) -> NDArray[np.float64]:
        """What lets the sums of a short last cell stand beside other cells': to be multiplied with (z, y, x).

        A lapped cell of m values has √(m/8) of a whole one's sum.
        """
        scale = np.ones((1, 1, 1))
        for axis, (n, kind) in enumerate(zip(shape, self.kinds, strict=True)):
            if n % CELL and kind == "lapped" and key[axis] == 0:
                along = np.ones(size[axis])
                along[-1] = math.sqrt(CELL / (n % CELL))
                scale = scale * np.expand_dims(along, tuple(a for a in range(3) if a != axis))
        return scale

    def chosen(
        self,
        bands: Mapping[Key, Real],
        levels: NDArray[np.int64],
        shape: Shape,
        before: Mapping[Key, NDArray[np.int32]] | None = None,
    ) -> ChosenOctaves:
        """Choose the integers of a tile; see :meth:`encode`."""
        finest, keys = int(levels.min()), self._present(shape)
        parts = [
            self.in_steps(
                bands[key], key, self.modes[key], at_positions(levels, key, self.kinds, bands[key].shape),
                finest, shape,
            )
            for key in keys
        ]  # fmt: skip
        first = finest & (_AFTER - 1)  # seven bits, the upper half of which are negative
        if before is not None:
            differences = [real - before[key] for real, key in zip(parts, keys, strict=True)]
            if sum(map(likely_bits, differences)) < sum(map(likely_bits, parts)):
                parts, first = differences, first | _AFTER
        layouts = [self.layout(key, self.modes[key], shape) for key in keys]
        coder = self.adapted([*zip(parts, layouts, strict=True)])
        chosen = [coder.quantise(real, layout) for real, layout in zip(parts, layouts, strict=True)]
        ends = tuple(symbols.last for symbols in chosen)
        coded = [symbols.coefficients[: size_of_bands(symbols.layout, symbols.last)] for symbols in chosen]
        return ChosenOctaves(
            bytes([first]) + _pack_ends(ends, layouts),
            np.concatenate([np.zeros(0, np.int32), *coded]),
            self._together(keys, shape, ends) if any(ends) else None,
        )

    def encode(
        self,
        bands: Mapping[Key, Real],
        levels: NDArray[np.int64],
        shape: Shape,
        before: Mapping[Key, NDArray[np.int32]] | None = None,
    ) -> bytes:
        """Return the bytes of a tile.

        Parameters
        ----------
        bands : mapping of key to ndarray of float
            (z, y, x) each: in units of the finest step of all.
        levels : ndarray of int64
            Of the tile's cells.
        shape : Shape
            Voxels of the tile.
        before : mapping of key to ndarray of int32, optional
            Integers of the same tile in the step before.
        """
        chosen = self.chosen(bands, levels, shape, before)
        if chosen.layout is None:
            return chosen.header
        return chosen.header + encode_octaves(chosen.coefficients, chosen.layout, self.mixing)

    def _together(self, keys: Sequence[Key], shape: Shape, ends: Sequence[int]) -> SubbandLayout:
        """How so many bands of each subband stand, one subband after the other."""
        return octaves_of_subbands(
            shape, keys, self.kinds, ends, [self._cuts(self.modes[key]) for key in keys]
        )

    def _present(self, shape: Shape) -> tuple[Key, ...]:
        """The subbands that a tile of `shape` voxels has."""
        return tuple(key for key in self.modes if all(band_shape(shape, key, self.kinds)))

    @staticmethod
    def needs_before(data: bytes) -> bool:
        """Whether the bytes of a tile were coded under the step before."""
        return bool(data) and bool(data[0] & _AFTER)

    def decode(
        self, data: bytes, shape: Shape, before: Mapping[Key, NDArray[np.int32]] | None = None
    ) -> tuple[int, dict[Key, NDArray[np.int32]]]:
        """Undo :meth:`encode`: return the tile's finest level, and the integers of each subband, flat.

        Parameters
        ----------
        data : bytes
        shape : Shape
            Voxels of the tile.
        before : mapping of key to ndarray of int32, optional
            Integers of the same tile in the step before.

        Raises
        ------
        CorruptStreamError
            If the bytes are none of a tile.
        """
        if not data or abs(finest := _signed(data[0] & ~_AFTER)) > COARSEST:
            raise CorruptStreamError("a coded tile is damaged: it begins with no known byte")
        if data[0] & _AFTER and before is None:
            raise CorruptStreamError(
                "a coded tile needs the same tile of the time step before: read it through "
                "idlat.open_archive, or compress with --key-every 1"
            )
        keys = self._present(shape)
        layouts = [self.layout(key, self.modes[key], shape) for key in keys]
        ends, at = _read_ends(data, 1, layouts)
        found = {key: np.zeros(layout.size, np.int32) for key, layout in zip(keys, layouts, strict=True)}
        if any(ends):
            whole = self._together(keys, shape, ends)
            flat, first = decode_octaves(data[at:], whole, self.mixing), 0
            for values, layout, end in zip(found.values(), layouts, ends, strict=True):
                size = size_of_bands(layout, end)
                values[:size], first = flat[first : first + size], first + size
        elif at != len(data):
            raise CorruptStreamError("a coded tile is damaged: bytes are left over")
        if data[0] & _AFTER and before is not None:
            for key, values in found.items():
                values[:] = np.clip(values.astype(np.int64) + before[key], -_LARGEST, _LARGEST)
        return finest, found


def _signed(value: int) -> int:
    """A number of seven bits, the upper half of which are negative."""
    return value - 128 if value >= 64 else value


def _pack_ends(ends: Sequence[int], layouts: Sequence[SubbandLayout]) -> bytes:
    """How many bands of each array are coded, each in as many bits as their number may need."""
    bits = "".join(
        f"{end:0{len(layout.bands).bit_length()}b}" for end, layout in zip(ends, layouts, strict=True)
    )
    return np.packbits(np.array([*bits], dtype=np.uint8)).tobytes()


def _read_ends(data: bytes, at: int, layouts: Sequence[SubbandLayout]) -> tuple[tuple[int, ...], int]:
    """Undo :func:`_pack_ends`: return the ends, and where what follows begins."""
    lengths = [len(layout.bands).bit_length() for layout in layouts]
    size = -(-sum(lengths) // 8)
    if at + size > len(data):
        raise CorruptStreamError("a coded tile is damaged: it is cut short")
    bits = "".join(f"{byte:08b}" for byte in data[at : at + size])
    ends: list[int] = []
    first = 0
    for length, layout in zip(lengths, layouts, strict=True):
        end, first = int(bits[first : first + length], 2), first + length
        if end > len(layout.bands):
            raise CorruptStreamError("a coded tile is damaged: it has more bands than its size allows")
        ends.append(end)
    return tuple(ends), at + size
