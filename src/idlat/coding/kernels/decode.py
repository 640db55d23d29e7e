"""Words and bits to coefficients, compiled.

See :mod:`idlat.coding.rans` and :mod:`idlat.coding.open_bits`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import GUIDE_SHIFT, ModelArrays
from idlat.coding.kernels.rans_steps import begin_popping, pop_interval, quantile_of
from idlat.coding.kernels.sizes import class_of, expect, expect_more, remember
from idlat.coding.magnitudes import LOWEST, RAW_BITS
from idlat.coding.size_contexts import LARGEST_SIZE
from idlat.coding.subband_arrays import BoxArrays, Room
from idlat.jit import kernel

__all__ = ["NO_END", "TOO_SHORT", "decode"]

Array: TypeAlias = NDArray[Any]

#: What :func:`decode` returns where bits are missing, and where words are left over.
TOO_SHORT, NO_END = -1, -2

_OPEN_BITS = RAW_BITS + (LOWEST > 0)  # with the sign
_GUIDE_SHIFT = np.uint64(GUIDE_SHIFT)


@kernel
def _symbol_at(quantile: np.uint64, k: int, model: ModelArrays) -> int:
    """The symbol of class `k` that a quantile, below 2²⁴, belongs to."""
    symbol = int(model.guide[k, quantile >> _GUIDE_SHIFT])
    while np.uint64(model.cumulative[k, symbol + 1]) <= quantile:
        symbol += 1
    return symbol


@kernel
def _bits_at(begin: int, count: int, bits: Array) -> int:
    """The `count` bits, 1 to 32, from bit `begin` on."""
    raw, have = int(bits[begin >> 3]) >> (begin & 7), 8 - (begin & 7)
    while have < count:
        raw |= int(bits[(begin + have) >> 3]) << have
        have += 8
    return raw & ((1 << count) - 1)


@kernel
def _decode_half(
    b: int,
    half: int,
    box: BoxArrays,
    model: ModelArrays,
    room: Room,
    state: np.uint64,
    left: int,
    taken: int,
    words: Array,
    bits: Array,
    values: Array,
) -> tuple[np.uint64, int, int, bool]:
    """Write the values of one half of band `b`; return the state, the words left and the bits taken.

    And whether any value is not 0.
    """
    nz, ny, nx = box.shapes[b]
    expected, live, hinted = room.expected[half].view(np.int64), False, len(box.hints) > 0
    for z in range(nz):
        for y in range(ny):
            row, at = (z * ny + y) * nx, ((z + 1) * (ny + 2) + y + 1) * (nx + 2) + 1
            for x in range((z + y + half) & 1, nx, 2):
                coarse = box.coarseness[box.places[b] + row + x]
                k = class_of(expected[row + x], coarse)
                if hinted:
                    k = int(box.hinted[box.hints[box.offsets[b] + row + x], k])
                symbol = _symbol_at(quantile_of(state), k, model)
                begin = np.uint64(model.cumulative[k, symbol])
                chance = np.uint64(model.cumulative[k, symbol + 1]) - begin
                state, left = pop_interval(begin, chance, state, left, words)
                if symbol == 0:
                    continue
                count = _OPEN_BITS[symbol]
                if taken + count > 8 * len(bits):
                    return state, left, TOO_SHORT, False
                raw = _bits_at(taken, count, bits)
                taken += count
                size = LOWEST[symbol] + (raw >> 1)
                values[box.offsets[b] + row + x] = -size if raw & 1 else size
                room.padded[at + x] = min(size, LARGEST_SIZE) << coarse
                live = True
    return state, left, taken, live


@kernel
def decode(
    last: int, box: BoxArrays, model: ModelArrays, room: Room, words: Array, bits: Array, values: Array
) -> int:
    """Write `values` (N,), 0 before, of the first `last` bands; return how many bits were taken.

    Or what is wrong: :data:`TOO_SHORT`, :data:`NO_END`.

    Parameters
    ----------
    words : ndarray of uint32
        The last is not 0.
    bits : ndarray of uint8
        Signs and low bits, eight in each.
    """
    state, left = begin_popping(words)
    taken = 0
    for b in range(last):
        live = False
        expect(b, box, model.weights, room)
        for half in range(2):
            if live:
                expect_more(b, box, model.weights, room)
            state, left, taken, more = _decode_half(
                b, half, box, model, room, state, left, taken, words, bits, values
            )
            if taken < 0:
                return TOO_SHORT
            live |= more
        if live:
            remember(b, box, room)
    return taken if state == np.uint64(0) and left == 0 else NO_END
