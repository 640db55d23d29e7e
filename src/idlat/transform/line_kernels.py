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
from idlat.transform.subbands import CELL, OCTAVES

__all__ = ["LappedNumbers", "Lines", "OctaveNumbers", "lapped_lines", "octave_lines"]

Array: TypeAlias = NDArray[Any]

_ONCE = 16
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
    last : ndarray
        (m, m): of a short last cell; (0, 0) where there is none.
    between, before_last : ndarray
        (4, 4): what the filters across a face, and across that of the last cell, add to values after it and
        take off values before it, by their differences.
    """

    even: Array
    odd: Array
    last: Array
    between: Array
    before_last: Array


class OctaveNumbers(NamedTuple):
    """Numbers of the 9/7 wavelet, of the box's dtype.

    Attributes
    ----------
    steps : ndarray
        (4,): lifting steps, in the order in which they are taken.
    scales : ndarray
        (2,): of the low and the high half.
    norms : ndarray
        (4,): of the low band and the high bands, coarse to fine.
    """

    steps: Array
    scales: Array
    norms: Array


@kernel
def lapped_lines(c: Array, at: Lines, numbers: LappedNumbers, inverse: bool) -> None:
    """Transform the lines of a box (flat) in place, by cells of 8 that overlap by 4."""
    room = np.zeros(len(at.order) * _ONCE, c.dtype)
    for group in range(at.groups):
        for line in range(0, at.lines, _ONCE):
            begin, count = group * at.group_step + line * at.line_step, min(_ONCE, at.lines - line)
            _load(room, c, begin, count, at, False)
            if inverse:
                _values(room, at.n, numbers)
                _filter_faces(room, at.n, numbers)
            else:
                _filter_faces(room, at.n, numbers)
                _frequencies(room, at.n, numbers)
            _store(room, c, begin, count, at, False)


@kernel
def octave_lines(c: Array, at: Lines, numbers: OctaveNumbers, inverse: bool) -> None:
    """Transform the lines of a box (flat) in place, by three octaves of the 9/7 wavelet."""
    values, bands = np.zeros(len(at.order) * _ONCE, c.dtype), np.zeros(len(at.order) * _ONCE, c.dtype)
    for group in range(at.groups):
        for line in range(0, at.lines, _ONCE):
            begin, count = group * at.group_step + line * at.line_step, min(_ONCE, at.lines - line)
            if inverse:
                _load(bands, c, begin, count, at, True)
                _merge(bands, values, at.n, numbers)
                _store(values, c, begin, count, at, False)
            else:
                _load(values, c, begin, count, at, False)
                _split(values, bands, at.n, numbers)
                _store(bands, c, begin, count, at, True)


@kernel
def _load(room: Array, c: Array, begin: int, count: int, at: Lines, ordered: bool) -> None:
    for p in range(len(at.order)):
        source = begin + (at.order[p] if ordered else p) * at.step
        row, line = room[p * _ONCE : p * _ONCE + count], c[source:]
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
        row, line = room[p * _ONCE : p * _ONCE + count], c[target:]
        if at.line_step == 1:
            for i in range(count):
                line[i] = row[i]
        else:
            for i in range(count):
                line[i * at.line_step] = row[i]


@kernel
def _frequencies(room: Array, n: int, numbers: LappedNumbers) -> None:
    """From the values of each cell to its frequencies."""
    even, odd = numbers.even, numbers.odd
    for cell in range(n // CELL):
        r = room[cell * CELL * _ONCE : (cell + 1) * CELL * _ONCE]
        for i in range(_ONCE):
            a0, a1, a2, a3 = r[i], r[i + _ONCE], r[i + 2 * _ONCE], r[i + 3 * _ONCE]
            b3, b2, b1, b0 = r[i + 4 * _ONCE], r[i + 5 * _ONCE], r[i + 6 * _ONCE], r[i + 7 * _ONCE]
            s0, s1, s2, s3 = a0 + b0, a1 + b1, a2 + b2, a3 + b3
            d0, d1, d2, d3 = a0 - b0, a1 - b1, a2 - b2, a3 - b3
            for k in range(_HALF):
                j = i + 2 * k * _ONCE
                r[j] = even[k, 0] * s0 + even[k, 1] * s1 + even[k, 2] * s2 + even[k, 3] * s3
                r[j + _ONCE] = odd[k, 0] * d0 + odd[k, 1] * d1 + odd[k, 2] * d2 + odd[k, 3] * d3
    _multiply_last(room, n, numbers.last)


@kernel
def _values(room: Array, n: int, numbers: LappedNumbers) -> None:
    """From the frequencies of each cell to its values."""
    even, odd = numbers.even, numbers.odd
    for cell in range(n // CELL):
        r = room[cell * CELL * _ONCE : (cell + 1) * CELL * _ONCE]
        for i in range(_ONCE):
            s0, s1, s2, s3 = r[i], r[i + 2 * _ONCE], r[i + 4 * _ONCE], r[i + 6 * _ONCE]
            d0, d1, d2, d3 = r[i + _ONCE], r[i + 3 * _ONCE], r[i + 5 * _ONCE], r[i + 7 * _ONCE]
            for j in range(_HALF):
                s = even[j, 0] * s0 + even[j, 1] * s1 + even[j, 2] * s2 + even[j, 3] * s3
                d = odd[j, 0] * d0 + odd[j, 1] * d1 + odd[j, 2] * d2 + odd[j, 3] * d3
                r[i + j * _ONCE] = s + d
                r[i + (7 - j) * _ONCE] = s - d
    _multiply_last(room, n, numbers.last)


@kernel
def _multiply_last(room: Array, n: int, matrix: Array) -> None:
    """Multiply a short last cell by its matrix."""
    m = len(matrix)
    before = room[(n - m) * _ONCE : n * _ONCE].copy()
    for k in range(m):
        for i in range(_ONCE):
            total = matrix[k, 0] * before[i]
            for j in range(1, m):
                total += matrix[k, j] * before[j * _ONCE + i]
            room[(n - m + k) * _ONCE + i] = total


@kernel
def _filter_faces(room: Array, n: int, numbers: LappedNumbers) -> None:
    """Filter the values on both sides of every face between cells."""
    last = (n - 1) // CELL * CELL
    for face in range(CELL, last, CELL):
        _filter(room, face, numbers.between)
    if last > 0:
        _filter(room, last, numbers.before_last)


@kernel
def _filter(room: Array, face: int, odd: Array) -> None:
    """Change the differences of values that mirror each other across a face, and leave their sums."""
    r = room[(face - _HALF) * _ONCE : (face + _HALF) * _ONCE]
    for i in range(_ONCE):
        a3, a2, a1, a0 = r[i], r[i + _ONCE], r[i + 2 * _ONCE], r[i + 3 * _ONCE]
        b0, b1, b2, b3 = r[i + 4 * _ONCE], r[i + 5 * _ONCE], r[i + 6 * _ONCE], r[i + 7 * _ONCE]
        d0, d1, d2, d3 = b0 - a0, b1 - a1, b2 - a2, b3 - a3
        for k in range(_HALF):
            change = odd[k, 0] * d0 + odd[k, 1] * d1 + odd[k, 2] * d2 + odd[k, 3] * d3
            r[i + (3 - k) * _ONCE] -= change
            r[i + (4 + k) * _ONCE] += change


@kernel
def _split(values: Array, bands: Array, n: int, numbers: OctaveNumbers) -> None:
    """Write the bands of n values, low first; `values` is room."""
    steps = numbers.steps
    for octave in range(OCTAVES):
        low, high = (n + 1) // 2, n // 2
        if high > 0:
            even, odd = values[: low * _ONCE], bands[low * _ONCE : n * _ONCE]
            for p in range(high):
                _copy_row(values, 2 * p + 1, odd, p)
            for p in range(1, low):
                _copy_row(values, 2 * p, even, p)
            _lift_odd(even, odd, steps[0])
            _lift_even(even, odd, steps[1])
            _lift_odd(even, odd, steps[2])
            _lift_even(even, odd, steps[3])
            _multiply(even, numbers.scales[0])
            _multiply(odd, numbers.scales[1])
            _multiply(odd, numbers.norms[OCTAVES - octave])
        n = low
    for p in range(n):
        _copy_row(values, p, bands, p)
    _multiply(bands[: n * _ONCE], numbers.norms[0])


@kernel
def _merge(bands: Array, values: Array, n: int, numbers: OctaveNumbers) -> None:
    """Undo :func:`_split`; `numbers` are those of the inverse, and `bands` is room too."""
    steps = numbers.steps
    _multiply(bands[: -(-n // CELL) * _ONCE], numbers.norms[0])
    for octave in range(OCTAVES - 1, -1, -1):
        count = (n + (1 << octave) - 1) >> octave
        low, high = (count + 1) // 2, count // 2
        even, odd = bands[: low * _ONCE], bands[low * _ONCE : count * _ONCE]
        if high > 0:
            _multiply(odd, numbers.norms[OCTAVES - octave])
            _multiply(even, numbers.scales[0])
            _multiply(odd, numbers.scales[1])
            _lift_even(even, odd, steps[0])
            _lift_odd(even, odd, steps[1])
            _lift_even(even, odd, steps[2])
            _lift_odd(even, odd, steps[3])
        for p in range(low):
            _copy_row(even, p, values, 2 * p)
        for p in range(high):
            _copy_row(odd, p, values, 2 * p + 1)
        if octave > 0:
            for p in range(count):
                _copy_row(values, p, bands, p)


@kernel
def _copy_row(source: Array, p: int, target: Array, q: int) -> None:
    a, b = source[p * _ONCE : (p + 1) * _ONCE], target[q * _ONCE : (q + 1) * _ONCE]
    for i in range(_ONCE):
        b[i] = a[i]


@kernel
def _multiply(x: Array, factor: float) -> None:
    for i in range(len(x)):
        x[i] *= factor


@kernel
def _add_pairs(x: Array, before: Array, after: Array, factor: float) -> None:
    for i in range(len(x)):
        x[i] += factor * (before[i] + after[i])


@kernel
def _lift_odd(even: Array, odd: Array, factor: float) -> None:
    """Add to each odd value what the two beside it say; the last one counts twice where one is missing."""
    inner = min(len(odd), len(even) - _ONCE)
    _add_pairs(odd[:inner], even[:inner], even[_ONCE:], factor)
    _add_pairs(odd[inner:], even[inner:], even[inner:], factor)


@kernel
def _lift_even(even: Array, odd: Array, factor: float) -> None:
    """Add to each even value what the two beside it say; the nearest counts twice where one is missing."""
    inner = min(len(even), len(odd))
    _add_pairs(even[:_ONCE], odd[:_ONCE], odd[:_ONCE], factor)
    _add_pairs(even[_ONCE:inner], odd, odd[_ONCE:], factor)
    _add_pairs(even[inner:], odd[inner - _ONCE :], odd[inner - _ONCE :], factor)
