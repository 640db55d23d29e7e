"""Octaves of the 9/7 wavelet of sixteen lines at once, compiled; see :mod:`idlat.transform.line_kernels`."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from idlat.jit import kernel
from idlat.transform.subbands import CELL, OCTAVES

__all__ = ["ONCE", "OctaveNumbers", "merge_octaves", "split_octaves"]

Array: TypeAlias = NDArray[Any]

ONCE = 16
"""Lines that are transformed at once."""


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
def split_octaves(values: Array, bands: Array, n: int, numbers: OctaveNumbers) -> None:
    """Write the bands of n values, low first; `values` is room."""
    steps = numbers.steps
    for octave in range(OCTAVES):
        low, high = (n + 1) // 2, n // 2
        if high > 0:
            even, odd = values[: low * ONCE], bands[low * ONCE : n * ONCE]
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
    _multiply(bands[: n * ONCE], numbers.norms[0])


@kernel
def merge_octaves(bands: Array, values: Array, n: int, numbers: OctaveNumbers) -> None:
    """Undo :func:`split_octaves`; `numbers` are those of the inverse, and `bands` is room too."""
    steps = numbers.steps
    _multiply(bands[: -(-n // CELL) * ONCE], numbers.norms[0])
    for octave in range(OCTAVES - 1, -1, -1):
        count = (n + (1 << octave) - 1) >> octave
        low, high = (count + 1) // 2, count // 2
        even, odd = bands[: low * ONCE], bands[low * ONCE : count * ONCE]
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
    a, b = source[p * ONCE : (p + 1) * ONCE], target[q * ONCE : (q + 1) * ONCE]
    for i in range(ONCE):
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
    inner = min(len(odd), len(even) - ONCE)
    _add_pairs(odd[:inner], even[:inner], even[ONCE:], factor)
    _add_pairs(odd[inner:], even[inner:], even[inner:], factor)


@kernel
def _lift_even(even: Array, odd: Array, factor: float) -> None:
    """Add to each even value what the two beside it say; the nearest counts twice where one is missing."""
    inner = min(len(even), len(odd))
    _add_pairs(even[:ONCE], odd[:ONCE], odd[:ONCE], factor)
    _add_pairs(even[ONCE:inner], odd, odd[ONCE:], factor)
    _add_pairs(even[inner:], odd[inner - ONCE :], odd[inner - ONCE :], factor)
