"""The blocks of a parallel run, read as one field: each voxel from its block, blended where blocks overlap.

::

    region ──▶ blocks that it touches ──decoded──▶ put in their places
                  └ halos: a·(1 − w) + b·w, w from 0 to 1 over the voxels that both hold, axis by axis

What two blocks hold within a bound of the truth, their blend holds, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.read.stored_variable import StoredVariable
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.stream.block_folder import BlockFolder
from idlat.fields.metadata.related_variables import KEY
from idlat.tiling import Box

__all__ = ["MosaicVariable"]


@dataclass(frozen=True)
class MosaicVariable:
    """A variable of all blocks, or a box of it.

    Attributes
    ----------
    folder
        The blocks' places.
    blocks
        The variable in each block's archive, by the block's own voxels.
    where
        The box, a slice an axis.
    """

    folder: BlockFolder
    blocks: Mapping[Box, StoredVariable]
    where: tuple[slice, ...]

    @classmethod
    def whole(cls, folder: BlockFolder, blocks: Mapping[Box, StoredVariable]) -> MosaicVariable:
        """Return a variable, as far as every block has its steps."""
        first = next(iter(blocks.values()))
        steps = min(each.shape[0] for each in blocks.values())
        lengths = (steps, *first.shape[1:-3], *folder.shape)
        return cls(folder, blocks, tuple(slice(0, n) for n in lengths))

    @property
    def _first(self) -> StoredVariable:
        return next(iter(self.blocks.values()))

    @property
    def decoder(self) -> VariableDecoder:
        """Of the first block."""
        return self._first.decoder

    @property
    def name(self) -> str:
        """The variable's name."""
        return self._first.name

    @property
    def dims(self) -> tuple[str, ...]:
        """Its dimensions."""
        return self._first.dims

    @property
    def shape(self) -> tuple[int, ...]:
        """Along each of them."""
        return tuple(part.stop - part.start for part in self.where)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the decoded values."""
        return self._first.dtype

    @cached_property
    def template(self) -> xr.DataArray:
        """The variable with coordinates and attributes, and zeros that take no memory."""
        templates = {box: each.template for box, each in self.blocks.items()}
        first = next(iter(templates.values()))
        sizes = dict(zip(self.dims, (part.stop for part in self.where), strict=True))
        names = dict(zip(self.dims, map(str, first.dims), strict=True))
        spatial = [names[dim] for dim in ("z", "y", "x")]
        coords = {}
        for name, coordinate in first.coords.items():
            lengths = {names[dim]: size for dim, size in sizes.items()}
            values = np.empty([lengths[str(dim)] for dim in coordinate.dims], coordinate.dtype)
            for box, template in templates.items():
                stored = dict(zip(spatial, self.folder.stored_box(box), strict=True))
                own = template.coords[name]
                at = tuple(
                    slice(*stored[str(dim)]) if str(dim) in stored else slice(None) for dim in own.dims
                )
                kept = own.isel({names["time"]: slice(0, sizes["time"])} if names["time"] in own.dims else {})
                values[at] = kept.values
            coords[name] = xr.Variable(coordinate.dims, values, coordinate.attrs, coordinate.encoding)
        values = np.broadcast_to(np.zeros((), self.dtype), tuple(sizes.values()))
        found = xr.DataArray(values, coords, first.dims, first.name, first.attrs)
        found.encoding = {key: value for key, value in first.encoding.items() if key != KEY}
        return found.isel(dict(zip(found.dims, self.where, strict=True)))

    def isel(self, **indices: slice) -> MosaicVariable:
        """Return a box of it, by slices of step 1."""
        where = list(self.where)
        for dim, part in indices.items():
            at = self.dims.index(dim)
            start, stop, _ = part.indices(where[at].stop - where[at].start)
            where[at] = slice(where[at].start + start, where[at].start + max(stop, start))
        return replace(self, where=tuple(where))

    def to_numpy(self) -> NDArray[Any]:
        """Decode the blocks that the box touches, and blend them where several hold a voxel."""
        region = [(part.start, part.stop) for part in self.where[-3:]]
        lead = dict(zip(self.dims[:-3], self.where[:-3], strict=True))
        values: NDArray[Any] = np.zeros(self.shape, self.dtype)
        weights = np.zeros(self.shape[-3:])
        for box, stored in self.blocks.items():
            held = self.folder.stored_box(box)
            common = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(held, region, strict=True)]
            if all(start < stop for start, stop in common):
                inside = zip("zyx", common, held, strict=True)
                part = stored.isel(**lead, **{dim: slice(a - c, b - c) for dim, (a, b), (c, _) in inside})
                at = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(common, region, strict=True))
                weight, own = _weights(box, common, self.folder)
                share = weight / (weights[at] + weight)
                seen = values[..., at[0], at[1], at[2]]
                seen[...] = _blended(seen, part.to_numpy(), share, own)
                weights[at] += weight
        return values


def _weights(
    box: Box, common: Sequence[tuple[int, int]], folder: BlockFolder
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
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
