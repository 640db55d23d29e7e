"""The walk through a box of integers in NumPy, where there are no kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import LARGEST, LOWEST, RAW_BITS, split_sizes
from idlat.coding.rans import Popping, push_intervals
from idlat.coding.residual.adaptive_tables import (
    ESCAPE,
    LARGEST_SIZE,
    ONE,
    SIGN_CONTEXTS,
    SIGN_START,
    cumulative_of,
    first_counts,
)
from idlat.coding.residual.passes import RefinementPass, Shape, passes_of, slabs_of
from idlat.coding.residual.slab_contexts import classes_of, foretold_values, neighbours, sign_contexts
from idlat.errors import CorruptStreamError

__all__ = ["PlainDecoder", "PlainEncoder"]

Array = NDArray[np.int64]
_ESCAPED = -(2**31)


@dataclass(frozen=True)
class _Slab:
    """Voxels of a slab: their places, classes, contexts of signs, and foretold values."""

    places: tuple[Array, ...]
    classes: Array
    contexts: Array
    foretold: Array


@dataclass
class _Tables:
    """What has been counted."""

    counts: Array = field(default_factory=lambda: first_counts().copy())
    signs: Array = field(default_factory=lambda: np.full((SIGN_CONTEXTS, 2), SIGN_START, np.int64))

    def count(self, classes: Array, symbols: Array, contexts: Array, negative: Array) -> None:
        """Count symbols by class, and signs by context."""
        np.add.at(self.counts, (classes, symbols), ONE)
        np.add.at(self.signs, (contexts, negative), 1)


class _Walk:
    """What coder and decoder do alike."""

    def __init__(
        self,
        shape: Shape,
        levels: NDArray[np.uint8],
        sizes: NDArray[np.int64],
        *,
        predict: bool,
    ) -> None:
        self._shape, self._predict = shape, predict
        z, y, x = (np.arange(n) >> 2 for n in shape)
        self._unit = sizes[levels[np.ix_(z, y, x)]]
        self._sizes, self._signs = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self._values = np.zeros(shape, np.int64)
        self._tables = _Tables()

    def _slabs(self) -> list[tuple[RefinementPass, tuple[range, range, range]]]:
        return [(one, slab) for one in passes_of(self._shape) for slab in slabs_of(one, self._shape)]

    def _look(self, one: RefinementPass, slab: Sequence[range]) -> _Slab:
        """Return what is known of a slab before it is coded."""
        expected = neighbours(self._sizes, one, slab) * 16 // self._unit[np.ix_(*slab)]
        contexts = sign_contexts(neighbours(self._signs, one, slab), one.axis)
        foretold = np.zeros(expected.shape, np.int64)
        if self._predict:
            foretold = foretold_values(self._values, one, slab)
        places = tuple(place.ravel() for place in np.meshgrid(*slab, indexing="ij"))
        return _Slab(places, classes_of(expected).ravel(), contexts.ravel(), foretold.ravel())

    def _remember(self, slab: _Slab, values: Array, symbols: Array) -> None:
        """Take the values of a slab, and count its symbols."""
        differences = np.where(symbols == ESCAPE, 0, values - slab.foretold)
        said = differences != 0
        self._values[slab.places] = values
        self._signs[slab.places] = np.sign(differences)
        sizes = np.minimum(np.abs(differences), LARGEST_SIZE) * self._unit[slab.places] >> 4
        self._sizes[slab.places] = sizes
        negative = (differences[said] < 0).astype(np.int64)
        self._tables.count(slab.classes, symbols, slab.contexts[said], negative)


class PlainEncoder(_Walk):
    """Codes a box; the parameters are those of :func:`idlat.coding.residual.encode_integers`."""

    def __init__(
        self,
        values: NDArray[np.int32],
        levels: NDArray[np.uint8],
        sizes: NDArray[np.int64],
        *,
        predict: bool,
    ) -> None:
        z, y, x = values.shape
        super().__init__((z, y, x), levels, sizes, predict=predict)
        self._given = values.astype(np.int64)

    def streams(self) -> tuple[NDArray[np.uint32], bytes]:
        """Return words, and low bits.

        Raises
        ------
        ValueError
            If an integer, or a difference, is too large.
        """
        begins: list[Array] = []
        ends: list[Array] = []
        bits: list[NDArray[np.uint8]] = []
        for one, ranges in self._slabs():
            slab = self._look(one, ranges)
            values = self._given[slab.places]
            escaped = values == _ESCAPED
            differences = np.where(escaped, 0, values - slab.foretold)
            if np.abs(differences).max(initial=0) > LARGEST:
                raise ValueError(f"integers, or their differences, are at most {LARGEST}")
            symbols, rest = split_sizes(np.abs(differences))
            symbols = np.where(escaped, ESCAPE, symbols)
            said = differences != 0
            sign = (differences[said] < 0).astype(np.int64)
            tables, sign_tables = cumulative_of(self._tables.counts), cumulative_of(self._tables.signs)
            begins += [tables[slab.classes, symbols], sign_tables[slab.contexts[said], sign]]
            ends += [tables[slab.classes, symbols + 1], sign_tables[slab.contexts[said], sign + 1]]
            bits.append(_low_bits(symbols[said], rest[said]))
            self._remember(slab, values, symbols)
        packed = np.packbits(np.concatenate(bits), bitorder="little").tobytes()
        return push_intervals(np.concatenate(begins), np.concatenate(ends)), packed


def _low_bits(symbols: Array, rest: Array) -> NDArray[np.uint8]:
    counts = RAW_BITS[symbols]
    position = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(((np.repeat(rest, counts) >> position) & 1).astype(np.uint8))


class PlainDecoder(_Walk):
    """Undoes :class:`PlainEncoder`."""

    def __init__(
        self,
        words: NDArray[np.uint32],
        low_bits: bytes,
        shape: Shape,
        levels: NDArray[np.uint8],
        sizes: NDArray[np.int64],
        *,
        predict: bool,
    ) -> None:
        super().__init__(shape, levels, sizes, predict=predict)
        self._words = Popping(words)
        self._bits = np.unpackbits(np.frombuffer(low_bits, np.uint8), bitorder="little")
        self._taken, self._bytes = 0, len(low_bits)

    def values(self) -> NDArray[np.int32]:
        """Return the integers (z, y, x).

        Raises
        ------
        CorruptStreamError
            If words and bits are none of such a box.
        """
        for one, ranges in self._slabs():
            slab = self._look(one, ranges)
            rows = cumulative_of(self._tables.counts).tolist()
            symbols = self._words.pop(slab.classes, rows)
            said = (symbols > 0) & (symbols < ESCAPE)
            sign = self._words.pop(slab.contexts[said], cumulative_of(self._tables.signs).tolist())
            differences = np.zeros(len(symbols), np.int64)
            differences[said] = self._sizes_of(symbols[said]) * (1 - 2 * sign)
            values = slab.foretold + differences
            if np.abs(values).max(initial=0) > LARGEST:
                raise CorruptStreamError("a coded box is damaged: an integer is too large")
            values[symbols == ESCAPE] = _ESCAPED
            self._remember(slab, values, symbols)
        if not self._words.empty or -(-self._taken // 8) != self._bytes:
            raise CorruptStreamError("a coded box is damaged: its words and bits do not end as they should")
        return self._values.astype(np.int32)

    def _sizes_of(self, symbols: Array) -> Array:
        counts = RAW_BITS[symbols]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        part = self._bits[self._taken : self._taken + total]
        if len(part) < total:
            raise CorruptStreamError("a coded box is damaged: it is cut short")
        self._taken += total
        position = np.arange(total) - np.repeat(ends - counts, counts)
        rest = np.zeros(len(symbols), np.int64)
        np.add.at(rest, np.repeat(np.arange(len(symbols)), counts), part.astype(np.int64) << position)
        return np.asarray(LOWEST[symbols] + rest)
