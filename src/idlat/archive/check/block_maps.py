"""The importance of the blocks of a parallel run: of each block as it was when written, on its own voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.check.part_maps import maps_by_part
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_reader import FieldReader
from idlat.archive.original.tile_reader import ImportanceSteps
from idlat.archive.read.archive import Archive, Block
from idlat.importance import ImportanceRequest
from idlat.parallel import Workers
from idlat.tiling import Box, box_shape, box_slices, crop, intersect, within

__all__ = ["maps_as_written", "part_of", "request_on"]


def maps_as_written(
    archive: Archive,
    request: ImportanceRequest,
    readers: Sequence[FieldReader],
    records: Sequence[VariableRecord],
    beside: Sequence[FieldReader],
    workers: Workers,
) -> Sequence[ImportanceSteps]:
    """Make importance into a map for each variable, as it was when the archive was written.

    Parameters
    ----------
    archive
        What was written.
    request, readers, records, beside, workers
        As :func:`maps_by_part` takes them.
    """
    if not archive.blocks:
        return maps_by_part(request, readers, records, beside, workers)
    found: list[list[ImportanceSteps]] = [[] for _ in records]
    for block in archive.blocks:
        maps = maps_by_part(
            request_on(request, block.stored),
            [part_of(reader, block.stored) for reader in readers],
            [block.archive.record.variable(record.name) for record in records],
            [part_of(reader, block.stored) for reader in beside],
            workers,
        )
        for own, made in zip(found, maps, strict=True):
            own.append(made)
    return [_BlockMaps(tuple(archive.blocks), tuple(maps)) for maps in found]


def request_on(request: ImportanceRequest, box: Box) -> ImportanceRequest:
    """Return a request with the further variables on the voxels of a box."""
    return replace(request, beside={name: _cropped(each, box) for name, each in request.beside.items()})


def part_of(reader: FieldReader, box: Box) -> FieldReader:
    """Return a reader of the voxels of a box."""
    return FieldReader(_cropped(reader.field, box))


def _cropped(field: xr.DataArray, box: Box) -> xr.DataArray:
    part = field.isel(dict(zip(field.dims[-3:], box_slices(box), strict=True)))
    part.encoding = field.encoding
    return part


@dataclass(frozen=True)
class _BlockMaps:
    """Gives the map of a step, put together from the blocks'."""

    blocks: tuple[Block, ...]
    maps: tuple[ImportanceSteps, ...]

    def step(self, step: int) -> _Step:
        return _Step(self, step)


@dataclass(frozen=True)
class _Step:
    """The map of a step; slicing evaluates it in the blocks that are touched."""

    whole: _BlockMaps
    step: int

    @property
    def shape(self) -> tuple[int, int, int]:
        z, y, x = (max(block.own[axis][1] for block in self.whole.blocks) for axis in range(3))
        return z, y, x

    def __getitem__(self, key: Any) -> NDArray[np.float32]:
        given = key if isinstance(key, tuple) else (key,)
        asked = (*given, *[slice(None)] * (3 - len(given)))
        z, y, x = (part.indices(n)[:2] for part, n in zip(asked, self.shape, strict=True))
        box: Box = (z, y, x)
        out = np.zeros(box_shape(box), np.float32)
        for block, made in zip(self.whole.blocks, self.whole.maps, strict=True):
            common = intersect(block.own, box)
            if all(box_shape(common)):
                out[crop(common, box)] = made.step(self.step)[box_slices(within(common, block.stored))]
        return out
