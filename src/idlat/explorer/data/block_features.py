"""Latents of a step as features, a few layers of blocks at a time: those of all need not fit in memory.

::

    layers of blocks ─ a seeded choice of their latents ─▶ FeatureMap ─ again, layer by layer ─▶ features
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import BlockFeatures, FeatureMap, block_features
from idlat.analysis.features import Scaling
from idlat.archive import channel_cells
from idlat.errors import IdlatError
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.progress import Progress

__all__ = ["mapped_latents", "step_features"]

Latents = NDArray[np.int32]

_AT_ONCE = 2**28  # bytes of latents that are read whole
_SAMPLE = 8192  # blocks that a map is fitted to where they are more


def step_features(
    dataset: Dataset, variable: str, step: int, scaling: Scaling, seed: int, progress: Progress | None = None
) -> BlockFeatures:
    """Return the features of the blocks of a step that hold anything.

    `progress` reports the stage ``read``, slab by slab; what it raises ends the work.

    Raises
    ------
    IdlatError
        Every block is empty, or a chunk is damaged.
    """
    z, y, x = dataset.block_shape
    model = dataset.archive.model
    cells = channel_cells(model, BLOCK)
    length = model.channels * (BLOCK // model.cell) ** 3 * dataset.record(variable).components
    if 4 * z * y * x * length <= _AT_ONCE:
        slabs = list(_layers(dataset, variable, step, progress))
        latents, empty = (np.concatenate(parts) for parts in list(zip(*slabs, strict=True))[1:])
        return block_features(latents, empty, scaling=scaling, cells=cells, seed=seed)
    sample = _sample(dataset, variable, step, seed, progress)
    fitted = block_features(sample[:, None, None], scaling=scaling, cells=cells, seed=seed).map
    values, places = mapped_latents(dataset, variable, step, fitted, progress)
    blocks = np.column_stack([np.zeros(len(places), np.intp), places])
    return BlockFeatures(values, blocks, (1, z, y, x), fitted)


def mapped_latents(
    dataset: Dataset,
    variable: str,
    step: int,
    feature_map: FeatureMap,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Map the latents of a step by a map that was fitted to others.

    Returns
    -------
    values, places
        Features (n, d) of the blocks that hold anything, and where these are: z, y, x in blocks.
    """
    values, places = [], []
    for start, latents, empty in _layers(dataset, variable, step, progress):
        present = _present(latents, empty)
        values.append(feature_map(latents[present]))
        places.append(np.argwhere(present) + np.array([start, 0, 0]))
    return np.concatenate(values), np.concatenate(places)


def _sample(dataset: Dataset, variable: str, step: int, seed: int, progress: Progress | None) -> Latents:
    """Choose blocks of every slab, as many as its share, at random under a seed.

    Raises
    ------
    IdlatError
        Every block is empty.
    """
    rng, share = np.random.default_rng(seed), _SAMPLE / np.prod(dataset.block_shape)
    chosen = []
    for _, latents, empty in _layers(dataset, variable, step, progress):
        rows = np.flatnonzero(_present(latents, empty))
        count = min(len(rows), int(np.ceil(share * empty.size)))
        vectors = latents.reshape(-1, latents.shape[-1])
        chosen.append(vectors[np.sort(rng.choice(rows, count, replace=False))])
    sample = np.concatenate(chosen)
    if not len(sample):
        raise IdlatError("every block is empty: there is nothing to analyse")
    return sample


def _present(latents: Latents, empty: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which blocks hold anything."""
    return np.asarray(latents.any(axis=-1) & ~empty)


def _layers(
    dataset: Dataset, variable: str, step: int, progress: Progress | None
) -> Iterator[tuple[int, Latents, NDArray[np.bool_]]]:
    """Read the slabs of a step that are as thick as a chunk: first layer, latents, what is empty."""
    model, layers = dataset.archive.model, dataset.block_shape[0]
    thick, tell = model.chunk_cells * model.cell // BLOCK, progress or ignore_progress
    for start in range(0, layers, thick):
        tell("read", start, layers)
        yield (start, *_read(dataset, variable, step, start, min(start + thick, layers)))
    tell("read", layers, layers)


def _read(
    dataset: Dataset, variable: str, step: int, start: int, stop: int
) -> tuple[Latents, NDArray[np.bool_]]:
    """Return latents (Z, Y, X, feature) of layers of blocks, components joined, and what is empty."""
    time = step if dataset.record(variable).has_time else None
    part = slice(start * BLOCK, min(stop * BLOCK, dataset.shape[0]))
    latents = dataset.archive.latents(BLOCK, variable, time, part)
    empty = latents.coords["empty"]
    if "component" not in latents.dims:
        return latents.values, empty.values
    last = latents.transpose(..., "component", "feature").values
    return last.reshape(*last.shape[:-2], -1), empty.all("component").values
