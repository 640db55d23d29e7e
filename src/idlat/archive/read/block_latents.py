"""Latents as feature vectors of blocks (paper, Sect. 5.4): a block's cells joined, and which are empty.

::

    blocks of 64×128×128 voxels, in the steps that are coded under one another ─▶ a task ─▶ put in their place
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, product

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.read.region_selection import RegionSelection
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.errors import ArchiveError, IdlatError
from idlat.fields.arrays.missing_values import VALID
from idlat.model.latent_model import LatentModel, Latents
from idlat.parallel import Workers, run_tasks
from idlat.progress import Progress, counted
from idlat.tiling import Box, block_reduce, box_shape, crop

__all__ = ["block_features", "channel_cells", "join_cells"]

_SIZES = (16, 8)
_DIMS = ("z_block", "y_block", "x_block")
_TASK_CHUNKS = (1, 2, 2)  # along z, y and x
_TASK_STEPS = 8  # at most


def block_features(
    decoder: VariableDecoder,
    selection: RegionSelection,
    block: int,
    workers: Workers,
    progress: Progress | None = None,
) -> xr.DataArray:
    """Read the latents of the blocks of a part of a field, part by part; the synthesis does not run.

    Parameters
    ----------
    decoder
        Of the variable.
    selection
        Which frames and voxels; the region starts on block boundaries and ends on them or with the field.
    block
        Voxels an axis, 16 or 8.
    workers
        What reads the parts.
    progress
        Told of the stage ``latents``.

    Returns
    -------
    DataArray
        (z_block, y_block, x_block, feature) of the model's type, before them the axes that the selection
        keeps.
        Coordinates: the blocks' positions in the field; ``empty``, true where a block has no valid voxel or
        no latent but zeros. Attributes: ``block``, ``channels`` and ``cells``, how many latents of a vector
        each channel has, one after another: one number, or a list where channels differ.

    Raises
    ------
    IdlatError
        Another block size, or a region that cuts blocks.
    ArchiveError
        A chunk is missing or damaged.
    """
    if block not in _SIZES:
        raise IdlatError(f"latents come in blocks of 16 or 8 voxels, got {block}")
    model, frames = decoder.model, selection.frames
    if block % model.cell:
        raise IdlatError(
            f"a model of preset {model.preset} codes blocks of {model.cell} voxels whole: ask for latents in "
            f"blocks of {model.cell}, not {block}"
        )
    blocks = _block_box(selection.region, decoder.variable.volume, block)
    shape = (len(frames), *box_shape(blocks))
    values = np.empty((*shape, model.channels * (block // model.cell) ** 3), model.latent_dtype)
    empty = np.empty(shape, bool)
    parts = _parts(decoder, frames, blocks, block)
    found = counted(run_tasks(_Reader(decoder, block), parts, workers), "latents", len(parts), progress)
    for part, (own, nothing) in zip(parts, found, strict=True):
        to = (slice(part.at, part.at + len(part.frames)), *crop(part.blocks, blocks))
        values[to], empty[to] = own, nothing
    lead, dims = [len(axis) for axis in selection.lead.values()], (*selection.lead, *_DIMS)
    positions = {dim: np.arange(a, b) for dim, (a, b) in zip(_DIMS, blocks, strict=True)}
    return xr.DataArray(
        values.reshape(*lead, *values.shape[1:]),
        {**positions, "empty": (dims, empty.reshape(*lead, *shape[1:]))},
        (*dims, "feature"),
        decoder.variable.name,
        {"block": block, "channels": model.channels, "cells": channel_cells(model, block)},
    )


@dataclass(frozen=True)
class _Part:
    """What a task reads: a box of blocks of some frames, the first of which is number `at` of all."""

    at: int
    frames: tuple[int, ...]
    blocks: Box


@dataclass(frozen=True)
class _Reader:
    """Reads the latents of a part and tells which of its blocks are empty; goes to other processes."""

    decoder: VariableDecoder
    block: int

    def __call__(self, part: _Part) -> tuple[Latents, NDArray[np.bool_]]:
        """Return latents (frames, z, y, x, feature) and what is empty (frames, z, y, x)."""
        values = np.stack([_read(self.decoder, frame, part.blocks, self.block) for frame in part.frames])
        valid = [_any_valid(self.decoder, frame, part.blocks, self.block) for frame in part.frames]
        return values, ~values.any(axis=-1) | ~np.stack(valid)


def _parts(decoder: VariableDecoder, frames: Sequence[int], blocks: Box, block: int) -> list[_Part]:
    """Cut blocks of some frames along chunks, and by key steps, so that no chunk is decoded twice."""
    model, variable = decoder.model, decoder.variable
    steps = min(model.key_every, _TASK_STEPS)
    spans = []
    for (first, last), chunks in zip(blocks, _TASK_CHUNKS, strict=True):
        side = chunks * model.chunk_cells * model.cell // block
        starts = range(first // side * side, last, side)
        spans.append([(max(start, first), min(start + side, last)) for start in starts])
    z, y, x = spans
    boxes: list[Box] = list(product(z, y, x))
    groups = groupby(enumerate(frames), lambda each: variable.step_of(each[1]) // steps)
    runs = [list(group) for _, group in groups]
    return [_Part(run[0][0], tuple(frame for _, frame in run), box) for run in runs for box in boxes]


def channel_cells(model: LatentModel, block: int) -> int | list[int]:
    """Return how many latents of a block's vector each channel has; one number where all have as many."""
    sizes = [size * (block // model.cell) ** 3 for size in model.channel_sizes]
    return sizes[0] if len(set(sizes)) == 1 else sizes


def _block_box(region: Box, volume: Sequence[int], block: int) -> Box:
    """Return the blocks of a region of voxels."""
    for name, (a, b), length in zip("zyx", region, volume, strict=True):
        if a % block or (b % block and b != length):
            raise ArchiveError(
                f"region {name}={a}:{b} cuts blocks of {block} voxels: start and end at multiples of {block}"
            )
    z, y, x = ((a // block, -(-b // block)) for a, b in region)
    return z, y, x


def _read(decoder: VariableDecoder, frame: int, blocks: Box, block: int) -> Latents:
    """Read the latents of a box of blocks (z, y, x, feature)."""
    n = block // decoder.model.cell
    z, y, x = ((a * n, min(b * n, cells)) for (a, b), cells in zip(blocks, decoder.grid.cells, strict=True))
    return join_cells(decoder.features(frame, (z, y, x)), n)


def join_cells(latents: Latents, cells: int) -> Latents:
    """Join cells (C, Z, Y, X) into vectors (Z/n, Y/n, X/n, C·n³), padded with zeros to whole blocks.

    Examples
    --------
    >>> join_cells(np.arange(3, dtype=np.int32).reshape(1, 1, 1, 3), 2)[0, 0]
    array([[0, 1, 0, 0, 0, 0, 0, 0],
           [2, 0, 0, 0, 0, 0, 0, 0]], dtype=int32)
    """
    padding = [(0, 0)] + [(0, -length % cells) for length in latents.shape[1:]]
    padded = np.pad(latents, padding)
    c, z, y, x = padded.shape
    parts = padded.reshape(c, z // cells, cells, y // cells, cells, x // cells, cells)
    return parts.transpose(1, 3, 5, 0, 2, 4, 6).reshape(z // cells, y // cells, x // cells, c * cells**3)


def _any_valid(decoder: VariableDecoder, frame: int, blocks: Box, block: int) -> NDArray[np.bool_]:
    """Tell which blocks (z, y, x) have a voxel whose value is not missing."""
    z, y, x = (
        (a * block, min(b * block, n)) for (a, b), n in zip(blocks, decoder.variable.volume, strict=True)
    )
    kinds = None if decoder.mask is None else decoder.mask.read(frame, (z, y, x))
    if kinds is None:
        return np.ones([b - a for a, b in blocks], bool)
    valid: NDArray[np.bool_] = kinds == VALID
    return block_reduce(valid, block, np.logical_or)
