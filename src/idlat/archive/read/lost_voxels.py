"""Which voxels an archive has lost: those that depend on a lost object, and what stands in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.chunk_shape import RESIDUAL_SIDE
from idlat.archive.codecs.second_codec import SECOND_TILE
from idlat.archive.format.losses import VariableLosses
from idlat.archive.format.mask_array import mask_chunk
from idlat.archive.format.variable_record import VariableRecord
from idlat.errors import ArchiveError
from idlat.model.latent_model import LatentModel
from idlat.tiling import Box, Grid, Triple, box_shape, crop, intersect
from idlat.tiling.padded_reads import segments

__all__ = ["LostVoxels", "missing_value"]


def missing_value(variable: VariableRecord) -> Any:
    """Return what stands for a missing voxel: the first fill value, NaN, or an integer that no voxel has.

    Returns
    -------
    scalar
        Of the variable's type; None where all integers of the type may occur.

    Examples
    --------
    >>> from idlat.archive.format.variable_record import VariableRecord
    >>> missing_value(VariableRecord("p", "p", ("z", "y", "x"), (1, 1, 1), "float32", 4, ()))
    np.float32(nan)
    """
    dtype = np.dtype(variable.dtype)
    if variable.fill_values:
        return dtype.type(variable.fill_values[0])
    if dtype.kind == "f":
        return dtype.type(np.nan)
    ranges = [each for part in variable.parts for each in part.ranges]
    for free in (np.iinfo(dtype).min, np.iinfo(dtype).max):
        if not any(low <= float(free) <= high for low, high in ranges):
            return dtype.type(free)
    return None


class LostVoxels:
    """The voxels of one variable that depend on objects that its archive has lost.

    Parameters
    ----------
    variable, grid, model
        The variable's record and cells, and what decodes it.
    losses
        What of it is lost.
    """

    def __init__(
        self, variable: VariableRecord, grid: Grid, model: LatentModel, losses: VariableLosses
    ) -> None:
        self.variable, self.grid, self.model, self.losses = variable, grid, model, losses
        self._boxes: dict[int, list[Box]] = {}

    def within(self, frame: int, box: Box) -> NDArray[np.bool_] | None:
        """Return which voxels (z, y, x) of a box are lost; None where none is."""
        if not self.losses:
            return None
        parts = [intersect(each, box) for each in self._of(frame)]
        parts = [part for part in parts if all(box_shape(part))]
        if not parts:
            return None
        lost = np.zeros(box_shape(box), bool)
        for part in parts:
            lost[crop(part, box)] = True
        return lost

    def count(self) -> int:
        """Return how many voxels of all frames are lost."""
        total, (depth, *plane) = 0, self.variable.volume
        for frame in range(self.variable.frames):
            for start in range(0, depth, RESIDUAL_SIDE):
                slab = ((start, min(start + RESIDUAL_SIDE, depth)), (0, plane[0]), (0, plane[1]))
                lost = self.within(frame, slab)
                total += 0 if lost is None else int(lost.sum())
        return total

    @cached_property
    def fill(self) -> Any:
        """What stands in their place.

        Raises
        ------
        ArchiveError
            No value of the variable's type is free for it.
        """
        found = missing_value(self.variable)
        if found is None:
            raise ArchiveError(
                f"voxels of {self.variable.name!r} are lost, and no value of {self.variable.dtype} is free "
                "to say so: decode another region, or restore the archive with `idlat repair --from COPY`"
            )
        return found

    def _of(self, frame: int) -> list[Box]:
        """Boxes of voxels that are lost of a frame."""
        if frame not in self._boxes:
            self._boxes[frame] = list(self._found(frame))
        return self._boxes[frame]

    def _found(self, frame: int) -> Iterator[Box]:
        lost, cells = self.losses, self.grid.cells
        z, y, x = self.variable.volume
        if lost.everything:
            yield (0, z), (0, y), (0, x)
            return
        chunk, tile = (self.model.chunk_cells,) * 3, (SECOND_TILE,) * 3
        for own in (*_places(lost.latents, frame, chunk, cells), *_places(lost.second, frame, tile, cells)):
            yield from self._in_reach(own)
        side = (RESIDUAL_SIDE,) * 3
        step, mask = self.variable.step_of(frame), self.variable.mask_of(frame)
        yield from _places(lost.residual, frame, side, (z, y, x))
        yield from _places(lost.step, step, side, (z, y, x))
        if mask is not None:
            yield from _places(lost.mask, mask, mask_chunk(self.grid), (z, y, x))

    def _in_reach(self, cells: Box) -> Iterator[Box]:
        """Boxes of the voxels that depend on a box of cells, wrapped where the grid is."""
        (tile,) = self.grid.tiles(box_shape(cells), self.model.synthesis_halo, cells)
        axes = [
            list(segments(span, n, wraps))
            for span, n, wraps in zip(tile.window, self.grid.cells, self.grid.periodic, strict=True)
        ]
        for z, y, x in product(*axes):
            yield self.grid.voxels_of((z, y, x))


def _places(lost: Iterable[tuple[int, ...]], first: int, sides: Triple, shape: Triple) -> Iterator[Box]:
    """The boxes of the lost chunks of a frame, step or mask."""
    for index in lost:
        if index[0] == first:
            z, y, x = (
                (i * side, min((i + 1) * side, n)) for i, side, n in zip(index[1:], sides, shape, strict=True)
            )
            yield z, y, x
