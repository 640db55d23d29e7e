"""Isosurfaces as triangles, by marching cubes, a slab of layers at a time.

No cube with a missing corner has a triangle, so a surface ends where the data do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.extras import require

__all__ = ["Triangles", "extract_surface"]


@dataclass(frozen=True)
class Triangles:
    """A surface.

    Attributes
    ----------
    points
        Float32 array (P, 3).
        Corners along z, y and x, in voxels from the first one's centre.
    faces
        Int32 array (T, 3).
        The corners of each triangle; none has the area 0.
    """

    points: NDArray[np.float32]
    faces: NDArray[np.int32]

    def scaled(self, spacing: tuple[float, float, float]) -> Triangles:
        """Return the surface where the sides of a voxel are `spacing` along z, y and x."""
        return Triangles((self.points * np.asarray(spacing)).astype(np.float32), self.faces)

    def placed(self, positions: Sequence[NDArray[np.float64]]) -> Triangles:
        """Return the surface where the voxels lie at `positions` along z, y and x, counted from the first."""
        moved = [
            np.interp(self.points[:, axis], np.arange(len(places)), places - places[0])
            for axis, places in enumerate(positions)
        ]
        return Triangles(np.stack(moved, axis=1).astype(np.float32), self.faces)

    def areas(self) -> NDArray[np.float64]:
        """Return the area of each triangle (T,)."""
        return _areas(self.points, self.faces)

    def shares(self) -> NDArray[np.float64]:
        """Return the area that each point stands for (P,): a third of each triangle around it."""
        third = np.repeat(self.areas() / 3, 3)
        return np.bincount(self.faces.reshape(-1), third, len(self.points)).astype(np.float64)


def extract_surface(slabs: Iterable[NDArray[Any]], level: float) -> Triangles | None:
    """Find the isosurface of a volume.

    Parameters
    ----------
    slabs
        Arrays (n, Y, X).
        The volume's layers along z, in order; NaN or infinite where missing. A slab and the triangles are all
        that is kept in memory: 24 to 36 bytes a triangle, besides 13 bytes a voxel of a slab.
    level
        The isovalue.

    Returns
    -------
    Triangles or None
        None where the values never cross the level. Points on the border of two slabs come twice.

    Examples
    --------
    >>> plane = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 3, 3))
    >>> surface = extract_surface([plane[:2], plane[2:]], 1.25)
    >>> len(surface.faces), float(surface.areas().sum()), np.unique(surface.points[:, 0])
    (8, 4.0, array([1.25], dtype=float32))
    """
    points, faces, layer, count = [], [], 0, 0
    before: NDArray[np.float32] | None = None  # the last layer of the slab before
    for slab in slabs:
        shifted = (np.asarray(slab, np.float64) - level).astype(np.float32)
        joined = shifted if before is None else np.concatenate([before, shifted])
        part = _march(joined)
        if part is not None:
            vertices, triangles = part
            vertices[:, 0] += layer - (0 if before is None else 1)
            points.append(vertices)
            faces.append(triangles + np.int32(count))
            count += len(vertices)
        layer, before = layer + len(shifted), shifted[-1:]
    return Triangles(np.concatenate(points), np.concatenate(faces)) if points else None


def _march(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]] | None:
    """Return points and faces of the surface at 0, in cubes all of whose corners are finite."""
    require("an isosurface's mesh", "skimage")
    from skimage.measure import marching_cubes

    finite = np.isfinite(values)
    if min(values.shape) < 2 or not finite.any() or not _crosses(values[finite]):
        return None
    whole = None
    if not finite.all():
        whole = _whole_cubes(finite)
        values = np.where(finite, values, np.float32(0))
    try:
        points, faces, _, _ = marching_cubes(values, 0.0, mask=whole)
    except RuntimeError:  # "No surface found": it lies in cubes that are not whole
        return None
    faces = faces[_areas(points, faces) > 0].astype(np.int32)
    if not len(faces):
        return None
    used, renumbered = np.unique(faces, return_inverse=True)
    return points[used].astype(np.float32), renumbered.reshape(faces.shape).astype(np.int32)


def _crosses(values: NDArray[np.float32]) -> bool:
    return bool(values.min() <= 0 <= values.max())


def _whole_cubes(finite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark, at the last corner of each cube as scikit-image reads its mask, those with 8 finite corners."""
    whole = finite.copy()
    for axis in range(3):
        a, b = [slice(None)] * 3, [slice(None)] * 3
        a[axis], b[axis] = slice(None, -1), slice(1, None)
        whole[tuple(b)] &= whole[tuple(a)].copy()
    return whole


def _areas(points: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = (points[faces[:, corner]].astype(np.float64) for corner in range(3))
    areas: NDArray[np.float64] = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return areas
