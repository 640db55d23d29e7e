"""What was wanted and what was spent where: importance and rate of every block of a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import block_means
from idlat.archive import latent_key
from idlat.errors import ArchiveError
from idlat.explorer.data.background_jobs import untold
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.explorer.data.evaluated_maps import stated_map
from idlat.progress import Progress
from idlat.tiling import block_reduce

__all__ = ["block_importance", "block_rate"]

Real = NDArray[np.float32]


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
    (progress or untold)("importance", 0, 1)
    return block_means(stated_map(dataset, variable).step(step), BLOCK).astype(np.float32)


def block_rate(dataset: Dataset, variable: str, step: int, progress: Progress | None = None) -> Real:
    """Return the bits a voxel that each block (z, y, x) takes of the stored streams of a step.

    A chunk's stream is shared out among its cells by what their symbols cost under the model's tables; side
    information, header and checksum go along in proportion, so that blocks add up to the streams. `progress`
    is told of the stage ``rate``, chunk by chunk; what it raises ends the work.

    Raises
    ------
    ArchiveError
        A chunk is missing or damaged.
    """
    record, decoder = dataset.record(variable), dataset.archive.decoder(variable)
    model, grid = dataset.archive.model, decoder.grid
    bits = np.zeros(grid.cells)
    chunks, tell = grid.chunks(model.chunk_cells), progress or untold
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
