"""Distance to an isosurface in a region of a step too large to hold, the same whatever the region is.

::

    values of the region and HALO around ─▶ seeds ─┬─▶ those within BAND: as in `surface_distance`
                                                   └─▶ cells of 2³ that hold some ─▶ edt, to REACH

A voxel's distance depends on the values within ``HALO`` alone, and not on the region that is asked for:
so do all maps of all workers agree. Beyond the band it is exact to a voxel or so, near ``REACH`` to three.
"""

from __future__ import annotations

from typing import Any

import edt
import numpy as np
from numpy.typing import NDArray

from idlat.importance.measures.band_distance import BAND, band_distance
from idlat.importance.measures.cell_distance import interpolated
from idlat.importance.measures.surface_crossings import seeds_at
from idlat.importance.measures.surface_distance import HALO, REACH, find_surface
from idlat.tiling import Box, Triple, box_shape, crop, grow, intersect

__all__ = ["inner_box", "near_distance"]

_CELL = 2  # voxels an axis; cells begin at even voxels of the step
# Voxels from a marked cell's centre to the surface in it, on average over directions.
_SHIFT = np.float32(1.2)


def inner_box(box: Box, shape: Triple, halo: int = HALO) -> Box:
    """Return the voxels of a box whose surroundings the box holds, as far as there are any.

    Parameters
    ----------
    box, shape
        Of a step, and the step's voxels.
    halo
        Voxels around that count as surroundings; a box without as many has no inner voxels.

    Examples
    --------
    >>> inner_box(((0, 100), (10, 100), (40, 110)), (200, 100, 110), 30)
    ((0, 70), (40, 100), (70, 110))
    """
    spans = []
    for (start, stop), n in zip(box, shape, strict=True):
        low = start + halo if start > 0 else 0
        spans.append((low, max(low, stop - halo if stop < n else n)))
    z, y, x = spans
    return z, y, x


def near_distance(values: NDArray[Any], level: float, box: Box, shape: Triple) -> NDArray[np.float32] | None:
    """Measure the distance of the inner voxels of a box to the isosurface, in voxels.

    Parameters
    ----------
    values
        Floating array of the box, NaN where missing.
    level
        The isovalue.
    box, shape
        Where the values lie in a step, and the step's voxels.

    Returns
    -------
    float32 array of the box's shape, or None
        Infinite beyond ``REACH``, and in voxels that are not inner; None where the values never cross the
        level.
    """
    seeds = seeds_at(values, level)
    if not seeds.any():
        return None
    distance = np.full(values.shape, np.inf, np.float32)
    inner = inner_box(box, shape)
    if not all(box_shape(inner)):
        return distance
    around = intersect(grow(inner, BAND + 2, shape), box)  # two more: a crossing, and the gradient at it
    own = distance[crop(inner, box)]
    own[...] = _from_cells(seeds, box, inner)
    surface = find_surface(values[crop(around, box)], level)
    if surface is not None:
        close = band_distance(surface.seeds, surface.planes)[crop(inner, around)]
        np.copyto(own, close, where=np.isfinite(close))
    return distance


def _from_cells(seeds: NDArray[np.bool_], box: Box, inner: Box) -> NDArray[np.float32]:
    """Measure the distance of inner voxels to the nearest cell with seeds; infinite beyond ``REACH``."""
    odd = [start % _CELL for start, _ in box]
    cells = np.pad(seeds, [(low, (low + n) % _CELL) for low, n in zip(odd, seeds.shape, strict=True)])
    for axis in range(3):
        first, second = [slice(None)] * 3, [slice(None)] * 3
        first[axis], second[axis] = slice(0, None, _CELL), slice(1, None, _CELL)
        cells = cells[tuple(first)] | cells[tuple(second)]
    apart: NDArray[np.float32] = edt.edt(~cells, parallel=1) * np.float32(_CELL)
    np.minimum(apart, np.float32(REACH), out=apart)  # what is farther may be nearer to a seed beyond the box
    z, y, x = (
        (a - start + low, b - start + low) for (a, b), (start, _), low in zip(inner, box, odd, strict=True)
    )
    rough = interpolated(apart, _CELL, (z, y, x))
    rough[rough >= REACH] = np.inf
    rough += _SHIFT
    return rough
