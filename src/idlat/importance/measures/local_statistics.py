"""How much a field varies around a voxel: gradient magnitude and local entropy (paper Sect. 5.1.1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.jit import compiles

__all__ = [
    "BINS",
    "RADIUS",
    "bins_of",
    "gradient_magnitude",
    "in_slabs",
    "local_entropy",
    "unit_of",
    "window_entropy",
    "window_information",
    "window_sum",
]

RADIUS = 3
"""Half width of the entropy's window: 7³ voxels."""

BINS = 16
"""Bins of the entropy's histogram, over the range of the whole field."""

_BLOCK = 1 << 20  # voxels worked on at a time
_FINE = 2.0**32  # parts of a bit
_SMALL, _LARGE = 2.0**-100, 2.0**100  # between them float32 holds values and their differences


def gradient_magnitude(values: NDArray[Any], unit: float = 1.0) -> NDArray[np.float32]:
    """Compute the length of the gradient from central differences, per voxel.

    One-sided at the edge and next to a missing voxel; 0 where nothing is known.

    Parameters
    ----------
    values
        Floating array (Z, Y, X).
        NaN where missing.
    unit
        A power of two that they are divided by.

    Returns
    -------
    float32 array (Z, Y, X)
        Finite and not negative, in units of the field, times `unit`, per voxel.

    Examples
    --------
    >>> gradient_magnitude(np.array([[[0.0, 3.0, np.nan, 1.0]]])).tolist()
    [[[3.0, 3.0, 0.0, 0.0]]]
    """
    if not compiles():
        return in_slabs(1, lambda slab: _gradient_slab(slab.astype(np.float64) / unit), values)
    from idlat.importance.measures.gradient_kernels import gradient_lengths

    scaled = values if unit == 1.0 else values.astype(np.float64) / unit
    native = np.float64 if scaled.dtype.itemsize > 4 else np.float32  # of both orders of bytes
    lengths = np.empty(scaled.shape, np.float32)
    gradient_lengths(np.ascontiguousarray(scaled, native), lengths)
    return lengths


