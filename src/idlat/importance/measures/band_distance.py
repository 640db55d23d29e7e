"""The nearest seed of every voxel near a surface, exactly, and the distance to its plane.

A *seed* is a voxel next to the surface, with the surface's plane; see
:mod:`idlat.importance.measures.surface_distance`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.jit import compiles

__all__ = ["BAND", "DISC", "band_distance"]

BAND = 12
"""Voxels around the surface within which the nearest seed is exact."""

DISC = 0.7  # a tangent plane counts as the surface within this radius of its foot, in voxels
_BITS = 5  # bits for an offset in [-BAND, BAND]; three of them below the squared distance
_MASK = (1 << _BITS) - 1
_NONE = np.int32(1 << 30)
_BLOCK = 1 << 18  # voxels worked on at a time, to stay in the cache


def band_distance(seeds: NDArray[np.bool_], planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of every voxel to the plane of its nearest seed; infinite beyond the band.

    Parameters
    ----------
    seeds
        (Z, Y, X).
    planes
        (seeds, 4): unit normal to the surface, and distance, of each seed in order.
    """
    shape = seeds.shape
    keys = _nearest_seeds(seeds)
    number = np.zeros(shape, np.int32)
    number[seeds] = np.arange(len(planes), dtype=np.int32)
    distance = np.full(shape, np.inf, np.float32)
    if compiles():
        from idlat.importance.measures import distance_kernels

        distance_kernels.measure_planes(keys, number, planes, BAND, _BITS, DISC, distance)
        return distance
    flat, flat_number, out = keys.reshape(-1), number.reshape(-1), distance.reshape(-1)
    strides = (shape[1] * shape[2], shape[2], 1)
    for start in range(0, flat.size, _BLOCK):
        key = flat[start : start + _BLOCK]
        inside = np.flatnonzero((key >> (3 * _BITS)) <= BAND * BAND)
        key = key[inside]
        to_seed = [((key >> (_BITS * i)) & _MASK) - BAND for i in (2, 1, 0)]
        at = inside + start + sum(step * n for step, n in zip(to_seed, strides, strict=True))
        plane = planes[flat_number[at]]
        along = sum(step * plane[:, i] for i, step in enumerate(to_seed))
        aside = np.sqrt(np.maximum((key >> (3 * _BITS)) - along * along, 0.0))
        aside = np.maximum(aside - DISC, 0.0)
        out[inside + start] = np.sqrt(np.square(along + plane[:, 3]) + aside * aside)
    return distance


def _nearest_seeds(seeds: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Find the nearest seed of every voxel within the band, exactly, one axis after the other.

    A key holds the squared distance above three offsets, so that the smallest key is the nearest seed.
    """
    keys = np.where(seeds, np.int32(0), _NONE)
    for axis, shift in ((2, 0), (1, _BITS), (0, 2 * _BITS)):
        result = np.empty_like(keys)
        if compiles():
            _sweep_compiled(keys, result, axis, shift)
            keys = result
            continue
        across = 1 if axis == 0 else 0
        thick = max(1, _BLOCK * keys.shape[across] // keys.size)
        for start in range(0, keys.shape[across], thick):
            part: list[slice] = [slice(None)] * 3
            part[across] = slice(start, start + thick)
            result[tuple(part)] = _sweep(keys[tuple(part)], axis, shift)
        keys = result
    return keys


def _sweep_compiled(keys: NDArray[np.int32], result: NDArray[np.int32], axis: int, shift: int) -> None:
    """Do as :func:`_sweep`, into `result`."""
    from idlat.importance.measures import distance_kernels

    z, y, x = keys.shape
    if axis == 2:
        rows = (z * y, x)
        distance_kernels.sweep_within(keys.reshape(rows), result.reshape(rows), BAND, shift, 3 * _BITS)
    else:
        planes = (z, y, x) if axis == 1 else (1, z, y * x)
        distance_kernels.sweep_rows(keys.reshape(planes), result.reshape(planes), BAND, shift, 3 * _BITS)


def _sweep(keys: NDArray[np.int32], axis: int, shift: int) -> NDArray[np.int32]:
    """Smallest key along an axis within the band, its offset and squared distance added."""
    best = keys + np.int32(BAND << shift)
    spare = np.empty_like(keys)
    for step in range(1, min(BAND, keys.shape[axis] - 1) + 1):
        near, ahead = [slice(None)] * 3, [slice(None)] * 3
        near[axis], ahead[axis] = slice(None, -step), slice(step, None)
        a, b = tuple(near), tuple(ahead)
        square = step * step << (3 * _BITS)
        for to, of, offset in ((a, b, BAND + step), (b, a, BAND - step)):
            np.add(keys[of], np.int32(square + (offset << shift)), out=spare[to])
            np.minimum(best[to], spare[to], out=best[to])
    return best
