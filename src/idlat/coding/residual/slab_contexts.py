"""What the known neighbours of a slab's voxels foretell: sizes, signs and, where wanted, values.

A voxel lies half-way between two known ones along its pass's axis, and each of these has four known ones
beside it: ten neighbours. A neighbour beyond an end is replaced by one that is there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idlat.coding.residual.adaptive_tables import CLASSES
from idlat.coding.residual.passes import RefinementPass

__all__ = ["classes_of", "foretold_values", "neighbours", "sign_contexts"]

Array = NDArray[np.int64]


def neighbours(known: Array, one: RefinementPass, slab: Sequence[range]) -> Array:
    """Return four times the two neighbours along the axis and once the eight beside them: (z, y, x).

    Parameters
    ----------
    known : ndarray of int64
        Of the box; 0 where not known.
    one : RefinementPass
    slab : three of range
        Voxels of the pass.
    """
    places = [np.array(r) for r in slab]
    total = np.zeros([len(p) for p in places], np.int64)
    if not one.stride:
        return total
    for sign in (-1, 1):
        near = list(places)
        near[one.axis] = _beside(places[one.axis], sign * one.stride, known.shape[one.axis], -sign)
        total += 4 * known[np.ix_(*near)]
        for other in range(3):
            if other == one.axis:
                continue
            for aside in (-one.aside[other], one.aside[other]):
                far = list(near)
                far[other] = _beside(near[other], aside, known.shape[other], 0)
                total += known[np.ix_(*far)]
    return total


def _beside(places: Array, offset: int, n: int, instead: int) -> Array:
    """Places at an offset; where that is outside, those on the other side (−1, 1) or themselves (0)."""
    moved = places + offset
    other = places + instead * abs(offset)
    return np.where((moved >= 0) & (moved < n), moved, other)


def classes_of(expected: Array) -> Array:
    """Return the classes of sixteen times the expected sizes: half-octaves, 0 for none.

    Examples
    --------
    >>> classes_of(np.array([0, 1, 2, 3, 4, 6, 1 << 40])).tolist()
    [0, 1, 3, 4, 5, 6, 39]
    """
    exponent = np.frexp(expected.astype(np.float64))[1].astype(np.int64) - 1
    half = (expected >> np.maximum(exponent - 1, 0)) & 1
    classes = 1 + 2 * exponent + np.where(exponent > 0, half, 0)
    return np.asarray(np.where(expected > 0, np.minimum(classes, CLASSES - 1), 0))


def sign_contexts(signs: Array, axis: int) -> Array:
    """Return the context of each sum of neighbours' signs, as :func:`neighbours` makes it."""
    halved = np.sign(signs) * (1 + (np.abs(signs) > _SURE)) * (signs != 0)
    return np.asarray(5 * axis + 2 + halved)


_SURE = 2


def foretold_values(values: Array, one: RefinementPass, slab: Sequence[range]) -> Array:
    """Return what values of the known neighbours along the axis let expect: cubic where four are there."""
    places = [np.array(r) for r in slab]
    if not one.stride:
        return np.zeros([len(p) for p in places], np.int64)
    n, s, along = values.shape[one.axis], one.stride, places[one.axis]

    def at(offset: int) -> Array:
        moved = list(places)
        moved[one.axis] = np.clip(along + offset, 0, n - 1)
        return np.asarray(values[np.ix_(*moved)].astype(np.int64))

    shape = [1, 1, 1]
    shape[one.axis] = -1
    both = (along + s < n).reshape(shape)
    four = ((along - 3 * s >= 0) & (along + 3 * s < n)).reshape(shape)
    before, after = at(-s), at(s)
    linear = (before + after) >> 1
    cubic = (9 * (before + after) - at(-3 * s) - at(3 * s) + 8) >> 4
    return np.where(four, cubic, np.where(both, linear, before))
