"""Distance from every voxel to an isosurface, to a small fraction of a voxel (|SDF| of paper Eq. 15).

Where two neighbouring voxels lie on different sides of the isovalue, linear interpolation gives a point of
the surface; such voxels are *seeds*, each with the tangent plane at its crossing. Within ``BAND`` voxels the
nearest seed of every voxel is found exactly, axis by axis, and the distance taken to its tangent plane.
Beyond, the distance to the nearest seed (``edt``) does, shifted so that it agrees with the band::

    values (Z, Y, X) ─▶ seeds, planes ─▶ nearest seed, R ≤ 12 ─▶ distance to its plane
                           └──────────── edt beyond the band (and coarse.py, where a step is large)

Where voxels are no cubes, the nearest seed is found exactly everywhere (``scipy``), in several times as long.
That serves steps too large for :mod:`idlat.importance.measures.uneven_distance`, which is closer to the
surface. Fast marching (scikit-fmm) takes up to 16 times as long, with four times the mean error in the band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import edt
import numpy as np
from numpy.typing import NDArray

from idlat.importance.measures.band_distance import BAND, DISC, band_distance
from idlat.importance.measures.surface_crossings import seeds_at, steps_to_surface
from idlat.importance.measures.voxel_spacing import VOXELS, Spacing
from idlat.jit import compiles

__all__ = [
    "BAND",
    "HALO",
    "REACH",
    "Surface",
    "are_cubes",
    "find_surface",
    "surface_distance",
]

REACH = 28
"""Voxels up to which a region of a large step measures the distance from its own surroundings."""

HALO = REACH + 2
"""Voxels around a region that this needs: one more for the crossing, one for the gradient at the seed."""

_CUBE = 1e-3  # part by which a voxel's sides may differ for it to be a cube


@dataclass(frozen=True)
class Surface:
    """Voxels next to an isosurface, and the surface's plane at each.

    Attributes
    ----------
    seeds
        Bool array (Z, Y, X).
        Voxels with a neighbour on the other side.
    planes
        Float32 array (seeds, 4).
        Unit normal (z, y, x) from the seed towards the surface, and the distance to it, in the unit of the
        spacing.
    """

    seeds: NDArray[np.bool_]
    planes: NDArray[np.float32]


def find_surface(values: NDArray[Any], level: float, spacing: Spacing = VOXELS) -> Surface | None:
    """Find the seeds of an isosurface and their planes; None where the values never cross the level."""
    seeds = seeds_at(values, level)
    if not seeds.any():
        return None
    steps = steps_to_surface(values, level, seeds)
    lengths = np.asarray(spacing, np.float32)
    return Surface(seeds, _planes(_gradient_at(values, seeds) / lengths, steps * lengths))


def are_cubes(spacing: Spacing) -> bool:
    """Whether the sides of a voxel are equal, to 0.1 %."""
    return max(spacing) <= min(spacing) * (1 + _CUBE)


def surface_distance(
    values: NDArray[Any], level: float, reach: float = math.inf, spacing: Spacing = VOXELS
) -> NDArray[np.float32] | None:
    """Measure the distance of every voxel to the isosurface of the linearly interpolated values.

    Parameters
    ----------
    values
        Floating array (Z, Y, X).
        NaN where missing.
    level
        The isovalue.
    reach
        Smallest sides of a voxel, at least ``BAND``, beyond which the distance is infinite.
    spacing
        Sides of a voxel along z, y and x.

    Returns
    -------
    float32 array (Z, Y, X), or None
        In the unit of the spacing, unsigned; None where the values never cross the level.

    Examples
    --------
    >>> plane = np.broadcast_to(np.arange(6.0), (1, 3, 6))
    >>> surface_distance(plane, 2.25)[0, 1]
    array([2.25, 1.25, 0.25, 0.75, 1.75, 2.75], dtype=float32)
    """
    side = min(spacing)
    cubes = are_cubes(spacing)
    surface = find_surface(values, level, VOXELS if cubes else spacing)
    if surface is None:
        return None
    distance = _cubic_distance(surface) * np.float32(side) if cubes else _any_distance(surface, spacing)
    distance[distance > reach * side] = np.inf
    return distance


def _cubic_distance(surface: Surface) -> NDArray[np.float32]:
    """Distance in voxels that are cubes: to the nearest plane within the band, to the nearest seed beyond."""
    distance = band_distance(surface.seeds, surface.planes)
    far = np.isinf(distance)
    if far.any():
        rough: NDArray[np.float32] = edt.edt(~surface.seeds, parallel=2)
        edge = (rough > BAND - 2) & ~far
        shift = float((distance[edge] - rough[edge]).mean()) if edge.any() else 0.0
        distance[far] = rough[far] + np.float32(shift)
    return distance


def _any_distance(surface: Surface, spacing: Spacing) -> NDArray[np.float32]:
    """Distance in voxels of any sides: to the plane of the nearest seed, everywhere."""
    from scipy import ndimage

    at: Any = ndimage.distance_transform_edt(~surface.seeds, spacing, False, True)  # indices alone
    number = np.zeros(surface.seeds.shape, np.int32)
    number[surface.seeds] = np.arange(len(surface.planes), dtype=np.int32)
    distance = np.empty(surface.seeds.shape, np.float32)
    for z in range(len(distance)):
        y, x = np.indices(distance.shape[1:])
        planes = surface.planes[number[at[0, z], at[1, z], at[2, z]]]
        to_seed = np.stack([at[0, z] - z, at[1, z] - y, at[2, z] - x], -1) * np.asarray(spacing, np.float32)
        along = (to_seed * planes[..., :3]).sum(-1)
        disc = DISC * np.sqrt((1 - planes[..., :3] ** 2) @ (np.square(spacing, dtype=np.float32) / 2))
        aside = np.sqrt(np.maximum((to_seed * to_seed).sum(-1) - along * along, 0.0))
        distance[z] = np.hypot(along + planes[..., 3], np.maximum(aside - disc, 0.0))
    return distance


def _gradient_at(values: NDArray[Any], seeds: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Take central differences (seeds, 3) up to a factor; one-sided or 0 next to missing voxels."""
    at = np.nonzero(seeds)
    if compiles():
        from idlat.importance.measures.distance_kernels import take_gradients

        z, y, x = at
        found = np.zeros((len(z), 3))
        take_gradients(np.ascontiguousarray(values), z, y, x, found)
        return found.astype(np.float32)
    here = values[at].astype(np.float64)
    slopes = np.zeros((len(here), 3))
    for axis in range(3):
        total, known = np.zeros(len(here)), np.zeros(len(here), np.int8)
        for step in (-1, 1):
            other = list(at)
            other[axis] = np.clip(at[axis] + step, 0, values.shape[axis] - 1)
            with np.errstate(over="ignore", invalid="ignore"):
                slope = (values[tuple(other)].astype(np.float64) - here) * step
            usable = np.isfinite(slope) & (other[axis] != at[axis])
            total[usable] += slope[usable]
            known += usable
        slopes[:, axis] = total / np.maximum(known, 1)
    largest = np.abs(slopes).max(axis=1, keepdims=True)
    return (slopes / np.where(largest > 0, largest, 1.0)).astype(np.float32)


def _planes(slopes: NDArray[np.float32], steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn slopes and steps (seeds, 3) into planes (seeds, 4): unit normal to the surface, distance.

    The plane passes through the crossing along the axis where the normal is largest.
    """
    crossed = np.isfinite(steps)
    size = np.abs(slopes)
    axis = np.where(crossed, size, -1.0).argmax(axis=1)
    rows = np.arange(len(axis))
    flat = size[rows, axis] == 0.0
    slopes[flat] = 0.0
    slopes[flat, axis[flat]] = 1.0
    normal = slopes / np.sqrt((slopes * slopes).sum(axis=1, keepdims=True))
    along, step = normal[rows, axis], steps[rows, axis]
    normal *= np.where((along < 0) == (step < 0), 1.0, -1.0)[:, None]
    return np.column_stack([normal, np.abs(along * step)]).astype(np.float32)
