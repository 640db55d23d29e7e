"""What was wanted, spent and lost where: importance, rate and error of every block of a step."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import block_means
from idlat.archive import latent_key
from idlat.errors import ArchiveError
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.explorer.data.evaluated_maps import stated_map
from idlat.explorer.data.step_volumes import StepValues
from idlat.progress import Progress
from idlat.tiling import Box, Triple, block_reduce

__all__ = ["block_errors", "block_importance", "block_rate"]

Real = NDArray[np.float32]

_SIDE = 256  # voxels of a box: what is read and decoded at once is bounded, whatever the field's size


def block_importance(
    dataset: Dataset, variable: str, step: int, progress: Progress | None = None
) -> Real | None:
    """Return the mean importance (z, y, x) of each block; None where nothing tells it.

    It is what the archive keeps, else its expression evaluated on the field.
    """
    record = dataset.record(variable)
    kept = dataset.archive.importance(variable, step if record.has_time else None)
    if kept is not None:
        return np.asarray(kept.values, np.float32)
    if dataset.expression is None or not dataset.has_field:
        return None
    (progress or ignore_progress)("importance", 0, 1)
    return block_means(stated_map(dataset, variable).step(step), BLOCK).astype(np.float32)


def block_rate(dataset: Dataset, variable: str, step: int, progress: Progress | None = None) -> Real:
    """Return the bits a voxel that each block (z, y, x) takes of the stored streams of a step.

    A chunk's stream is shared out among its cells by what their symbols cost under the model's tables; side
    information, header and checksum go along in proportion, so that blocks add up to the streams. `progress`
    reports the stage ``rate``, chunk by chunk; what it raises ends the work.

    Raises
    ------
    ArchiveError
        A chunk is missing or damaged.
    """
    record, decoder = dataset.record(variable), dataset.archive.decoder(variable)
    model, grid = decoder.model, decoder.grid
    bits = np.zeros(grid.cells)
    chunks, tell = grid.chunks(model.chunk_cells), progress or ignore_progress
    for done, chunk in enumerate(chunks):
        tell("rate", done, len(chunks))
        place = tuple(slice(start, stop) for start, stop in chunk.core)
        for frame in range(step * record.components, (step + 1) * record.components):
            key = latent_key(record, frame, chunk.index)
            stored = dataset.archive.store.get(key)
            if stored is None:
                raise ArchiveError(f"{dataset.archive.path}: chunk {key} is missing: restore it from a copy")
            latents = decoder.latents.frame(frame)[(..., *place)]
            bits[place] += _shared_out(model.cell_bits([latents])[0], len(stored))
    voxels = _block_sums(np.ones(dataset.shape, np.uint8), BLOCK)
    return (_block_sums(bits, BLOCK // model.cell) / voxels).astype(np.float32)


def _shared_out(costs: NDArray[np.float64], stored: int) -> NDArray[np.float64]:
    """Scale the costs of a chunk's cells (z, y, x) so that they add up to the bytes that are stored.

    Examples
    --------
    >>> _shared_out(np.array([[[1.0, 3.0]]]), 2), _shared_out(np.zeros((1, 1, 2)), 5)
    (array([[[ 4., 12.]]]), array([[[20., 20.]]]))
    """
    total = float(costs.sum())
    if total == 0.0:
        return np.full(costs.shape, 8.0 * stored / costs.size)
    shared: NDArray[np.float64] = costs * (8.0 * stored / total)
    return shared


def _block_sums(values: NDArray[np.generic], block: int) -> NDArray[np.float64]:
    """Add values (z, y, x) up over blocks; the last ones hold what there is.

    Examples
    --------
    >>> _block_sums(np.ones((1, 1, 5)), 4)
    array([[[4., 1.]]])
    """
    return block_reduce(np.asarray(values, np.float64), block)


def block_errors(
    dataset: Dataset, variable: str, step: int, progress: Progress | None = None
) -> NDArray[np.float32]:
    """Return the root mean square error (z, y, x) of each block, in the field's unit; NaN where missing.

    A step that a view would show voxel by voxel is taken from what is kept; of a larger one nothing is kept
    but the blocks' figures. `progress` reports the stage ``error``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk is damaged.
    """
    tell = progress or ignore_progress
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
