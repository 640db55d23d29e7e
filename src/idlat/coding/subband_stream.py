"""A box of quantised coefficients as bytes, and back (design section 3a).

Pass by pass (:mod:`idlat.coding.subband_walk`): what is decoded foretells a class for each of the next
coefficients; sizes are coded under their class's table, signs and low bits as they are.

    coefficients ─ sizes ─ symbols ─ ANS ─▶ words        words ─▶ symbols ─▶ classes of the next …
                 └ signs, low bits ─ packed ─▶ bits

Compiled where kernels are (:mod:`idlat.jit`), else in NumPy and Python: the same bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.escapes import read_varint, varint
from idlat.coding.magnitudes import LARGEST, split_sizes
from idlat.coding.open_bits import OpenBits, pack
from idlat.coding.rans import Popping, push, read_words
from idlat.coding.subband_arrays import box_arrays
from idlat.coding.subband_walk import (
    Box,
    Pass,
    Symbols,
    coding_order,
    last_beyond,
    new_symbols,
    walk,
)
from idlat.errors import CorruptStreamError
from idlat.jit import compiles

__all__ = ["decode_box", "encode_symbols", "symbols_of"]

Array = NDArray[np.int64]

_DEAR = 1e6  # bits that an error of a squared step is worth where none is wanted: more than any symbol has


def symbols_of(coefficients: NDArray[np.signedinteger[Any]], box: Box, model: ContextModel) -> Symbols:
    """Return what :func:`encode_symbols` codes of coefficients (N,).

    Raises
    ------
    ValueError
        If a coefficient is larger than 2³⁰ − 1, or arrays do not fit the layout.
    """
    if len(coefficients) != box.layout.size or np.abs(coefficients).max() > LARGEST:
        raise ValueError(f"expected {box.layout.size} coefficients of at most {LARGEST}")
    values = coefficients.astype(np.int32)
    last = last_beyond(0.0, values, box.layout)
    arrays = box_arrays(box, model)
    if arrays is None or not compiles():
        return walk(box, model.weights, last, lambda at: values[at.where].astype(np.int64))
    from idlat.coding import kernels

    symbols, worth, cell = new_symbols(box.layout, last), np.array([_DEAR]), np.zeros(0, np.int32)
    kernels.quantise(
        last, *arrays, values.astype(np.float64), worth, cell, symbols.coefficients, symbols.classes
    )
    return symbols


def encode_symbols(symbols: Symbols, model: ContextModel) -> bytes:
    """Return the bytes of one box: last band, words of the coder, then signs and low bits.

    Raises
    ------
    ValueError
        If the symbols are none of the model's.
    """
    if not symbols.last:
        return varint(0)
    words, bits = _compiled_encode(symbols, model) if compiles() else _encode(symbols, model)
    return varint(symbols.last) + varint(len(words)) + words.astype("<u4").tobytes() + bits


def decode_box(data: bytes, box: Box, model: ContextModel) -> NDArray[np.int32]:
    """Undo :func:`encode_symbols`: return the coefficients (N,).

    Raises
    ------
    CorruptStreamError
        If the bytes are not a box's.
    ValueError
        If arrays do not fit the layout.
    """
    last, position = read_varint(data, 0)
    if last > len(box.layout.bands):
        raise CorruptStreamError("a coded chunk is damaged: it has more bands than its size allows")
    if not last:
        return np.zeros(box.layout.size, dtype=np.int32)
    words, end = read_words(data, position)
    bits = np.frombuffer(data, np.uint8, offset=end)
    arrays = box_arrays(box, model)
    if arrays is None or not compiles():
        return _decode(last, words, bits, box, model)
    from idlat.coding import kernels

    values = np.zeros(box.layout.size, dtype=np.int32)
    bits.flags.writeable = False  # one kernel for all kinds of buffers
    taken = kernels.decode(last, *arrays, words, bits, values)
    if taken == kernels.TOO_SHORT:
        raise CorruptStreamError("a coded chunk is damaged: it is cut short")
    if taken == kernels.NO_END:
        raise CorruptStreamError("a coded chunk is damaged: words are left over")
    return values


def _compiled_encode(symbols: Symbols, model: ContextModel) -> tuple[NDArray[np.uint32], bytes]:
    from idlat.coding import kernels

    layout, size = symbols.layout.arrays, symbols.layout.size
    if len(symbols.coefficients) != size or len(symbols.classes) != size:
        raise ValueError(f"expected {size} coefficients and classes")
    words, bits = np.empty(size + 2, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    word_count, bit_count = kernels.encode(
        symbols.last, layout.offsets, layout.shapes, model.arrays.cumulative,
        symbols.coefficients, symbols.classes, words, bits,
    )  # fmt: skip
    if word_count < 0:
        raise ValueError("the symbols are none of the model's")
    used = bits[: -(-bit_count // 32)].astype("<u4").tobytes()
    return words[:word_count], used[: -(-bit_count // 8)]


def _encode(symbols: Symbols, model: ContextModel) -> tuple[NDArray[np.uint32], bytes]:
    order = coding_order(symbols)
    values, classes = symbols.coefficients[order].astype(np.int64), symbols.classes[order].astype(np.int64)
    if np.abs(values).max(initial=0) > LARGEST or classes.max(initial=0) >= len(model.tables):
        raise ValueError("the symbols are none of the model's")
    sizes, rest = split_sizes(np.abs(values))
    return push(sizes, classes, model.cumulative), pack(values, sizes, rest)


def _decode(
    last: int, words: NDArray[np.uint32], bits: NDArray[np.uint8], box: Box, model: ContextModel
) -> NDArray[np.int32]:
    coder, rest, tables = Popping(words), OpenBits(bits), model.cumulative.tolist()

    def decoded(at: Pass) -> Array:
        return rest.coefficients(coder.pop(at.classes, tables))

    symbols = walk(box, model.weights, last, decoded)
    if not coder.empty:
        raise CorruptStreamError("a coded chunk is damaged: words are left over")
    return symbols.coefficients
