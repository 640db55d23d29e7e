"""How far an isosurface moved: the distance between two surfaces of triangles, both ways.

::

    points of A, each for a third of the area of its triangles ─▶ nearest point of B's triangles ─┐
    points of B ─────────────────────────────────────────────────▶ nearest point of A's ──────────┤
                                        mean and 95th percentile by area, and the largest, of both ◀┘

That it is taken at the corners of triangles, which are smaller than a voxel, makes the mean and the
percentile a quadrature, and the largest a bound from below that a triangle's size limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.metrics.marching_cubes import Triangles

__all__ = ["SurfaceDistance", "distance_between", "distance_to"]

_NEAREST = 16  # triangles looked at for a point
_BLOCK = 1 << 14  # points worked on at a time
_TINY = 1e-300


@dataclass(frozen=True)
class SurfaceDistance:
    """Distance between two surfaces, in the unit of their points.

    Attributes
    ----------
    mean, p95
        Over both surfaces' areas together: the mean, and what 95 % of the area does not exceed.
    hausdorff
        The largest, over both.
    """

    mean: float
    p95: float
    hausdorff: float


def distance_between(a: Triangles, b: Triangles) -> SurfaceDistance:
    """Measure how far two surfaces lie apart; the same either way round.

    It takes about 15 µs and 250 bytes a triangle.

    Examples
    --------
    >>> from idlat.metrics.marching_cubes import extract_surface
    >>> ramp = np.broadcast_to(np.arange(5.0)[:, None, None], (5, 4, 4))
    >>> distance_between(extract_surface([ramp], 1.0), extract_surface([ramp], 1.5))
    SurfaceDistance(mean=0.5, p95=0.5, hausdorff=0.5)
    """
    distance = np.concatenate([distance_to(b, a.points), distance_to(a, b.points)])
    share = np.concatenate([a.shares(), b.shares()])
    order = np.argsort(distance, kind="stable")
    below = np.cumsum(share[order])
    at = min(int(np.searchsorted(below, 0.95 * below[-1])), len(order) - 1)
    return SurfaceDistance(
        mean=float((distance * share).sum() / below[-1]),
        p95=float(distance[order[at]]),
        hausdorff=float(distance.max()),
    )


def distance_to(surface: Triangles, points: NDArray[Any]) -> NDArray[np.float64]:
    """Measure the distance (P,) of points (P, 3) to the nearest point of a surface's triangles.

    A triangle lies within its radius of its centre, so only those whose centre is no farther than the best
    distance found and the largest radius matter. Of these it looks at the `_NEAREST` with the nearest
    centres: too far by 4·10⁻⁶ voxels in the mean and 0.03 at most on a vortex, against all of them.
    """
    from scipy.spatial import cKDTree

    corners = surface.points[surface.faces].astype(np.float64)
    centres = corners.mean(axis=1)
    radius = float(np.linalg.norm(corners - centres[:, None], axis=2).max())
    tree, nearest = cKDTree(centres), list(range(1, min(_NEAREST, len(centres)) + 1))
    blocks = [np.zeros(0)]
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK].astype(np.float64)
        best = np.full(len(block), np.inf)
        for near, which in zip(*(found.T for found in tree.query(block, nearest)), strict=True):
            at = np.flatnonzero(near < best + radius)
            best[at] = np.minimum(best[at], _to_triangles(block[at], corners[which[at]]))
        blocks.append(best)
    return np.concatenate(blocks)


def _to_triangles(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (P,) of points (P, 3) to a triangle each (P, 3 corners, 3): to its plane, or its edges."""
    a, b, c = corners.transpose(1, 2, 0)
    p = points.T
    normal = _cross(b - a, c - a)
    inside = np.ones(len(points), bool)
    aside = np.full(len(points), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        edge, offset = end - start, p - start
        inside &= _dot(_cross(edge, offset), normal) >= 0
        along = np.clip(_dot(edge, offset) / np.maximum(_dot(edge, edge), _TINY), 0.0, 1.0)
        off = offset - along * edge
        aside = np.minimum(aside, _dot(off, off))
    height = _dot(p - a, normal)
    area = _dot(normal, normal)
    return np.sqrt(np.where(inside & (area > _TINY), height * height / np.maximum(area, _TINY), aside))


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
