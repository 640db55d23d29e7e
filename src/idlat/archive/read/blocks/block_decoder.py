"""A variable of all blocks of a run, decoded: each voxel from its block, blended where blocks overlap.

::

    region ──▶ blocks that it touches ──decoded──▶ put in their places
                  └ halos: a·(1 − w) + b·w, w from 0 to 1 over the voxels that both hold, axis by axis

What two blocks hold within a bound of the truth, their blend holds, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.read.blocks.block_folder import BlockFolder
from idlat.archive.read.lost_voxels import LostVoxels
from idlat.archive.read.mask_reader import MaskReader
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.errors import ArchiveError
from idlat.fields.arrays.missing_values import VALID
from idlat.model.latent_model import Latents
from idlat.tiling import Box, Tile, block_reduce, box_shape, crop, intersect, within

__all__ = ["BlockDecoder"]


@dataclass(frozen=True, kw_only=True)
class BlockDecoder(VariableDecoder):
    """Decodes regions of a variable of all blocks; `grid` and `variable` are the whole grid's.

    Attributes
    ----------
    folder
        The blocks' places.
    members
        What decodes each block, by the block's own voxels.
    """

    folder: BlockFolder
    members: Mapping[Box, VariableDecoder]

    def decode_tile(self, frame: int, tile: Tile, region: Box | None = None) -> tuple[Box, NDArray[Any]]:
        """Decode the voxels of a tile's core that lie in the field, and in the region if one is given."""
        core = self.grid.voxels_of(tile.core)
        box = intersect(core, region or core)
        return box, self.values(frame, box)

    def values(self, frame: int, region: Box) -> NDArray[Any]:
        """Decode the blocks that a region touches, and blend them where several hold a voxel."""
        values: NDArray[Any] = np.zeros(box_shape(region), self.variable.dtype)
        weights = np.zeros(box_shape(region))
        for own, member, common, local in self._touched(region, self.folder.stored_box):
            weight, inside = _weights(own, common, self.folder)
            at = crop(common, region)
            share = weight / (weights[at] + weight)
            values[at] = _blended(values[at], _decoded(member, frame, local), share, inside)
            weights[at] += weight
        return values

    def own_parts(self, region: Box) -> Iterator[tuple[VariableDecoder, Box, Box]]:
        """Yield what decodes each block of a region, the block's own voxels in it, and these in the block."""
        for _, member, common, local in self._touched(region, lambda own: own):
            yield member, common, local

    def _touched(
        self, region: Box, reach: Callable[[Box], Box]
    ) -> Iterator[tuple[Box, VariableDecoder, Box, Box]]:
        for own, member in self.members.items():
            common = intersect(reach(own), region)
            if all(start < stop for start, stop in common):
                yield own, member, common, within(common, self.folder.stored_box(own))

    @cached_property
    def mask(self) -> MaskReader | None:
        """The masks of all blocks, None where no value of any is missing."""
        return _BlockMasks(self) if any(each.variable.has_mask for each in self.members.values()) else None

    @cached_property
    def lost(self) -> LostVoxels:
        """Which voxels their blocks have lost."""
        return _BlockLosses(self)

    def features(self, frame: int, cells: Box) -> Latents:
        """Raise :class:`ArchiveError`: blocks are coded each in its own unit, so latents do not compare."""
        raise ArchiveError(
            f"{self.store.name}: the latents of its blocks are each in a unit of their own; "
            "idlat.archive.with_latents(archive) makes them anew in one"
        )

    def _coarse(self, frame: int, cells: Box) -> NDArray[Any]:
        """Return the mean of the valid voxels of each cell of a box (z, y, x); where none is, of the box."""
        values = self.values(frame, self.grid.voxels_of(cells))
        valid = self.variable.kinds(values, frame) == VALID
        counts = block_reduce(valid.astype(np.int64), self.grid.cell)
        sums = block_reduce(np.where(valid, values, 0).astype(np.float64), self.grid.cell)
        elsewhere = sums.sum() / max(int(counts.sum()), 1)
        means: NDArray[Any] = np.where(counts, sums / np.maximum(counts, 1), elsewhere)
        return means.astype(self.mean_dtype, copy=False)


class _BlockMasks(MaskReader):
    """Reads the categories of each block's own voxels."""

    def __init__(self, whole: BlockDecoder) -> None:
        self._whole = whole

    def read(self, frame: int, box: Box) -> NDArray[np.uint8] | None:
        """Return the categories (z, y, x) of a box; beyond valid and missing they are each block's own."""
        out = np.full(box_shape(box), VALID, np.uint8)
        for member, common, local in self._whole.own_parts(box):
            kinds = None if member.mask is None else member.mask.read(frame, local)
            if kinds is not None:
                out[crop(common, box)] = kinds
        return out


class _BlockLosses(LostVoxels):
    """Which voxels their own block has lost."""

    def __init__(self, whole: BlockDecoder) -> None:
        super().__init__(whole.variable, whole.grid, whole.model, whole.losses)
        self._whole = whole

    def within(self, frame: int, box: Box) -> NDArray[np.bool_] | None:
        """Return which voxels (z, y, x) of a box are lost; None where none is."""
        found = None
        for member, common, local in self._whole.own_parts(box):
            lost = member.lost.within(frame, local)
            if lost is not None:
                found = np.zeros(box_shape(box), bool) if found is None else found
                found[crop(common, box)] = lost
        return found


def _decoded(member: VariableDecoder, frame: int, region: Box) -> NDArray[Any]:
    """Decode a region of a block in this thread: tasks are the whole grid's tiles."""
    out = np.empty(box_shape(region), member.variable.dtype)
    for tile in member.tiles(region, 1, 1):
        box, values = member.decode_tile(frame, tile, region)
        out[crop(box, region)] = values
    return out


def _weights(box: Box, common: Box, folder: BlockFolder) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how much a block counts in some voxels that it holds, and which of them are its own."""
    ramps, owns, width = [], [], 2 * folder.halo
    for (low, high), (start, stop), n in zip(box, common, folder.shape, strict=True):
        middles = np.arange(start, stop) + 0.5
        ramp = np.ones(len(middles))
        if width and low > 0:
            ramp = np.minimum(ramp, (middles - low + folder.halo) / width)
        if width and high < n:
            ramp = np.minimum(ramp, (high + folder.halo - middles) / width)
        ramps.append(ramp)
        owns.append((middles > low) & (middles < high))
    z, y, x = ramps
    a, b, c = owns
    return z[:, None, None] * y[:, None] * x, a[:, None, None] & b[:, None] & c


def _blended(
    before: NDArray[Any], found: NDArray[Any], share: NDArray[np.float64], own: NDArray[np.bool_]
) -> NDArray[Any]:
    """Return values between those of before and those found, never beyond either; its own if not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        old, new = before.astype(np.float64), found.astype(np.float64)
        mixed = old + (new - old) * share
        if found.dtype.kind in "iu":
            mixed = np.rint(mixed)
        mixed = np.clip(mixed, np.minimum(old, new), np.maximum(old, new))
        plain = np.isfinite(mixed) & (share < 1) & (before != found)
        mixed = np.where(plain, mixed, 0).astype(found.dtype)
    chosen = np.where(own | (share >= 1), found, before)
    return np.where(plain, mixed, chosen)
