"""Lapped cells, or octaves of three levels, along one axis of a box, compiled.

Sixteen lines at once are taken into a small array, and each step of a transform is a loop over the sixteen.
Octaves are those of :mod:`idlat.transform.octaves` bit for bit, cells those of :mod:`idlat.transform.lapped`
to rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel
from idlat.transform.octave_kernels import ONCE, OctaveNumbers, merge_octaves, split_octaves
from idlat.transform.subbands import CELL

__all__ = ["LappedNumbers", "Lines", "OctaveNumbers", "lapped_lines", "octave_lines"]

Array: TypeAlias = NDArray[Any]

_HALF = CELL // 2


class Lines(NamedTuple):
    """Where the lines of a flat box are: groups of lines, whose values are in whole cells.

    Attributes
    ----------
    groups, group_step : int
        Number of groups, and from one to the next.
    lines, line_step : int
        Lines of a group, and from one to the next.
    n, step : int
        Values of a line, which zeros follow up to a whole cell, and from one to the next.
    order : ndarray of int64
        (⌈n/8⌉·8,): where in a line its coefficients stand, those of the low band first.
    """

    groups: int
    group_step: int
    lines: int
    line_step: int
    n: int
    step: int
    order: NDArray[np.int64]


class LappedNumbers(NamedTuple):
    """Matrices of the lapped transform or its inverse, of the box's dtype.

    Attributes
    ----------
    even, odd : ndarray
        (4, 4): of a cell's even and odd frequencies, by the sums and differences of values that mirror each
        other.
    others : ndarray
        (count, 8, 8): of cells that are cut, and of a short last one, which fills less.
    changes : ndarray
        (5, 4, 4): what filters across a face, of 0 to 4 values on each side, add to values after it and take
        off values before it, by their differences.
    cells : ndarray of int64
        (count,): those that `others` are of.
    reaches : ndarray of int64
        Of the filter across each face.
    """

    even: Array
    odd: Array
    others: Array
    changes: Array
    cells: NDArray[np.int64]
    reaches: NDArray[np.int64]


@kernel
def lapped_lines(c: Array, at: Lines, numbers: LappedNumbers, inverse: bool) -> None:
    """Transform the lines of a box (flat) in place, by cells of 8 that overlap by 4."""
    room, before = np.zeros(len(at.order) * ONCE, c.dtype), np.zeros(CELL * ONCE, c.dtype)
    for group in range(at.groups):
        for line in range(0, at.lines, ONCE):
            begin, count = group * at.group_step + line * at.line_step, min(ONCE, at.lines - line)
            _load(room, c, begin, count, at, False)
            if inverse:
                _values(room, before, at.n, numbers)
                _filter_faces(room, numbers)
            else:
                _filter_faces(room, numbers)
                _frequencies(room, before, at.n, numbers)
            _store(room, c, begin, count, at, False)


@kernel
def octave_lines(c: Array, at: Lines, numbers: OctaveNumbers, inverse: bool) -> None:
    """Transform the lines of a box (flat) in place, by three octaves of the 9/7 wavelet."""
    values, bands = np.zeros(len(at.order) * ONCE, c.dtype), np.zeros(len(at.order) * ONCE, c.dtype)
    for group in range(at.groups):
        for line in range(0, at.lines, ONCE):
            begin, count = group * at.group_step + line * at.line_step, min(ONCE, at.lines - line)
            if inverse:
                _load(bands, c, begin, count, at, True)
                merge_octaves(bands, values, at.n, numbers)
                _store(values, c, begin, count, at, False)
            else:
                _load(values, c, begin, count, at, False)
                split_octaves(values, bands, at.n, numbers)
                _store(bands, c, begin, count, at, True)


@kernel
def _load(room: Array, c: Array, begin: int, count: int, at: Lines, ordered: bool) -> None:
    for p in range(len(at.order)):
        source = begin + (at.order[p] if ordered else p) * at.step
        row, line = room[p * ONCE : p * ONCE + count], c[source:]
        if at.line_step == 1:
            for i in range(count):
                row[i] = line[i]
        else:
            for i in range(count):
                row[i] = line[i * at.line_step]


@kernel
def _store(room: Array, c: Array, begin: int, count: int, at: Lines, ordered: bool) -> None:
    for p in range(len(at.order)):
        target = begin + (at.order[p] if ordered else p) * at.step
        row, line = room[p * ONCE : p * ONCE + count], c[target:]
        if at.line_step == 1:
            for i in range(count):
                line[i] = row[i]
        else:
            for i in range(count):
                line[i * at.line_step] = row[i]


@kernel
def _frequencies(room: Array, before: Array, n: int, numbers: LappedNumbers) -> None:
    """From the values of each cell to its frequencies; `before` is room for one."""
    even, odd, other = numbers.even, numbers.odd, 0
    for cell in range(n // CELL):
        if other < len(numbers.cells) and numbers.cells[other] == cell:
            _multiply(room, before, cell, CELL, numbers.others[other])
            other += 1
            continue
        r = room[cell * CELL * ONCE : (cell + 1) * CELL * ONCE]
        for i in range(ONCE):
            a0, a1, a2, a3 = r[i], r[i + ONCE], r[i + 2 * ONCE], r[i + 3 * ONCE]
            b3, b2, b1, b0 = r[i + 4 * ONCE], r[i + 5 * ONCE], r[i + 6 * ONCE], r[i + 7 * ONCE]
            s0, s1, s2, s3 = a0 + b0, a1 + b1, a2 + b2, a3 + b3
            d0, d1, d2, d3 = a0 - b0, a1 - b1, a2 - b2, a3 - b3
            for k in range(_HALF):
                j = i + 2 * k * ONCE
                r[j] = even[k, 0] * s0 + even[k, 1] * s1 + even[k, 2] * s2 + even[k, 3] * s3
                r[j + ONCE] = odd[k, 0] * d0 + odd[k, 1] * d1 + odd[k, 2] * d2 + odd[k, 3] * d3
    if n % CELL:
        _multiply(room, before, n // CELL, n % CELL, numbers.others[-1])


@kernel
def _values(room: Array, before: Array, n: int, numbers: LappedNumbers) -> None:
    """From the frequencies of each cell to its values; `before` is room for one."""
    even, odd, other = numbers.even, numbers.odd, 0
    for cell in range(n // CELL):
        if other < len(numbers.cells) and numbers.cells[other] == cell:
            _multiply(room, before, cell, CELL, numbers.others[other])
            other += 1
            continue
        r = room[cell * CELL * ONCE : (cell + 1) * CELL * ONCE]
        for i in range(ONCE):
            s0, s1, s2, s3 = r[i], r[i + 2 * ONCE], r[i + 4 * ONCE], r[i + 6 * ONCE]
            d0, d1, d2, d3 = r[i + ONCE], r[i + 3 * ONCE], r[i + 5 * ONCE], r[i + 7 * ONCE]
            for j in range(_HALF):
                s = even[j, 0] * s0 + even[j, 1] * s1 + even[j, 2] * s2 + even[j, 3] * s3
                d = odd[j, 0] * d0 + odd[j, 1] * d1 + odd[j, 2] * d2 + odd[j, 3] * d3
                r[i + j * ONCE] = s + d
                r[i + (7 - j) * ONCE] = s - d
    if n % CELL:
        _multiply(room, before, n // CELL, n % CELL, numbers.others[-1])


@kernel
def _multiply(room: Array, before: Array, cell: int, m: int, matrix: Array) -> None:
    """Multiply the m values of a cell by a matrix; `before` is room for them."""
    r = room[cell * CELL * ONCE : (cell * CELL + m) * ONCE]
    for i in range(m * ONCE):
        before[i] = r[i]
    for k in range(m):
        for i in range(ONCE):
            total = matrix[k, 0] * before[i]
            for j in range(1, m):
                total += matrix[k, j] * before[j * ONCE + i]
            r[k * ONCE + i] = total


@kernel
def _filter_faces(room: Array, numbers: LappedNumbers) -> None:
    """Filter the values on both sides of every face between cells."""
    for face in range(len(numbers.reaches)):
        reach = numbers.reaches[face]
        if reach > 0:
            _filter(room, (face + 1) * CELL, numbers.changes[reach])


@kernel
def _filter(room: Array, face: int, odd: Array) -> None:
    """Change the differences of values that mirror each other across a face, and leave their sums."""
    r = room[(face - _HALF) * ONCE : (face + _HALF) * ONCE]
    for i in range(ONCE):
        a3, a2, a1, a0 = r[i], r[i + ONCE], r[i + 2 * ONCE], r[i + 3 * ONCE]
        b0, b1, b2, b3 = r[i + 4 * ONCE], r[i + 5 * ONCE], r[i + 6 * ONCE], r[i + 7 * ONCE]
        d0, d1, d2, d3 = b0 - a0, b1 - a1, b2 - a2, b3 - a3
        for k in range(_HALF):
            change = odd[k, 0] * d0 + odd[k, 1] * d1 + odd[k, 2] * d2 + odd[k, 3] * d3
            r[i + (3 - k) * ONCE] -= change
            r[i + (4 + k) * ONCE] += change
