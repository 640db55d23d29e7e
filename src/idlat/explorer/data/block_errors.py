"""The error of every block of a step against the field, a box at a time where the step is large."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import block_means
from idlat.explorer.data.background_jobs import untold
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.explorer.data.step_volumes import StepValues
from idlat.progress import Progress
from idlat.tiling import Box, Triple

__all__ = ["block_errors"]

_SIDE = 256  # voxels of a box: what is read and decoded at once is bounded, whatever the field's size


def block_errors(
    dataset: Dataset, variable: str, step: int, progress: Progress | None = None
) -> NDArray[np.float32]:
    """Return the root mean square error (z, y, x) of each block, in the field's unit; NaN where missing.

    A step that a view would show voxel by voxel is taken from what is kept; of a larger one nothing is kept
    but the blocks' figures. `progress` is told of the stage ``error``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk is damaged.
    """
    tell = progress or untold
    errors = np.empty(dataset.block_shape, np.float32)
    boxes = list(_boxes(dataset.shape))
    for done, box in enumerate(boxes):

        def report(*_: object, done: int = done) -> None:
            tell("error", done, len(boxes))

        report()
        place = tuple(slice(start // BLOCK, -(-stop // BLOCK)) for start, stop in box)
        squares = _difference(dataset, variable, step, box, report).astype(np.float64) ** 2
        errors[place] = np.sqrt(block_means(squares, BLOCK))
    return errors


def _difference(
    dataset: Dataset, variable: str, step: int, box: Box, progress: Progress
) -> NDArray[np.float32]:
    """Return the reconstruction less the original in a box."""
    if math.prod(dataset.shape) <= _SIDE**3:
        return dataset.volume("difference", step, variable=variable, region=box, progress=progress).values
    values = StepValues(dataset.archive.decoder(variable), dataset.readers[variable], step)
    decoded = values.of("reconstruction", box, progress)
    decoded -= values.of("original", box, progress)
    return decoded


def _boxes(shape: Triple) -> Iterator[Box]:
    """Cut a step in boxes of whole blocks; all of it where it is small."""
    if math.prod(shape) <= _SIDE**3:
        yield (0, shape[0]), (0, shape[1]), (0, shape[2])
        return
    spans = [[(start, min(start + _SIDE, n)) for start in range(0, n, _SIDE)] for n in shape]
    yield from itertools.product(*spans)
