"""Latents as feature vectors of blocks (paper, Sect. 5.4): a block's cells joined, and which are empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.decode import VariableDecoder
from idlat.archive.format import ArchiveRecord
from idlat.archive.layout import IMPORTANCE_BLOCK
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError, IdlatError
from idlat.fields.missing import VALID
from idlat.tiling import Box, box_slices

__all__ = ["block_features", "join_cells", "stored_importance"]

_SIZES = (16, 8)
DIMS = ("time", "z_block", "y_block", "x_block", "feature")


def block_features(decoder: VariableDecoder, steps: Sequence[int], region: Box, block: int) -> xr.DataArray:
    """Read the latents of the blocks of a region, slab by slab; the synthesis does not run.

    Parameters
    ----------
    decoder
        Of the variable.
    steps
        Which time steps.
    region
        Voxels; it starts on block boundaries and ends on them or with the field.
    block
        Voxels an axis, 16 or 8.

    Returns
    -------
    DataArray
        int32 (time, z_block, y_block, x_block, feature). Coordinates: ``step``; the blocks' positions in
        the field; ``empty``, true where a block has no valid voxel or no latent but zeros.

    Raises
    ------
    IdlatError
        Another block size, or a region that cuts blocks.
    ArchiveError
        A chunk is missing or damaged.
    """
    if block not in _SIZES:
        raise IdlatError(f"latents come in blocks of 16 or 8 voxels, got {block}")
    volume, cell = decoder.variable.volume, decoder.model.cell
    blocks = _block_box(region, volume, block)
    shape = tuple(b - a for a, b in blocks)
    features = decoder.model.channels * (block // cell) ** 3
    values = np.empty((len(steps), *shape, features), np.int32)
    empty = np.empty(values.shape[:-1], bool)
    slab = decoder.model.chunk_cells * cell // block
    for at, step in enumerate(steps):
        for start in range(blocks[0][0] // slab * slab, blocks[0][1], slab):
            z = (max(start, blocks[0][0]), min(start + slab, blocks[0][1]))
            to = (at, slice(z[0] - blocks[0][0], z[1] - blocks[0][0]))
            part = (z, blocks[1], blocks[2])
            values[to] = _read(decoder, step, part, block)
            empty[to] = ~values[to].any(axis=-1) | ~_any_valid(decoder, step, part, block)
    positions = {dim: np.arange(a, b) for dim, (a, b) in zip(DIMS[1:4], blocks, strict=True)}
    coordinates = {**positions, "step": ("time", np.asarray(steps)), "empty": (DIMS[:4], empty)}
    attributes = {"block": block, "channels": decoder.model.channels}
    return xr.DataArray(values, coordinates, DIMS, decoder.variable.name, attributes)


def _block_box(region: Box, volume: Sequence[int], block: int) -> Box:
    """Return the blocks of a region of voxels."""
    for name, (a, b), length in zip("zyx", region, volume, strict=True):
        if a % block or (b % block and b != length):
            raise ArchiveError(
                f"region {name}={a}:{b} cuts blocks of {block} voxels: start and end at multiples of {block}"
            )
    z, y, x = ((a // block, -(-b // block)) for a, b in region)
    return z, y, x


def _read(decoder: VariableDecoder, step: int, blocks: Box, block: int) -> NDArray[np.int32]:
    """Read the latents of a box of blocks (z, y, x, feature)."""
    n = block // decoder.model.cell
    z, y, x = (
        slice(a * n, min(b * n, cells)) for (a, b), cells in zip(blocks, decoder.grid.cells, strict=True)
    )
    return join_cells(decoder.latents.step(step)[..., z, y, x], n)


def join_cells(latents: NDArray[np.int32], cells: int) -> NDArray[np.int32]:
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


def _any_valid(decoder: VariableDecoder, step: int, blocks: Box, block: int) -> NDArray[np.bool_]:
    """Tell which blocks (z, y, x) have a voxel whose value is not missing."""
    if decoder.mask is None:
        return np.ones([b - a for a, b in blocks], bool)
    z, y, x = (
        (a * block, min(b * block, n)) for (a, b), n in zip(blocks, decoder.variable.volume, strict=True)
    )
    found: NDArray[np.bool_] = decoder.mask.read(step, (z, y, x)) == VALID
    for axis in range(3):
        found = np.logical_or.reduceat(found, np.arange(0, found.shape[axis], block), axis)
    return found


def stored_importance(
    store: ArchiveStore, record: ArchiveRecord, variable: VariableRecord, steps: Sequence[int]
) -> xr.DataArray | None:
    """Read the importance of each block of 16³ voxels, where the archive was told to keep it.

    Returns
    -------
    DataArray or None
        float32 (time, z_block, y_block, x_block) in [0, 1].
    """
    if not record.request.keep_importance:
        return None
    array = store.array(f"{variable.path}/importance")
    z, y, x = box_slices(_block_box(_whole(variable), variable.volume, IMPORTANCE_BLOCK))
    coded = [np.asarray(array[step, z, y, x], np.float32) for step in steps]
    return xr.DataArray(np.stack(coded) / np.float32(255), dims=DIMS[:4], name="importance")


def _whole(variable: VariableRecord) -> Box:
    z, y, x = ((0, length) for length in variable.volume)
    return z, y, x
