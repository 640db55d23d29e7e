"""Where the values of neighbouring voxels lie on different sides of a level: there a surface passes.

Compiled where kernels are (:mod:`idlat.jit`), else in NumPy: the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.jit import compiles

__all__ = ["crossings", "seeds_at", "steps_to_surface"]


def crossings(values: NDArray[Any], level: float) -> list[NDArray[np.bool_]]:
    """Tell which neighbours lie on different sides of a level, along each axis.

    Parameters
    ----------
    values
        Floating array (Z, Y, X).
        NaN where missing: no surface is seen there.
    level
        The isovalue. A voxel that has it exactly lies on the surface if a neighbour has another value.

    Returns
    -------
    three bool arrays
        Along axis a, entry i tells of voxels i and i + 1; one shorter than `values` along a.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = values <= values.dtype.type(level), values >= values.dtype.type(level)
    found = []
    for axis in range(3):
        a, b = _pair(axis)
        cross = (low[a] & high[b]) | (high[a] & low[b])
        cross &= ~(low[a] & high[a] & low[b] & high[b])
        found.append(cross)
    return found


def seeds_at(values: NDArray[Any], level: float) -> NDArray[np.bool_]:
    """Mark the voxels (Z, Y, X) on either side of what :func:`crossings` finds."""
    seeds = np.zeros(values.shape, bool)
    if compiles():
        from idlat.importance.measures import crossing_kernels

        crossing_kernels.mark_seeds(np.ascontiguousarray(values), values.dtype.type(level), seeds)
        return seeds
    for axis, cross in enumerate(crossings(values, level)):
        a, b = _pair(axis)
        seeds[a] |= cross
        seeds[b] |= cross
    return seeds


def steps_to_surface(values: NDArray[Any], level: float, seeds: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return signed steps (seeds, 3) to the nearest crossing along each axis; infinite where there is none.

    Parameters
    ----------
    values
        Floating array (Z, Y, X).
    level
        The isovalue.
    seeds
        What :func:`seeds_at` gives of both.
    """
    where = np.flatnonzero(seeds)
    steps = np.full((len(where), 3), np.inf, np.float32)
    if compiles():
        from idlat.importance.measures import crossing_kernels

        crossing_kernels.find_steps(
            np.ascontiguousarray(values), values.dtype.type(level), float(level), where, steps
        )
        return steps
    number = np.zeros(values.shape, np.int32)
    number[seeds] = np.arange(len(where), dtype=np.int32)
    for axis, cross in enumerate(crossings(values, level)):
        a, b = _pair(axis)
        first, second = values[a][cross].astype(np.float64), values[b][cross].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            part = (level - first) / (second - first)
        part = np.clip(np.nan_to_num(part, nan=0.5), 0.0, 1.0).astype(np.float32)
        steps[number[a][cross], axis] = part
        at, back = number[b][cross], part - 1.0
        nearer = -back < np.abs(steps[at, axis])
        steps[at[nearer], axis] = back[nearer]
    return steps


def _pair(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Index all voxels but the last along an axis, and all but the first."""
    a, b = [slice(None)] * 3, [slice(None)] * 3
    a[axis], b[axis] = slice(None, -1), slice(1, None)
    return tuple(a), tuple(b)
