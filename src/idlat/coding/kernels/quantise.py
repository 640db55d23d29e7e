"""Rate–distortion optimised quantisation, compiled: see :mod:`idlat.model.subband.rdo_quantisation`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ModelArrays
from idlat.coding.kernels.sizes import class_of, expect, expect_more, remember, symbol_of
from idlat.coding.magnitudes import LARGEST
from idlat.coding.size_contexts import LARGEST_SIZE
from idlat.coding.subband_arrays import BoxArrays, Room
from idlat.jit import kernel

__all__ = ["last_beyond", "quantise"]

Array: TypeAlias = NDArray[Any]


@kernel
def last_beyond(limit: float, values: Array, offsets: Array) -> int:
    """Number of bands up to the last with a value larger than `limit`, or with none that can be compared."""
    for b in range(len(offsets) - 2, -1, -1):
        for i in range(offsets[b], offsets[b + 1]):
            if not abs(values[i]) <= limit:
                return b + 1
    return 0


@kernel
def _cheapest(size: float, worth: float, bits: Array) -> int:
    """Return what costs least in bits and error, given the bits of each symbol; the first of equals."""
    nearest = int(np.rint(size))
    best, off = nearest, size - nearest
    least = bits[symbol_of(nearest)] + worth * (off * off)
    for below in range(1, min(nearest, 3) + 1):
        candidate = 0 if below == 3 else nearest - below
        off = size - candidate
        cost = bits[symbol_of(candidate)] + worth * (off * off)
        if cost < least:
            best, least = candidate, cost
    return best


@kernel
def _quantise_half(
    b: int,
    half: int,
    box: BoxArrays,
    model: ModelArrays,
    room: Room,
    real: Array,
    worth: Array,
    cell: Array,
    values: Array,
    classes: Array,
) -> bool:
    """Choose the values of one half of band `b`; whether any is not 0."""
    nz, ny, nx = box.shapes[b]
    bits, live, each = room.expected[half].view(np.int64), False, len(worth) > 1
    celled = len(cell) > 0
    hinted = len(box.hints) > 0
    for z in range(nz):
        for y in range(ny):
            row, at = (z * ny + y) * nx, ((z + 1) * (ny + 2) + y + 1) * (nx + 2) + 1
            for x in range((z + y + half) & 1, nx, 2):
                i, coarse = box.offsets[b] + row + x, box.coarseness[box.places[b] + row + x]
                k = class_of(bits[row + x], coarse)
                if hinted:
                    k = int(box.hinted[box.hints[i], k])
                classes[i] = k
                size = abs(real[i])
                if size <= 0.5:
                    continue
                at_worth = cell[i] if celled else i if each else 0
                best = _cheapest(size, worth[at_worth], model.bits[k])
                values[i] = best if real[i] > 0 else -best
                room.padded[at + x] = min(best, LARGEST_SIZE) << coarse
                live |= best > 0
    return live


@kernel
def quantise(
    last: int,
    box: BoxArrays,
    model: ModelArrays,
    room: Room,
    real: Array,
    worth: Array,
    cell: Array,
    values: Array,
    classes: Array,
) -> bool:
    """Choose `values` (N,), 0 before, and their classes in the first `last` bands; whether they could be.

    `worth` is what a squared step of error is worth in bits: by `cell` (N,), or where that has length 0 (N,),
    or (1,) for all.
    """
    for b in range(last):
        live = False
        for i in range(box.offsets[b], box.offsets[b + 1]):
            if not abs(real[i]) <= LARGEST:
                return False
        expect(b, box, model.weights, room)
        for half in range(2):
            if live:
                expect_more(b, box, model.weights, room)
            live |= _quantise_half(b, half, box, model, room, real, worth, cell, values, classes)
        if live:
            remember(b, box, room)
    return True
