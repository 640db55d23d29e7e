"""Symbols to words and bits, compiled.

See :mod:`idlat.coding.rans` and :mod:`idlat.coding.open_bits`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.kernels.rans_steps import push_interval, push_rest
from idlat.coding.kernels.sizes import symbol_of
from idlat.coding.magnitudes import LARGEST, LOWEST, RAW_BITS
from idlat.jit import kernel

__all__ = ["encode"]

Array: TypeAlias = NDArray[Any]

_OPEN_BITS = RAW_BITS + (LOWEST > 0)  # with the sign
_LOW = np.uint64(0xFFFFFFFF)


@kernel
def encode(
    last: int,
    offsets: Array,
    shapes: Array,
    cumulative: Array,
    values: Array,
    classes: Array,
    words: Array,
    bits: Array,
) -> tuple[int, int]:
    """Write the words of the coder, and signs and low bits; return how many of each, or −1.

    Parameters
    ----------
    last : int
        Bands to be encoded.
    offsets, shapes : ndarray
        Of all bands, see :class:`idlat.coding.subband_arrays.BoxArrays`.
    cumulative : ndarray of uint32
        See :class:`idlat.coding.context_model.ModelArrays`.
    values, classes : ndarray of int32 and of uint8
        (N,).
    words : ndarray of uint32
        (N + 2,): a symbol takes one word at most.
    bits : ndarray of uint32
        (N + 1,), lowest first.
    """
    symbols, under = np.empty(len(values), np.uint8), np.empty(len(values), np.uint8)
    n, bit_count = _list_symbols(
        last, offsets, shapes, len(cumulative), values, classes, symbols, under, bits
    )
    return (_push(n, symbols, under, cumulative, words) if n >= 0 else -1), bit_count


@kernel
def _list_symbols(
    last: int,
    offsets: Array,
    shapes: Array,
    class_count: int,
    values: Array,
    classes: Array,
    symbols: Array,
    under: Array,
    bits: Array,
) -> tuple[int, int]:
    """Write symbols and their classes in coding order, and open bits; return how many of both, or −1."""
    n, held, count, written = 0, np.uint64(0), 0, 0
    for pass_ in range(2 * last):
        b, half = pass_ >> 1, pass_ & 1
        nz, ny, nx = shapes[b]
        for z in range(nz):
            for y in range(ny):
                row = offsets[b] + (z * ny + y) * nx
                for i in range(row + ((z + y + half) & 1), row + nx, 2):
                    size = abs(int(values[i]))
                    if size > LARGEST or classes[i] >= class_count:
                        return -1, 0
                    symbol = symbol_of(size)
                    symbols[n], under[n] = symbol, classes[i]
                    n += 1
                    if symbol:
                        raw = (size - LOWEST[symbol]) << 1 | (values[i] < 0)
                        held |= np.uint64(raw) << np.uint64(count)
                        count += _OPEN_BITS[symbol]
                    if count >= 32:
                        bits[written] = held & _LOW
                        held, count, written = held >> np.uint64(32), count - 32, written + 1
    bits[written] = held & _LOW
    return n, 32 * written + count


@kernel
def _push(n: int, symbols: Array, under: Array, cumulative: Array, words: Array) -> int:
    """Write the words of symbols (n,) under their classes; return how many."""
    state, used = np.uint64(0), 0
    for j in range(n - 1, -1, -1):
        begin = np.uint64(cumulative[under[j], symbols[j]])
        chance = np.uint64(cumulative[under[j], symbols[j] + 1]) - begin
        state, used = push_interval(begin, chance, state, used, words)
    return push_rest(state, used, words)
