"""Distances where voxels are no cubes, or not evenly spaced, such as on levels that thin out with height.

To an isosurface: from every voxel to the nearest crossing of a grid line with it (k-d tree), and there to the
tangent plane. To an object: to the nearest of its voxels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.importance.measures.surface_crossings import crossings
from idlat.importance.measures.voxel_spacing import Positions

__all__ = ["object_distance", "surface_distance"]

_DISC = 0.35  # a tangent plane counts as the surface within this radius of its foot, in sides of the voxel
_BLOCK = 1 << 18  # voxels looked up at a time


def surface_distance(values: NDArray[Any], level: float, positions: Positions) -> NDArray[np.float32] | None:
    """Measure the distance of every voxel to the isosurface of the linearly interpolated values.

    Parameters
    ----------
    values
        Floating array (Z, Y, X).
        NaN where missing.
    level
        The isovalue.
    positions
        Three arrays.
        Of the voxels along each axis, rising or falling.

    Returns
    -------
    float32 array (Z, Y, X), or None
        In the unit of the positions; None where the values never cross the level.

    Examples
    --------
    >>> plane = np.broadcast_to(np.array([0.0, 1.0, 4.0, 9.0]), (1, 1, 4))
    >>> surface_distance(plane, 2.5, (np.zeros(1), np.zeros(1), np.array([0.0, 1.0, 4.0, 9.0])))[0, 0]
    array([2.5, 1.5, 1.5, 6.5], dtype=float32)
    """
    from scipy.spatial import cKDTree

    slopes = _slopes(values, positions)
    found = [
        _crossed(values, level, cross, axis, slopes, positions)
        for axis, cross in enumerate(crossings(values, level))
    ]
    points, normals, sides = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(points):
        return None
    disc = _DISC * np.sqrt(((1 - normals**2) * sides**2).sum(axis=1) / 2)
    tree, out = cKDTree(points), np.empty(values.shape, np.float32)
    flat = out.reshape(-1)
    for start in range(0, out.size, _BLOCK):
        voxels = _voxels(start, min(start + _BLOCK, out.size), values.shape, positions)
        far, at = tree.query(voxels)
        along = np.abs(((voxels - points[at]) * normals[at]).sum(axis=1))
        aside = np.sqrt(np.maximum(far * far - along * along, 0.0))
        flat[start : start + len(voxels)] = np.hypot(along, np.maximum(aside - disc[at], 0.0))
    return out


def object_distance(inside: NDArray[np.bool_], positions: Positions) -> NDArray[np.float32]:
    """Measure the distance of every voxel to the nearest that is marked; 0 there.

    >>> positions = (np.zeros(1), np.zeros(1), np.array([0.0, 1.0, 5.0]))
    >>> object_distance(np.array([[[True, False, False]]]), positions)
    array([[[0., 1., 5.]]], dtype=float32)
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(np.stack([p[i] for p, i in zip(positions, np.nonzero(inside), strict=True)], axis=1))
    out = np.empty(inside.shape, np.float32)
    flat = out.reshape(-1)
    for start in range(0, out.size, _BLOCK):
        stop = min(start + _BLOCK, out.size)
        flat[start:stop] = tree.query(_voxels(start, stop, inside.shape, positions))[0]
    return out


def _voxels(start: int, stop: int, shape: tuple[int, ...], positions: Positions) -> NDArray[np.float64]:
    """Return the positions (n, 3) of voxels counted in C order."""
    indices = np.unravel_index(np.arange(start, stop), shape)
    return np.stack([p[i] for p, i in zip(positions, indices, strict=True)], axis=1)


def _slopes(values: NDArray[Any], positions: Positions) -> list[NDArray[np.float64]]:
    """Return the derivative along each axis; 0 where an axis has one voxel, or next to a missing value."""
    wide = values.astype(np.float64)
    with np.errstate(all="ignore"):
        found = [
            np.gradient(wide, p, axis=axis) if len(p) > 1 else np.zeros(wide.shape)
            for axis, p in enumerate(positions)
        ]
    return [np.nan_to_num(slope, copy=False, nan=0.0, posinf=0.0, neginf=0.0) for slope in found]


def _crossed(
    values: NDArray[Any],
    level: float,
    cross: NDArray[np.bool_],
    axis: int,
    slopes: list[NDArray[np.float64]],
    positions: Positions,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the crossings along one axis: points, unit normals, and the voxels' sides there, (n, 3) each."""
    a = np.nonzero(cross)
    b = tuple(index + (i == axis) for i, index in enumerate(a))
    first, second = values[a].astype(np.float64), values[b].astype(np.float64)
    with np.errstate(all="ignore"):
        part = np.clip(np.nan_to_num((level - first) / (second - first), nan=0.5), 0.0, 1.0)
    near, ahead = (np.stack([p[i] for p, i in zip(positions, at, strict=True)], axis=1) for at in (a, b))
    points = near + part[:, None] * (ahead - near)
    normals = np.stack([(1 - part) * slope[a] + part * slope[b] for slope in slopes], axis=1)
    length = np.sqrt((normals**2).sum(axis=1, keepdims=True))
    along = np.zeros((1, 3))
    along[0, axis] = 1.0
    normals = np.where(length > 0, normals / np.where(length > 0, length, 1.0), along)
    sides = np.stack([_sides(p)[i] for p, i in zip(positions, a, strict=True)], axis=1)
    sides[:, axis] = np.abs(ahead - near)[:, axis]
    return points, normals, sides


def _sides(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lengths of the voxels along an axis; 0 of a single one."""
    return np.abs(np.gradient(places)) if len(places) > 1 else np.zeros(1)
