"""Where a surface passes between voxels, compiled: see `surface_crossings`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

__all__ = ["find_steps", "mark_seeds"]

Values: TypeAlias = NDArray[np.floating[Any]]


@kernel
def _crosses(a: float, b: float, level: float) -> bool:
    """Whether two values lie on different sides of a level, or one of them on it."""
    return ((a <= level <= b) or (b <= level <= a)) and not (a == level and b == level)


@kernel
def mark_seeds(values: Values, level: float, seeds: NDArray[np.bool_]) -> None:
    """Mark the voxels (Z, Y, X) of which a neighbour along an axis lies on the other side."""
    nz, ny, nx = values.shape
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                here = values[z, y, x]
                if x + 1 < nx and _crosses(here, values[z, y, x + 1], level):
                    seeds[z, y, x] = seeds[z, y, x + 1] = True
                if y + 1 < ny and _crosses(here, values[z, y + 1, x], level):
                    seeds[z, y, x] = seeds[z, y + 1, x] = True
                if z + 1 < nz and _crosses(here, values[z + 1, y, x], level):
                    seeds[z, y, x] = seeds[z + 1, y, x] = True


@kernel
def _part(first: float, second: float, level: float) -> np.float32:
    """Part of the way from one value to another at which the level lies."""
    part = (level - first) / (second - first)
    return np.float32(0.5 if np.isnan(part) else min(max(part, 0.0), 1.0))


@kernel
def find_steps(
    values: Values, level: float, exact: float, where: NDArray[np.int64], steps: NDArray[np.float32]
) -> None:
    """Write the signed steps (n, 3) from flat places (n,) to the nearest crossing, where there is one.

    `level` is that of the values' type, `exact` that which was asked for.
    """
    nz, ny, nx = values.shape
    flat = values.reshape(-1)
    for i in range(len(where)):
        at, stride = where[i], ny * nx
        here = flat[at]
        for axis in range(3):
            n = nz if axis == 0 else ny if axis == 1 else nx
            own = at // stride % n
            if own + 1 < n and _crosses(here, flat[at + stride], level):
                steps[i, axis] = _part(np.float64(here), np.float64(flat[at + stride]), exact)
            if own > 0 and _crosses(flat[at - stride], here, level):
                back = _part(np.float64(flat[at - stride]), np.float64(here), exact) - np.float32(1)
                if -back < abs(steps[i, axis]):
                    steps[i, axis] = back
            if axis < 2:
                stride //= ny if axis == 0 else nx
