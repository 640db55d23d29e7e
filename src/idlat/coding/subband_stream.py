"""A box of quantised coefficients as bytes, and back (design section 3a).

Pass by pass (:mod:`idlat.coding.subband_walk`): what is decoded foretells a class for each of the next
coefficients; sizes are coded under their class's table, signs and low bits as they are.

    coefficients ─ sizes ─ symbols ─ ANS ─▶ words        words ─▶ symbols ─▶ classes of the next …
                 └ signs, low bits ─ packed ─▶ bits
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.ans import batches, new_coder
from idlat.coding.context_model import ContextModel
from idlat.coding.escapes import read_varint, varint
from idlat.coding.magnitudes import RAW_BITS, join_sizes, split_sizes
from idlat.coding.subband_walk import Box, Pass, Symbols, span, walk
from idlat.errors import CorruptStreamError

__all__ = ["decode_box", "encode_symbols"]

Array = NDArray[np.int64]


def encode_symbols(symbols: Symbols, model: ContextModel) -> bytes:
    """Return the bytes of one box: last band, words of the coder, then signs and low bits."""
    if not symbols.values:
        return varint(0)
    values = np.concatenate(symbols.values)
    sizes, rest = split_sizes(np.abs(values))
    coder = new_coder()
    end = len(values)
    for classes in reversed(symbols.classes):
        begin = end - len(classes)
        order, starts, used = batches(classes)
        ordered = sizes[begin:end][order].astype(np.int32)
        for k in range(len(used) - 1, -1, -1):
            coder.encode_reverse(ordered[starts[k] : starts[k + 1]], model.coders[used[k]])
        end = begin
    words: bytes = coder.get_compressed().astype("<u4").tobytes()
    return varint(symbols.last) + varint(len(words) // 4) + words + _pack(values, sizes, rest)


def decode_box(data: bytes, box: Box, model: ContextModel) -> Array:
    """Undo :func:`encode_symbols`: return the coefficients (N,), known bands as 0.

    Raises
    ------
    CorruptStreamError
        If the bytes are not a box's.
    """
    last, position = read_varint(data, 0)
    result = np.zeros(box.layout.size, dtype=np.int64)
    if last > len(box.layout.bands):
        raise CorruptStreamError("a coded chunk is damaged: it has more bands than its size allows")
    if not last:
        return result
    count, position = read_varint(data, position)
    end = position + 4 * count
    if end > len(data):
        raise CorruptStreamError("a coded chunk is damaged: it is cut short")
    coder = new_coder(np.frombuffer(data, "<u4", count, position).astype(np.uint32))
    bits = _Bits(np.unpackbits(np.frombuffer(data, np.uint8, offset=end)))

    def decoded(at: Pass) -> Array:
        order, starts, used = batches(at.classes)
        parts = [coder.decode(model.coders[k], int(starts[i + 1] - starts[i])) for i, k in enumerate(used)]
        symbols = np.empty(len(order), dtype=np.int64)
        symbols[order] = np.concatenate(parts)
        values = bits.coefficients(symbols)
        result[span(box.layout, at.band)][at.where.ravel()] = values
        return values

    walk(box, model.weights, last, decoded)
    if not coder.is_empty():
        raise CorruptStreamError("a coded chunk is damaged: words are left over")
    return result


def _pack(values: Array, symbols: Array, rest: Array) -> bytes:
    """Signs and low bits, one coefficient after the other."""
    counts = RAW_BITS[symbols] + (symbols > 0)
    which = np.flatnonzero(counts)
    counts, raw = counts[which], (rest[which] << 1) | (values[which] < 0)
    position = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    bits = (np.repeat(raw, counts) >> position) & 1
    return np.packbits(bits.astype(np.uint8)).tobytes()


class _Bits:
    """Undoes :func:`_pack`, pass by pass."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits
        self._taken = 0

    def coefficients(self, symbols: Array) -> Array:
        """Return the coefficients of the next symbols (n,)."""
        counts = RAW_BITS[symbols] + (symbols > 0)
        ends = np.cumsum(counts)
        total = int(ends[-1])
        part = self._bits[self._taken : self._taken + total]
        if len(part) < total:
            raise CorruptStreamError("a coded chunk is damaged: it is cut short")
        self._taken += total
        which = np.flatnonzero(counts)
        counts, starts = counts[which], (ends - counts)[which]
        rest = np.zeros(len(which), dtype=np.int64)
        for bit in range(1, int(counts.max(initial=0))):
            longer = np.flatnonzero(counts > bit)
            rest[longer] |= part[starts[longer] + bit].astype(np.int64) << (bit - 1)
        values = np.zeros(len(symbols), dtype=np.int64)
        values[which] = join_sizes(symbols[which], rest) * (1 - 2 * part[starts].astype(np.int64))
        return values