def local_entropy(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Compute the entropy of the histogram in a window of 7³ voxels around each, clipped at the edge.

    Parameters
    ----------
    values
        Floating array (Z, Y, X).
        NaN where missing: such voxels are not counted.
    low, high
        Range that the bins divide.

    Returns
    -------
    float32 array (Z, Y, X)
        In bits, from 0 to log2(16).

    Examples
    --------
    >>> local_entropy(np.array([[[0.0, 1.0, 0.0, 1.0]]]), 0.0, 1.0)[0, 0]
    array([1., 1., 1., 1.], dtype=float32)
    """
    return in_slabs(RADIUS, lambda slab: window_entropy(bins_of(slab, low, high, BINS), BINS), values)


def in_slabs(
    halo: int, compute: Callable[..., NDArray[np.float32]], *arrays: NDArray[Any]
) -> NDArray[np.float32]:
    """Apply a function of a neighbourhood to slabs of arrays (Z, Y, X) along z, each with its halo."""
    values = arrays[0]
    result = np.empty(values.shape, np.float32)
    thick = max(4 * halo, _BLOCK * len(values) // values.size, 1)
    for start in range(0, len(values), thick):
        stop = min(start + thick, len(values))
        first = max(0, start - halo)
        slabs = (array[first : stop + halo] for array in arrays)
        result[start:stop] = compute(*slabs)[start - first : stop - first]
    return result


def _gradient_slab(values: NDArray[Any]) -> NDArray[np.float32]:
    """Length of the gradient of one slab."""
    length: NDArray[Any] = np.zeros(values.shape)
    for axis in range(3):
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.diff(values, axis=axis)
        known = np.isfinite(steps)
        steps[~known] = 0.0
        total, count = np.zeros(values.shape), np.zeros(values.shape, np.int8)
        near, ahead = [slice(None)] * 3, [slice(None)] * 3
        near[axis], ahead[axis] = slice(None, -1), slice(1, None)
        for part in (tuple(near), tuple(ahead)):
            total[part] += steps
            count[part] += known
        length = np.hypot(length, total / np.maximum(count, 1))
    length[np.isnan(values)] = 0.0
    limit = float(np.finfo(np.float32).max)
    result: NDArray[np.float32] = np.minimum(length, limit).astype(np.float32)
    return result


def bins_of(values: NDArray[Any], low: float, high: float, bins: int) -> NDArray[np.int32]:
    """Number the bin of every value in a histogram from `low` to `high`; `bins` where it is missing.

    Examples
    --------
    >>> bins_of(np.array([0.0, 0.6, 1.0, np.nan]), 0.0, 1.0, 4)
    array([0, 2, 3, 4], dtype=int32)
    """
    unit = unit_of(low, high)
    low, span, values = low / unit, high / unit - low / unit, values.astype(np.float64) / unit
    with np.errstate(invalid="ignore"):
        place = (values - low) * (bins / span if span > 0 else 0.0)
    known = np.isfinite(values)
    return np.where(known, np.clip(np.nan_to_num(place), 0, bins - 1), bins).astype(np.int32)


def unit_of(low: float, high: float) -> float:
    """Return a power of two to divide values by where float32, or a reciprocal, would not hold them; else 1.

    Examples
    --------
    >>> unit_of(-3.0, 5.0), unit_of(0.0, 0.0), 5e-310 / unit_of(0.0, 5e-310) > 0.1
    (1.0, 1.0, True)
    """
    largest = max(abs(low), abs(high))
    if not 0.0 < largest < math.inf or _SMALL <= largest <= _LARGE:
        return 1.0
    return math.ldexp(1.0, min(max(math.frexp(largest)[1], -1073), 1023))


def window_entropy(bins: NDArray[np.integer[Any]], count: int) -> NDArray[np.float32]:
    """Compute the entropy in bits of the bins in the window around each voxel: log2 n − Σ c·log2(c) / n.

    It is exactly 0 where all voxels share a bin.

    Parameters
    ----------
    bins
        Integer array (Z, Y, X).
        From 0; `count` where the voxel does not count.
    count
        Number of bins.
    """
    information, number = window_information(bins, count)
    return (information / number).astype(np.float32)


def window_information(
    bins: NDArray[np.integer[Any]], count: int
) -> tuple[NDArray[np.float64], NDArray[np.integer[Any]]]:
    """Return n times the entropy in the window around each voxel, and n, the voxels there that count.

    Sums of integers: the same, whatever the order of the bins.
    """
    window = (2 * RADIUS + 1) ** 3
    counts = np.arange(window + 1)
    table = np.rint(counts * np.log2(np.maximum(counts, 1)) * _FINE).astype(np.int64)
    total, number = _sums_of(bins, count, table)
    return np.maximum(table[number] - total, 0) / _FINE, np.maximum(number, 1)


def _sums_of(
    bins: NDArray[np.integer[Any]], count: int, table: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.integer[Any]]]:
    """Return the sum of ``table[c]`` over the counts c of each window's bins, and the voxels that count."""
    total = np.zeros(bins.shape, np.int64)
    if compiles():
        from idlat.importance.measures.window_kernels import sum_windows

        number = np.empty(bins.shape, np.int64)
        sum_windows(np.ascontiguousarray(bins, np.int32), count, RADIUS, table, total, number)
        return total, number
    for one in np.unique(bins[bins < count]):
        total += table[window_sum((bins == one).astype(np.uint16))]
    return total, window_sum((bins < count).astype(np.uint16))


def window_sum(values: NDArray[Any]) -> NDArray[Any]:
    """Sum in the window of 7³ around every voxel, 0 beyond the edge, by doubling: 7 = 4 + 2 + 1."""
    assert RADIUS == 3
    sums = np.pad(values, RADIUS)
    for axis in range(3):
        a = np.moveaxis(sums, axis, 0)
        two = a[:-1] + a[1:]
        four = two[:-2] + two[2:]
        n = len(a) - 2 * RADIUS
        sums = np.moveaxis(four[:n] + two[4 : 4 + n] + a[6 : 6 + n], 0, axis)
    return sums
