"""The coordinates of a variable of all blocks of a run, put together from theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from idlat.archive.read.blocks.block_folder import BlockFolder
from idlat.archive.read.stored_variable import StoredLabels
from idlat.fields.metadata.related_variables import KEY
from idlat.tiling import Box

__all__ = ["BlockLabels"]


@dataclass(frozen=True, kw_only=True)
class BlockLabels(StoredLabels):
    """The coordinates, attributes and encoding of a variable of all blocks, read once.

    Attributes
    ----------
    folder
        The blocks' places.
    members
        The labels of each block, by the block's own voxels.
    """

    folder: BlockFolder
    members: Mapping[Box, StoredLabels]

    @cached_property
    def field(self) -> xr.DataArray:
        """The whole field with zeros for values; what else travels with a block's variable is left out."""
        record = self.decoder.variable
        fields = {box: each.field for box, each in self.members.items()}
        first = next(iter(fields.values()))
        sizes = dict(zip(first.dims, record.shape, strict=True))
        kept = {dim: slice(0, sizes[dim]) for dim in first.dims[:-3]}  # further steps of a block are not
        spatial = first.dims[-3:]
        coords = {}
        for name, coordinate in first.coords.items():
            values = np.empty([sizes[dim] for dim in coordinate.dims], coordinate.dtype)
            for box, field in fields.items():
                stored = dict(zip(spatial, self.folder.stored_box(box), strict=True))
                own = field.coords[name]
                own = own.isel({dim: part for dim, part in kept.items() if dim in own.dims})
                at = tuple(slice(*stored[dim]) if dim in stored else slice(None) for dim in own.dims)
                values[at] = own.values
            coords[name] = xr.Variable(coordinate.dims, values, coordinate.attrs, coordinate.encoding)
        zeros = np.broadcast_to(np.zeros((), record.dtype), record.shape)
        found = xr.DataArray(zeros, coords, first.dims, first.name, first.attrs)
        found.encoding = {key: value for key, value in first.encoding.items() if key != KEY}
        return found
