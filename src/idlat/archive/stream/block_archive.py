"""The blocks of a parallel run, open as one archive: its fields, its sizes, and whether it is whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType
from typing import Self

import numpy as np
import xarray as xr

from idlat.archive.check.verify import Verification, verify
from idlat.archive.format.archive_record import importance_text
from idlat.archive.read.archive import Archive
from idlat.archive.read.lazy_dataset import lazy_dataset
from idlat.archive.read.region_selection import Index, RegionSelection
from idlat.archive.stream.block_folder import BlockFolder, block_name
from idlat.archive.stream.block_mosaic import MosaicVariable
from idlat.errors import ArchiveError
from idlat.fields.metadata.related_variables import isel_with_related
from idlat.progress import Progress, tell
from idlat.tiling import Box, Triple

__all__ = ["BlockArchive", "BlockInfo", "BlockVariable"]


@dataclass(frozen=True)
class BlockVariable:
    """A variable of all blocks.

    Attributes
    ----------
    name, shape, dtype
        Of the whole field, as far as all blocks have its steps.
    max_error
        The largest absolute error of any voxel of any block, measured when it was written; None where that
        is not finite.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    max_error: float | None


@dataclass(frozen=True)
class BlockInfo:
    """What the blocks of a run hold together.

    Attributes
    ----------
    grid, blocks, halo
        Voxels of the whole grid, the number of blocks, and how far each reaches into its neighbours.
    steps, further
        Steps that all blocks have, and steps that only some have yet.
    importance
        The map, in words.
    variables
        In their order.
    bytes_original
        Of the values of the finished steps.
    bytes_streams, bytes_archive
        Of the objects that decoding needs, and of everything on disk, with steps that only some have.
    """

    grid: Triple
    blocks: int
    halo: int
    steps: int
    further: int
    importance: str
    variables: tuple[BlockVariable, ...]
    bytes_original: int
    bytes_streams: int
    bytes_archive: int


@dataclass(frozen=True)
class BlockArchive(Mapping[str, MosaicVariable]):
    """The blocks of a run as one archive: a mapping of names to :class:`MosaicVariable`.

    Use it in a ``with`` statement, or close it. What has come since it was opened is not seen.

    Attributes
    ----------
    folder
        Where the blocks are.
    archives
        The archive of each block, by the block's own voxels.
    """

    folder: BlockFolder
    archives: Mapping[Box, Archive]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the blocks' files."""
        for archive in self.archives.values():
            archive.close()

    @property
    def path(self) -> str:
        """The folder's path."""
        return str(self.folder.path)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return self._first.variables

    @property
    def steps(self) -> int:
        """Time steps that every block has."""
        return min(self._steps)

    @property
    def _first(self) -> Archive:
        return next(iter(self.archives.values()))

    @property
    def _steps(self) -> list[int]:
        return [archive.record.variables[0].steps for archive in self.archives.values()]

    @cached_property
    def _whole(self) -> dict[str, MosaicVariable]:
        return {
            name: MosaicVariable.whole(
                self.folder, {box: archive[name] for box, archive in self.archives.items()}
            )
            for name in self.variables
        }

    def __getitem__(self, name: str) -> MosaicVariable:
        """Return a variable, of which nothing is decoded yet."""
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def to_xarray(self, dropped: Collection[str] = ()) -> xr.Dataset:
        """Return the variables as a Dataset that is decoded where it is indexed, while the archive is open.

        Parameters
        ----------
        dropped
            Names of variables or coordinates to leave out.
        """
        return lazy_dataset(self.values(), dropped)

    def part(self, variable: str | None = None, **indices: Index) -> xr.DataArray:
        """Return a part of a variable, by index along its axes; it is decoded where it is indexed.

        Raises
        ------
        ArchiveError
            There is no such variable or part.
        """
        names = ", ".join(self.variables)
        if variable is None and len(self) > 1:
            raise ArchiveError(f"{self.path} has several variables, name one of them: {names}")
        name = self.variables[0] if variable is None else variable
        if name not in self:
            raise ArchiveError(f"{self.path} has no variable {name!r}; it has: {names}")
        whole = replace(self._first.record.variable(name), shape=self[name].shape)
        chosen = RegionSelection.whole(whole).isel(indices)
        return isel_with_related(self.to_xarray()[name], chosen.indexers())

    def decode(self, variable: str | None = None, **indices: Index) -> xr.DataArray:
        """Decode a part of a variable: the blocks that it touches, blended where they overlap.

        Parameters
        ----------
        variable
            Its name; may be left out where there is one only.
        indices
            Of ``time``, ``component``, ``z``, ``y``, ``x``: an index, which takes the axis away, or a slice.

        Raises
        ------
        ArchiveError
            There is no such part, or a chunk is missing or damaged.
        """
        return self.part(variable, **indices).load(scheduler="synchronous")

    def info(self) -> BlockInfo:
        """Return what the blocks hold together, and their sizes."""
        told = [archive.info() for archive in self.archives.values()]
        z, y, x = self.folder.shape
        variables, original = [], 0
        for at, (name, whole) in enumerate(self.items()):
            errors = [info.variables[at].errors for info in told]
            largest = [None if each is None else each.max_error for each in errors]
            known = [each for each in largest if each is not None]
            most = max(known) if len(known) == len(largest) else None
            variables.append(BlockVariable(name, whole.shape, whole.dtype.name, most))
            original += int(np.prod(whole.shape)) * self._first.record.variable(name).item_bytes
        return BlockInfo(
            grid=(z, y, x),
            blocks=len(told),
            halo=self.folder.halo,
            steps=self.steps,
            further=max(self._steps) - self.steps,
            importance=importance_text(self._first.record.importance),
            variables=tuple(variables),
            bytes_original=original,
            bytes_streams=sum(info.bytes_streams for info in told),
            bytes_archive=sum(info.bytes_archive for info in told) + self.folder.bytes_index(),
        )

    def verify(self, workers: int | None = None, progress: Progress | None = None) -> Verification:
        """Read and decode every chunk of every block, and report all faults.

        Parameters
        ----------
        workers
            Threads; one for each processor unless given.
        progress
            Called as ``progress("verify", done, total)`` after each block.
        """
        found = []
        for done, archive in enumerate(self.archives.values(), start=1):
            found.append(verify(archive, workers=workers))
            tell(progress, "verify", done, len(self.archives))
        return Verification(
            sum(each.chunks for each in found),
            tuple(fault for each in found for fault in each.faults),
            tuple(
                f"{block_name(box)}/{key}"
                for box, each in zip(self.archives, found, strict=True)
                for key in each.lost
            ),
        )
