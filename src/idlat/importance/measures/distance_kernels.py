"""Distances to an isosurface, compiled: see `band_distance` and `surface_distance`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

__all__ = ["measure_planes", "sweep_rows", "sweep_within", "take_gradients"]

Integers: TypeAlias = NDArray[Any]


@kernel
def _lower(best: Integers, near: Integers, more: np.int32) -> None:
    """Lower each of `best` (n,) to what is `near` it and `more`."""
    for i in range(len(best)):
        best[i] = min(best[i], near[i] + more)


@kernel
def sweep_rows(keys: Integers, found: Integers, band: int, shift: int, square: int) -> None:
    """Write the smallest key (P, N, M) along the middle axis, with its offset and squared distance added.

    `shift` is that of the offset's bits in a key, `square` that of the squared distance's.
    """
    n = keys.shape[1]
    for p in range(len(keys)):
        for i in range(n):
            best = found[p, i]
            best[:] = keys[p, i] + np.int32(band << shift)
            for step in range(1, min(band, n - 1) + 1):
                apart = step * step << square
                if i + step < n:
                    _lower(best, keys[p, i + step], np.int32(apart + ((band + step) << shift)))
                if i - step >= 0:
                    _lower(best, keys[p, i - step], np.int32(apart + ((band - step) << shift)))


@kernel
def sweep_within(keys: Integers, found: Integers, band: int, shift: int, square: int) -> None:
    """Do as :func:`sweep_rows` along the last axis of keys (P, N)."""
    n = keys.shape[1]
    for p in range(len(keys)):
        row, best = keys[p], found[p]
        best[:] = row + np.int32(band << shift)
        for step in range(1, min(band, n - 1) + 1):
            apart = step * step << square
            _lower(best[: n - step], row[step:], np.int32(apart + ((band + step) << shift)))
            _lower(best[step:], row[: n - step], np.int32(apart + ((band - step) << shift)))


@kernel
def measure_planes(
    keys: Integers,
    number: Integers,
    planes: NDArray[np.float32],
    band: int,
    bits: int,
    disc: float,
    distance: NDArray[np.float32],
) -> None:
    """Write the distance (Z, Y, X) to the plane of the nearest seed where that is within the band."""
    mask = (1 << bits) - 1
    for z in range(keys.shape[0]):
        for y in range(keys.shape[1]):
            for x in range(keys.shape[2]):
                key = int(keys[z, y, x])
                squared = key >> 3 * bits
                if squared > band * band:
                    continue
                dz = ((key >> 2 * bits) & mask) - band
                dy = ((key >> bits) & mask) - band
                dx = (key & mask) - band
                plane = planes[number[z + dz, y + dy, x + dx]]
                along = dz * np.float64(plane[0]) + dy * np.float64(plane[1]) + dx * np.float64(plane[2])
                aside = max(np.sqrt(max(squared - along * along, 0.0)) - disc, 0.0)
                off = along + plane[3]
                distance[z, y, x] = np.sqrt(off * off + aside * aside)


@kernel
def take_gradients(
    values: NDArray[np.floating[Any]], z: Integers, y: Integers, x: Integers, slopes: NDArray[np.float64]
) -> None:
    """Write the slopes (n, 3) at voxels z, y, x of values (Z, Y, X), over the largest of the three.

    Central differences up to a factor; one-sided or 0 next to missing voxels.
    """
    at = np.zeros(3, np.int64)
    for i in range(len(z)):
        at[0], at[1], at[2] = z[i], y[i], x[i]
        here, largest = np.float64(values[z[i], y[i], x[i]]), 0.0
        for axis in range(3):
            total, known, own = 0.0, 0, at[axis]
            for step in (-1, 1):
                if not 0 <= own + step < values.shape[axis]:
                    continue
                at[axis] = own + step
                slope = (np.float64(values[at[0], at[1], at[2]]) - here) * step
                if np.isfinite(slope):
                    total, known = total + slope, known + 1
            at[axis] = own
            slopes[i, axis] = total / max(known, 1)
            largest = max(largest, abs(slopes[i, axis]))
        for axis in range(3):
            slopes[i, axis] /= largest if largest > 0 else 1.0
