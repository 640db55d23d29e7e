"""Tables, and what the neighbours of a slab's voxels foretell, compiled.

The same numbers as :mod:`idlat.coding.residual.slab_contexts` and
:mod:`idlat.coding.residual.adaptive_tables`.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.rans import TOTAL
from idlat.coding.residual.adaptive_tables import CLASSES, LARGEST_SIZE, ONE
from idlat.jit import kernel

__all__ = ["AdaptiveTables", "Known", "Slab", "Units", "foretold", "look", "remember", "renew"]

Array: TypeAlias = NDArray[Any]


class Units(NamedTuple):
    """In which unit the integers of a box are.

    Attributes
    ----------
    levels : ndarray of uint8
        (⌈z/4⌉, ⌈y/4⌉, ⌈x/4⌉).
    sizes : ndarray of int64
        (levels,): sixteenths of the finest unit.
    """

    levels: Array
    sizes: Array


class Known(NamedTuple):
    """What is known of a box, 0 elsewhere: sizes in the finest unit, int64, and signs, int8; (z, y, x)."""

    sizes: Array
    signs: Array


class AdaptiveTables(NamedTuple):
    """What has been counted, int64, and the tables of that: where quantiles begin, and which are old."""

    counts: Array
    signs: Array
    of_sizes: Array
    of_signs: Array
    stale: Array


class Slab(NamedTuple):
    """The voxels of a slab in coding order.

    Attributes
    ----------
    where : ndarray of int16
        (n, 3).
    classes, contexts, symbols : ndarray of uint8
        (n,): of sizes, of signs, and the symbols.
    """

    where: Array
    classes: Array
    contexts: Array
    symbols: Array


@kernel
def _make_table(counts: Array, table: Array) -> None:
    n = len(counts)
    total, largest = 0, 0
    for i in range(n):
        total += counts[i]
        if counts[i] > counts[largest]:
            largest = i
    left = TOTAL
    for i in range(n):
        left -= 1 + counts[i] * (TOTAL - n) // total
    at = 0
    for i in range(n):
        table[i] = at
        at += 1 + counts[i] * (TOTAL - n) // total
        if i == largest:
            at += left
    table[n] = at


@kernel
def renew(tables: AdaptiveTables) -> None:
    """Make the tables of what has been counted since."""
    for k in range(CLASSES):
        if tables.stale[k]:
            _make_table(tables.counts[k], tables.of_sizes[k])
            tables.stale[k] = False
    for k in range(len(tables.signs)):
        _make_table(tables.signs[k], tables.of_signs[k])


@kernel
def _class_of(expected: int) -> int:
    if expected <= 0:
        return 0
    exponent, rest = 0, expected
    while rest > 1:
        rest >>= 1
        exponent += 1
    half = (expected >> (exponent - 1)) & 1 if exponent > 0 else 0
    return min(1 + 2 * exponent + half, CLASSES - 1)


@kernel
def _beside(known: Array, z: int, y: int, x: int, dz: int, dy: int, dx: int) -> Any:
    """Four times a known voxel, and the known ones beside it: at distances along the axes, where not 0."""
    nz, ny, nx = known.shape
    total = 4 * np.int64(known[z, y, x])
    if dz > 0:
        total += known[z - dz if z >= dz else z, y, x] + known[z + dz if z + dz < nz else z, y, x]
    if dy > 0:
        total += known[z, y - dy if y >= dy else y, x] + known[z, y + dy if y + dy < ny else y, x]
    if dx > 0:
        total += known[z, y, x - dx if x >= dx else x] + known[z, y, x + dx if x + dx < nx else x]
    return total


@kernel
def _around(known: Array, z: int, y: int, x: int, axis: int, s: int, dz: int, dy: int, dx: int) -> Any:
    """Four times the two neighbours along the axis, and once the eight beside them."""
    nz, ny, nx = known.shape
    if axis == 0:
        after = z + s if z + s < nz else z - s
        return _beside(known, z - s, y, x, dz, dy, dx) + _beside(known, after, y, x, dz, dy, dx)
    if axis == 1:
        after = y + s if y + s < ny else y - s
        return _beside(known, z, y - s, x, dz, dy, dx) + _beside(known, z, after, x, dz, dy, dx)
    after = x + s if x + s < nx else x - s
    return _beside(known, z, y, x - s, dz, dy, dx) + _beside(known, z, y, after, dz, dy, dx)


@kernel
def _at(values: Array, z: int, y: int, x: int, axis: int, offset: int) -> Any:
    """The value at an offset along an axis."""
    if axis == 0:
        return np.int64(values[z + offset, y, x])
    if axis == 1:
        return np.int64(values[z, y + offset, x])
    return np.int64(values[z, y, x + offset])


@kernel
def foretold(values: Array, z: int, y: int, x: int, axis: int, s: int) -> Any:
    """What the known values along the axis let expect; 0 of the first voxel."""
    if s == 0:
        return 0
    n, p = (values.shape[0], z) if axis == 0 else (values.shape[1], y) if axis == 1 else (values.shape[2], x)
    before = _at(values, z, y, x, axis, -s)
    if p + s >= n:
        return before
    after = _at(values, z, y, x, axis, s)
    if p - 3 * s >= 0 and p + 3 * s < n:
        far = _at(values, z, y, x, axis, -3 * s) + _at(values, z, y, x, axis, 3 * s)
        return (9 * (before + after) - far + 8) >> 4
    return (before + after) >> 1


@kernel
def _unit(units: Units, z: int, y: int, x: int) -> Any:
    return units.sizes[units.levels[z >> 2, y >> 2, x >> 2]]


@kernel
def look(known: Known, units: Units, one: Array, first: int, slab: Slab) -> int:
    """List the voxels of the slab that begins with plane `first`, and what is foretold; return how many."""
    nz, ny, nx = known.sizes.shape
    axis, s, dz, dy, dx = one[0], one[1], one[8], one[9], one[10]
    count = 0
    for z in range(first, min(nz, first + one[5] * one[11]), one[5]):
        for y in range(one[3], ny, one[6]):
            for x in range(one[4], nx, one[7]):
                expected, sure = 0, 0
                if s > 0:
                    expected = _around(known.sizes, z, y, x, axis, s, dz, dy, dx)
                    sure = _around(known.signs, z, y, x, axis, s, dz, dy, dx)
                unit = _unit(units, z, y, x)
                slab.where[count, 0], slab.where[count, 1], slab.where[count, 2] = z, y, x
                slab.classes[count] = _class_of(expected if unit == 16 else expected * 16 // unit)
                slab.contexts[count] = 5 * axis + 2 + (sure > 0) - (sure < 0) + (sure > 2) - (sure < -2)
                count += 1
    return count


@kernel
def remember(
    known: Known, units: Units, tables: AdaptiveTables, slab: Slab, i: int, size: int, negative: bool
) -> None:
    """Take the size and the sign of voxel `i` of a slab, and count its symbol."""
    k, context = slab.classes[i], slab.contexts[i]
    tables.counts[k, slab.symbols[i]] += ONE
    tables.stale[k] = True
    if size > 0:
        z, y, x = slab.where[i, 0], slab.where[i, 1], slab.where[i, 2]
        tables.signs[context, 1 if negative else 0] += 1
        known.signs[z, y, x] = -1 if negative else 1
        known.sizes[z, y, x] = min(size, LARGEST_SIZE) * _unit(units, z, y, x) >> 4
