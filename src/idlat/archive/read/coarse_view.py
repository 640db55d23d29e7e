"""A field seen from afar: means of its cells, from the second transform alone where the model has one.

::

    tiles of the second transform, levels where a map needs them ─▶ means of cells ─▶ of N³ voxels
      ─▶ NaN where no voxel is valid
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.read.region_selection import RegionSelection
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.errors import ArchiveError
from idlat.fields.arrays.missing_values import VALID
from idlat.progress import Progress, tell
from idlat.tiling import Box, block_reduce, box_shape

__all__ = ["coarse_blocks", "coarse_values", "label_blocks"]

_LAYERS = 8  # of cells, read at once
_KEPT = ("names", "dims", "squeezed", "path", "global_attrs", "group_attrs", "direction", "time")
_OF_VALUES = {"_FillValue", "missing_value", "valid_range", "valid_min", "valid_max", "actual_range"}


def coarse_blocks(decoder: VariableDecoder, selection: RegionSelection, side: int) -> Box:
    """Return the blocks (z, y, x) of `side` voxels that a part of a variable consists of.

    Raises
    ------
    ArchiveError
        The model has no means of so many voxels, or the part cuts blocks.
    """
    cell = decoder.grid.cell
    if side < 1 or side % cell:
        raise ArchiveError(
            f"the coarse view has means of {cell}³ voxels or more, by steps of {cell}: ask for {cell}, "
            f"{2 * cell} or {4 * cell}, not {side}"
        )
    blocks = []
    for name, (a, b), n in zip("zyx", selection.region, decoder.variable.volume, strict=True):
        if a % side or (b % side and b != n):
            raise ArchiveError(
                f"region {name}={a}:{b} cuts blocks of {side} voxels: start and end at multiples of {side}"
            )
        blocks.append((a // side, -(-b // side)))
    z, y, x = blocks
    return z, y, x


def coarse_values(
    decoder: VariableDecoder, frames: Sequence[int], blocks: Box, side: int, progress: Progress | None
) -> NDArray[Any]:
    """Return the means (frames, z, y, x) of blocks of `side` voxels, NaN where no voxel is valid."""
    found = np.empty((len(frames), *box_shape(blocks)), decoder.mean_dtype)
    layers = max(1, _LAYERS * decoder.grid.cell // side)
    starts = range(*blocks[0], layers)
    for at, frame in enumerate(frames):
        for number, start in enumerate(starts):
            stop = min(start + layers, blocks[0][1])
            slab = ((start, stop), blocks[1], blocks[2])
            found[at, start - blocks[0][0] : stop - blocks[0][0]] = _means(decoder, frame, slab, side)
            tell(progress, "decode", at * len(starts) + number + 1, len(frames) * len(starts))
    return found


def _means(decoder: VariableDecoder, frame: int, blocks: Box, side: int) -> NDArray[Any]:
    """Means of blocks of one frame; a block at the far edge has fewer voxels."""
    per, cell = side // decoder.grid.cell, decoder.grid.cell
    z, y, x = ((a * per, min(b * per, n)) for (a, b), n in zip(blocks, decoder.grid.cells, strict=True))
    means = decoder.coarse(frame, (z, y, x)).astype(np.float64)
    if per > 1:
        counts = np.ones((1, 1, 1))
        for axis, ((a, b), n) in enumerate(zip((z, y, x), decoder.grid.shape, strict=True)):
            lengths = np.minimum(cell, n - cell * np.arange(a, b))
            counts = counts * lengths.reshape([-1 if k == axis else 1 for k in range(3)])
        means = block_reduce(means * counts, per) / block_reduce(counts, per)
    voxels = decoder.grid.voxels_of((z, y, x))
    kinds = None if decoder.mask is None else decoder.mask.read(frame, voxels)
    if kinds is not None:
        means[~block_reduce(kinds == VALID, side, np.logical_or)] = np.nan
    return means.astype(decoder.mean_dtype)


def label_blocks(template: xr.DataArray, means: NDArray[Any], side: int) -> xr.DataArray:
    """Return means (…, z, y, x) as a field on the blocks of another.

    Its coordinates are those of the blocks' centres, as far as they are numbers; attributes that speak of
    single values are left out.
    """
    coordinates = {}
    for name, coordinate in template.coords.items():
        window = {dim: side for dim in coordinate.dims if dim in ("z", "y", "x")}
        alone = coordinate.reset_coords(drop=True)
        if not window:
            coordinates[name] = alone
        elif alone.dtype.kind in "fiu":
            coordinates[name] = alone.astype(np.float64).coarsen(window, boundary="pad").mean()
    attrs = {name: value for name, value in template.attrs.items() if name not in _OF_VALUES}
    sizes = [-(-n // side) if dim in ("z", "y", "x") else n for dim, n in template.sizes.items()]
    found = xr.DataArray(means.reshape(sizes), coordinates, template.dims, template.name, attrs)
    for key in _KEPT:
        if f"idlat_{key}" in template.encoding:
            found.encoding[f"idlat_{key}"] = template.encoding[f"idlat_{key}"]
    return found
