"""Boxes of whole blocks: the part of a large field that is shown voxel by voxel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.explorer.data.dataset import Dataset
from idlat.tiling import Box, box_shape

__all__ = ["checked_region", "cut", "region_of"]


def region_of(dataset: Dataset, chosen: NDArray[np.bool_]) -> Box:
    """Return the voxels of the smallest box that holds the chosen blocks (z, y, x).

    Raises
    ------
    IdlatError
        None is chosen, or the box holds more voxels than can be shown.
    """
    if not chosen.any():
        raise IdlatError("choose blocks first: full detail is shown of the box around them")
    size, spans = dataset.block, []
    for axis, length in enumerate(dataset.shape):
        found = np.flatnonzero(chosen.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append((int(found[0]) * size, min((int(found[-1]) + 1) * size, length)))
    region: Box = (spans[0], spans[1], spans[2])
    voxels, side = math.prod(box_shape(region)), round(dataset.largest ** (1 / 3))
    if voxels > dataset.largest:
        sides = " × ".join(map(str, box_shape(region)))
        raise IdlatError(
            f"the box around the chosen blocks has {sides} voxels, and full detail is for {side}³ at most: "
            "choose fewer blocks, or some nearer to each other"
        )
    return region


def checked_region(dataset: Dataset, numbers: tuple[int, ...]) -> Box | None:
    """Return the region of six numbers (z, z end, y, …); None if it is none of whole blocks of a large field.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> field = SimpleNamespace(shape=(40, 64, 64), block=16, largest=40_000, large=True)
    >>> checked_region(field, (16, 40, 0, 32, 0, 32)), checked_region(field, (0, 40, 0, 64, 0, 64))
    (((16, 40), (0, 32), (0, 32)), None)
    """
    if len(numbers) != 6 or not dataset.large:  # all of a small field is shown in full
        return None
    region: Box = (numbers[0:2], numbers[2:4], numbers[4:6])
    for (start, stop), length in zip(region, dataset.shape, strict=True):
        whole = start % dataset.block == 0 and (stop % dataset.block == 0 or stop == length)
        if not (whole and 0 <= start < stop <= length):
            return None
    return region if math.prod(box_shape(region)) <= dataset.largest else None


def cut(grid: NDArray[Any], region: Box, block: int) -> NDArray[Any]:
    """Return the part of a grid of blocks (z, y, x) that a region of voxels touches.

    Examples
    --------
    >>> cut(np.arange(6).reshape(1, 1, 6), ((0, 16), (0, 16), (32, 60)), 16)
    array([[[2, 3]]])
    """
    return grid[tuple(slice(start // block, -(-stop // block)) for start, stop in region)]
