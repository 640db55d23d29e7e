"""What was tried of a map, as volumes on the grid that is shown."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import block_means
from idlat.explorer.data.dataset import Dataset
from idlat.explorer.data.step_volumes import Volume, thinned
from idlat.explorer.data.workbench.map_estimate import Estimate
from idlat.tiling import Box, box_shape, crop, intersect

__all__ = ["TRIED", "Tried", "tried_volume"]

Tried = Literal["map", "tried"]
"""The importance, and the values that come back."""

TRIED: tuple[Tried, ...] = get_args(Tried)


def tried_volume(
    dataset: Dataset,
    estimate: Estimate | None,
    kind: Tried,
    largest: int | None = None,
    region: Box | None = None,
) -> Volume:
    """Return what was tried on the grid on which :meth:`Dataset.volume` shows a step.

    Parameters
    ----------
    dataset
        Whose grid.
    estimate
        What was tried; None for nothing yet.
    kind
        ``map`` for the importance, ``tried`` for the decoded values.
    largest, region
        As for :meth:`Dataset.volume`: where values are shown as means of cells, these are too.

    Returns
    -------
    Volume
        NaN where no chunk was tried, and where a value is missing.
    """
    box = _box(dataset, region)
    largest = dataset.largest if largest is None else largest
    if math.prod(box_shape(box)) <= largest:
        values = np.full(box_shape(box), np.nan, np.float32)
        if estimate is not None:
            _put(values, box, _values(estimate, kind), estimate.region)
        return Volume(values, dataset.spacing, 1, box)
    cell = dataset.archive.model.cell
    z, y, x = (-(-n // cell) for n in dataset.shape)
    means = np.full((z, y, x), np.nan, np.float32)
    if estimate is not None:
        bz, by, bx = ((start // cell, -(-stop // cell)) for start, stop in estimate.region)
        averaged = block_means(_values(estimate, kind), cell).astype(np.float32)
        _put(means, ((0, z), (0, y), (0, x)), averaged, (bz, by, bx))
    values, stride, shown = thinned(means, cell, box, dataset.shape, largest)
    dz, dy, dx = (length * stride for length in dataset.spacing)
    return Volume(values, (dz, dy, dx), stride, shown)


def _values(estimate: Estimate, kind: Tried) -> NDArray[np.float32]:
    return estimate.importance if kind == "map" else estimate.reconstruction


def _box(dataset: Dataset, region: Box | None) -> Box:
    """Return the voxels that are shown."""
    if region is not None:
        return region
    z, y, x = dataset.shape
    return (0, z), (0, y), (0, x)


def _put(target: NDArray[np.float32], box: Box, part: NDArray[np.float32], where: Box) -> None:
    """Write what a part, which lies `where`, shares with a target, which is of a box."""
    shared = intersect(box, where)
    if math.prod(box_shape(shared)):
        target[crop(shared, box)] = part[crop(shared, where)]
