"""How much a field varies around a voxel: gradient magnitude and local entropy (paper Sect. 5.1.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "RADIUS", "gradient_magnitude", "local_entropy"]

RADIUS = 3
"""Half width of the entropy's window: 7³ voxels."""

BINS = 16
"""Bins of the entropy's histogram, over the range of the whole field."""

_BLOCK = 1 << 20  # voxels worked on at a time


def gradient_magnitude(values: NDArray[Any]) -> NDArray[np.float32]:
    """Compute the length of the gradient from central differences, per voxel.

    One-sided at the edge and next to a missing voxel; 0 where nothing is known.

    Parameters
    ----------
    values : floating array (Z, Y, X)
        NaN where missing.

    Returns
    -------
    float32 array (Z, Y, X)
        Finite and not negative, in units of the field per voxel.

    Examples
    --------
    >>> gradient_magnitude(np.array([[[0.0, 3.0, np.nan, 1.0]]])).tolist()
    [[[3.0, 3.0, 0.0, 0.0]]]
    """
    return _in_slabs(values, 1, _gradient_slab)


def local_entropy(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Compute the entropy of the histogram in a window of 7³ voxels around each, clipped at the edge.

    Parameters
    ----------
    values : floating array (Z, Y, X)
        NaN where missing: such voxels are not counted.
    low, high : float
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
    return _in_slabs(values, RADIUS, lambda slab: _entropy_slab(slab, low, high))


def _in_slabs(
    values: NDArray[Any], halo: int, compute: Callable[[NDArray[Any]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Apply a function of a neighbourhood to slabs along z, each with its halo."""
    result = np.empty(values.shape, np.float32)
    thick = max(4 * halo, _BLOCK * len(values) // values.size, 1)
    for start in range(0, len(values), thick):
        stop = min(start + thick, len(values))
        first = max(0, start - halo)
        result[start:stop] = compute(values[first : stop + halo])[start - first : stop - first]
    return result


def _gradient_slab(values: NDArray[Any]) -> NDArray[np.float32]:
    """Length of the gradient of one slab."""
    length: NDArray[Any] = np.zeros(values.shape)
    values = values.astype(np.float64)
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


def _entropy_slab(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Local entropy of one slab: log2 n − Σ c·log2(c) / n over the counts c of the bins."""
    known = np.isfinite(values)
    span = high - low
    with np.errstate(invalid="ignore"):
        place = (values.astype(np.float64) - low) * (BINS / span if span > 0 else 0.0)
    bins = np.where(known, np.clip(np.nan_to_num(place), 0, BINS - 1), BINS).astype(np.uint8)
    window = (2 * RADIUS + 1) ** 3
    counts = np.arange(window + 1)
    table = (counts * np.log2(np.maximum(counts, 1))).astype(np.float32)
    total = np.zeros(values.shape, np.float32)
    for one in range(BINS):
        there = bins == one
        if there.any():
            total += table[_window_sum(there)]
    number = np.maximum(_window_sum(known), 1).astype(np.float32)
    entropy: NDArray[np.float32] = np.maximum(np.log2(number) - total / number, 0.0).astype(np.float32)
    return entropy


def _window_sum(mask: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Count what is true in the window of 7³ around every voxel, by doubling: 7 = 4 + 2 + 1."""
    assert RADIUS == 3
    sums = np.pad(mask, RADIUS).astype(np.uint16)
    for axis in range(3):
        a = np.moveaxis(sums, axis, 0)
        two = a[:-1] + a[1:]
        four = two[:-2] + two[2:]
        n = len(a) - 2 * RADIUS
        sums = np.moveaxis(four[:n] + two[4 : 4 + n] + a[6 : 6 + n], 0, axis)
    return sums
