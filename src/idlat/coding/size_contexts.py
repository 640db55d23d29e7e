"""What decoded coefficients foretell of the next ones' sizes, in integers.

A coefficient's expected size is a weighted sum of the sizes of its parents and grandparents (lower
frequencies at its place and around it) and, in the second half of a checkerboard, of its neighbours in its
own band. A quarter of an octave of that sum is its *class*; each class has a table of probabilities.

    sizes of parents, grandparents, neighbours ─ weights ─▶ expected size ─ log₂ ─▶ class ─▶ table

Sizes are compared in one unit, the box's finest quantisation step: a size in a cell whose step is 2^s times
as large counts 2^s times, and a class is lowered by 4·s.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.transform.subbands import Shape, Subband, SubbandLayout

__all__ = [
    "CLASSES",
    "FEATURES",
    "LARGEST_SIZE",
    "UNIT",
    "WEIGHT_ONE",
    "Sizes",
    "around",
    "classes_of",
    "corners",
    "neighbours_share",
    "second_half",
]

Array = NDArray[np.int64]

#: Weights of a half: the parents' mean and largest, the mean around them, the grandparents' mean and the
#: mean around them, the mean of six neighbours, that of eight corners, and a constant.
FEATURES = 8
#: A weight of 1 in fixed point.
WEIGHT_ONE = 1 << 12
UNIT = 12  # features are multiples of 1/12 of a size: 1, 2, 3, 4 or 6 values are averaged exactly
#: Larger sizes count as this in contexts.
LARGEST_SIZE = (1 << 15) - 1
_LOWEST_EXPONENT = -9  # expected sizes below 2^-9 share a class
PER_OCTAVE = 4
CLASSES = PER_OCTAVE * 23
MANTISSA = 50  # of a float64's 52 bits, two stay: quarters of an octave


class Sizes:
    """Sizes of the bands decoded so far, ready to be looked at by later ones.

    Parameters
    ----------
    layout : SubbandLayout
    coarseness : mapping of tuple of int to ndarray of int64
        log₂ of the quantisation step in the box's finest, (z, y, x) by the shape of a subband.
    """

    def __init__(self, layout: SubbandLayout, coarseness: Mapping[Shape, Array]) -> None:
        self._layout = layout
        self._coarseness = coarseness
        self._own: dict[int, Array] = {}
        self._around: dict[int, Array] = {}

    def add(self, index: int, coefficients: Array) -> None:
        """Remember band `index`, (z, y, x)."""
        sizes = self.in_finest_steps(index, coefficients)
        self._own[index] = sizes
        self._around[index] = around(sizes)

    def in_finest_steps(self, index: int, coefficients: Array) -> Array:
        """Sizes of coefficients (z, y, x) of subband `index`, limited, in the box's finest step."""
        return (
            np.minimum(np.abs(coefficients), LARGEST_SIZE)
            << self._coarseness[self._layout.bands[index].shape]
        )

    def expected(self, index: int, weights: Array) -> Array:
        """Expected sizes of a subband before any of it is known, (n, z, y, x), for `weights` (n, 8).

        In the box's finest step, in twelfths, times :data:`WEIGHT_ONE`.
        """
        coarseness = self._coarseness[self._layout.bands[index].shape]
        total = (weights[:, 7, None, None, None] * UNIT) << coarseness[None]
        for feature, weight in zip(self.features(index), weights.T, strict=False):
            total = total + feature[None] * weight[:, None, None, None]
        return total

    def features(self, index: int) -> tuple[Array, ...]:
        """What weights 0 to 4 of a subband are for, each (z, y, x), in twelfths; none without parents."""
        band = self._layout.bands[index]
        if not band.parents:
            return ()
        parents = self._pooled(band, band.parents)
        if not band.grandparents:
            return parents
        own, _, near = self._pooled(band, band.grandparents)
        return *parents, own, near

    def _pooled(self, band: Subband, members: tuple[int, ...]) -> tuple[Array, Array, Array]:
        """Mean and largest size of `members` at each position, and the mean of the six around it."""
        own = [_stretched(self._own[i], band.shape) for i in members]
        near = [_stretched(self._around[i], band.shape) for i in members]
        count = len(members)
        mean = sum(own[1:], own[0]) * UNIT // count
        around_mean = sum(near[1:], near[0]) * UNIT // (6 * count)
        return mean, np.maximum.reduce(own) * UNIT, around_mean


def neighbours_share(sizes: Array, weights: Array) -> Array:
    """What sizes (z, y, x) of a subband's first half, the rest 0, add to what its second half expects."""
    return np.asarray(around(sizes) * (2 * weights[5]) + (corners(sizes) * 3 // 2) * weights[6])


def around(sizes: Array) -> Array:
    """Sum of the six face neighbours of sizes (z, y, x); at a border a value stands for a missing one.

    Examples
    --------
    >>> around(np.array([[[1, 2, 4]]])).tolist()  # along z and y each value stands for both its neighbours
    [[[7, 13, 22]]]
    """
    total = np.zeros_like(sizes)
    for axis in range(3):
        before, after = _axis(axis, slice(None, -1)), _axis(axis, slice(1, None))
        first, last = _axis(axis, slice(None, 1)), _axis(axis, slice(-1, None))
        total[after] += sizes[before]
        total[before] += sizes[after]
        total[first] += sizes[first]
        total[last] += sizes[last]
    return total


def corners(sizes: Array) -> Array:
    """Sum of the eight corner neighbours of sizes (z, y, x), 0 outside."""
    padded = np.pad(sizes, 1)
    pairs = padded[:-2] + padded[2:]
    pairs = pairs[:, :-2] + pairs[:, 2:]
    return np.asarray(pairs[..., :-2] + pairs[..., 2:])


def _axis(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, part)


def _stretched(values: Array, shape: Shape) -> Array:
    """Values (z, y, x) at the positions of another subband, its axes as long, shorter or twice as long."""
    for axis, n in enumerate(shape):
        have = values.shape[axis]
        if have == n:
            continue
        index = np.arange(n) if have > n else np.minimum(np.arange(n) // 2, have - 1)
        values = np.take(values, index, axis=axis)
    return values


@lru_cache(maxsize=256)
def second_half(shape: Shape) -> NDArray[np.bool_]:
    """The half of a checkerboard (z, y, x) that is decoded second."""
    return np.asarray(np.indices(shape).sum(0) & 1, dtype=bool)


def classes_of(expected: Array, coarseness: Array) -> Array:
    """Class of expected sizes in the finest step, in twelfths times :data:`WEIGHT_ONE`.

    `coarseness` is log₂ of the coefficient's own step in the finest.
    """
    bits = expected.astype(np.float64).view(np.int64) >> MANTISSA
    return np.asarray(np.clip(bits - FIRST_CLASS - PER_OCTAVE * coarseness, 0, CLASSES - 1))


#: A size of 2^-9, as :func:`classes_of` sees it.
FIRST_CLASS = int(np.float64(2.0**_LOWEST_EXPONENT * WEIGHT_ONE * UNIT).view(np.int64) >> MANTISSA)
