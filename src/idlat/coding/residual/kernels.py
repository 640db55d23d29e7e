"""Boxes of integers to words and bits and back, compiled: what :mod:`idlat.coding.residual.plain_walk` gives.

Callers see to it that arrays fit each other; whatever words and bits say, kernels stay within them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.kernels.rans_steps import begin_popping, pop_interval, push_interval, push_rest, quantile_of
from idlat.coding.kernels.sizes import symbol_of
from idlat.coding.magnitudes import LARGEST, LOWEST, RAW_BITS
from idlat.coding.residual.adaptive_tables import CLASSES, ESCAPE
from idlat.coding.residual.slab_kernels import (
    AdaptiveTables,
    Known,
    Slab,
    Units,
    foretold,
    look,
    remember,
    renew,
)
from idlat.jit import kernel

__all__ = ["Units", "decode", "encode"]

Array: TypeAlias = NDArray[Any]

_LOWEST, _RAW_BITS = LOWEST, RAW_BITS
_ESCAPED = -(2**31)


@kernel
def _rooms(shape: tuple[int, int, int], counts: Array, signs: Array) -> tuple[Known, AdaptiveTables, Slab]:
    """Return what a walk works in."""
    n = shape[0] * shape[1] * shape[2]
    known = Known(np.zeros(shape, np.int64), np.zeros(shape, np.int8))
    of_sizes, of_signs = np.zeros((CLASSES, ESCAPE + 2), np.int64), np.zeros((len(signs), 3), np.int64)
    tables = AdaptiveTables(counts, signs, of_sizes, of_signs, np.ones(CLASSES, np.bool_))
    where = np.empty((n, 3), np.int16)
    return known, tables, Slab(where, np.empty(n, np.uint8), np.empty(n, np.uint8), np.empty(n, np.uint8))


@kernel
def _push(begins: Array, chances: Array, n: int, words: Array) -> int:
    """Write the words of n symbols; return how many."""
    state, used = np.uint64(0), 0
    for j in range(n - 1, -1, -1):
        state, used = push_interval(np.uint64(begins[j]), np.uint64(chances[j]), state, used, words)
    return push_rest(state, used, words)


@kernel
def encode(
    values: Array,
    units: Units,
    passes: Array,
    counts: Array,
    signs: Array,
    predict: bool,
    words: Array,
    bits: Array,
) -> tuple[int, int]:
    """Write words and low bits of a box; return how many of each, or −1 where an integer is too large.

    Parameters
    ----------
    values : ndarray of int32
        (z, y, x).
    units : Units
    passes : ndarray of int64
        (passes, 12): axis, stride, starts, steps, aside, planes of a slab.
    counts, signs : ndarray of int64
        (40, 121) and (15, 2), as at the beginning.
    predict : bool
        Whether it is the differences from foretold values that are coded.
    words, bits : ndarray of uint32
        (2·n + 2,), and (n + 1,), 0 before: 32 low bits in each, lowest first.
    """
    nz, ny, nx = values.shape
    known, tables, slab = _rooms((nz, ny, nx), counts, signs)
    begins, chances = np.empty(2 * values.size, np.uint32), np.empty(2 * values.size, np.uint32)
    differences = np.empty(values.size, np.int64)
    n, taken = 0, 0
    for one in passes:
        axis, s = one[0], one[1]
        for first in range(one[2], nz, one[5] * one[11]):
            renew(tables)
            count = look(known, units, one, first, slab)
            for i in range(count):
                z, y, x, k = slab.where[i, 0], slab.where[i, 1], slab.where[i, 2], slab.classes[i]
                difference = np.int64(values[z, y, x])
                escaped = difference == _ESCAPED
                if predict:
                    difference -= foretold(values, z, y, x, axis, s)
                if abs(difference) > LARGEST and not escaped:
                    return -1, 0
                symbol = ESCAPE if escaped else symbol_of(int(abs(difference)))
                begins[n] = tables.of_sizes[k, symbol]
                chances[n] = tables.of_sizes[k, symbol + 1] - tables.of_sizes[k, symbol]
                slab.symbols[i], differences[i], n = symbol, 0 if escaped else difference, n + 1
            for i in range(count):
                symbol, difference, k = slab.symbols[i], differences[i], slab.contexts[i]
                if difference != 0:
                    side = 1 if difference < 0 else 0
                    begins[n] = tables.of_signs[k, side]
                    chances[n] = tables.of_signs[k, side + 1] - tables.of_signs[k, side]
                    n += 1
                    low = abs(difference) - _LOWEST[symbol]
                    for bit in range(_RAW_BITS[symbol]):
                        if low >> bit & 1:
                            bits[taken >> 5] |= np.uint32(1) << np.uint32(taken & 31)
                        taken += 1
                remember(known, units, tables, slab, i, abs(difference), difference < 0)
    return _push(begins, chances, n, words), taken


@kernel
def _pop(tables: Array, k: int, state: np.uint64, left: int, words: Array) -> tuple[int, np.uint64, int]:
    """Return the next symbol under table `k`, the state and the words left."""
    quantile, symbol = quantile_of(state), 0
    while np.uint64(tables[k, symbol + 1]) <= quantile:
        symbol += 1
    begin = np.uint64(tables[k, symbol])
    state, left = pop_interval(begin, np.uint64(tables[k, symbol + 1]) - begin, state, left, words)
    return symbol, state, left


@kernel
def _size_at(symbol: int, taken: int, bits: Array) -> int:
    """The size that a symbol and its low bits, from bit `taken` on, say."""
    size = _LOWEST[symbol]
    for bit in range(_RAW_BITS[symbol]):
        at = taken + bit
        size += np.int64((bits[at >> 5] >> np.uint32(at & 31)) & np.uint32(1)) << bit
    return int(size)


@kernel
def decode(
    values: Array,
    units: Units,
    passes: Array,
    counts: Array,
    signs: Array,
    predict: bool,
    words: Array,
    bits: Array,
) -> int:
    """Write the integers of a box, 0 before; return how many low bits were taken, or −1.

    The parameters are those of :func:`encode`, but that `words` and `bits` are given.
    """
    nz, ny, nx = values.shape
    known, tables, slab = _rooms((nz, ny, nx), counts, signs)
    state, left = begin_popping(words)
    taken = 0
    for one in passes:
        axis, s = one[0], one[1]
        for first in range(one[2], nz, one[5] * one[11]):
            renew(tables)
            count = look(known, units, one, first, slab)
            for i in range(count):
                symbol, state, left = _pop(tables.of_sizes, slab.classes[i], state, left, words)
                slab.symbols[i] = symbol
            for i in range(count):
                z, y, x, symbol = slab.where[i, 0], slab.where[i, 1], slab.where[i, 2], slab.symbols[i]
                value, size, negative = 0, 0, 0
                if symbol > 0 and symbol < ESCAPE:
                    negative, state, left = _pop(tables.of_signs, slab.contexts[i], state, left, words)
                    if taken + _RAW_BITS[symbol] > 32 * len(bits):
                        return -1
                    size = _size_at(symbol, taken, bits)
                    taken += _RAW_BITS[symbol]
                    value = -size if negative == 1 else size
                if symbol == ESCAPE:
                    value = _ESCAPED
                else:
                    if predict:
                        value += foretold(values, z, y, x, axis, s)
                    if abs(value) > LARGEST:
                        return -1
                values[z, y, x] = value
                remember(known, units, tables, slab, i, size, negative == 1)
    return taken if state == np.uint64(0) and left == 0 else -1
