"""The blocks of a parallel run, open as one archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from idlat.archive.format.losses import Losses
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.archive import Archive, Block
from idlat.archive.read.archive_info import ArchiveInfo
from idlat.archive.read.blocks.block_decoder import BlockDecoder
from idlat.archive.read.blocks.block_folder import BlockFolder, block_name
from idlat.archive.read.blocks.block_labels import BlockLabels
from idlat.archive.read.blocks.whole_record import whole_record
from idlat.archive.read.region_selection import RegionSelection
from idlat.archive.read.stored_variable import StoredVariable
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.tiling import Box, Triple

__all__ = ["BlockArchive", "BlockInfo"]


@dataclass(frozen=True, kw_only=True)
class BlockInfo(ArchiveInfo):
    """What the blocks of a run hold together; what else is said is the first block's.

    Attributes
    ----------
    grid, blocks, halo
        Voxels of the whole grid, the number of blocks, and how far each reaches into its neighbours.
    steps, further
        Steps that all blocks have, and steps that only some have yet.
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
    bytes_original: int


@dataclass(frozen=True, kw_only=True, repr=False)
class BlockArchive(Archive):
    """The blocks of a run as one archive; its record is that of the whole grid.

    What has come since it was opened is not seen. It has no latents of its own
    (:func:`idlat.archive.with_latents` makes them).

    Attributes
    ----------
    folder
        Where the blocks are.
    archives
        The archive of each block, by the block's own voxels.
    """

    folder: BlockFolder
    archives: Mapping[Box, Archive]

    @classmethod
    def of(cls, folder: BlockFolder, archives: Mapping[Box, Archive]) -> Self:
        """Return the archive of blocks that tile the grid and hold the same variables."""
        first = next(iter(archives.values()))
        variables = tuple(
            whole_record(folder.shape, [each.record.variable(name) for each in archives.values()])
            for name in first.variables
        )
        lost = (f"{block_name(box)}/{key}" for box, each in archives.items() for key in each.losses.objects)
        return cls(
            ArchiveStore(first.store.store, str(folder.path)),
            replace(first.record, variables=variables),
            first.model,
            Losses(tuple(lost)),
            folder=folder,
            archives=archives,
        )

    def close(self) -> None:
        """Close the blocks' files."""
        for archive in self.archives.values():
            archive.close()

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks, in the order of their places."""
        return [Block(box, self.folder.stored_box(box), each) for box, each in self.archives.items()]

    def _opened(self, variable: VariableRecord) -> StoredVariable:
        members = {box: archive[variable.name] for box, archive in self.archives.items()}
        decoder = BlockDecoder(
            self.store,
            variable,
            self.record.grid(variable, self.model.cell),
            self.model,
            self.record.binding(variable, self.gain),
            folder=self.folder,
            members={box: each.decoder for box, each in members.items()},
        )
        labels = BlockLabels(
            decoder, folder=self.folder, members={box: each.labels for box, each in members.items()}
        )
        return StoredVariable(decoder, labels, RegionSelection.whole(variable))

    def bytes_streams(self, variables: Sequence[VariableRecord]) -> int:
        """Return the bytes of every stored object that decoding some variables needs, of all steps."""
        names = [variable.name for variable in variables]
        return sum(
            each.bytes_streams([each.record.variable(name) for name in names])
            for each in self.archives.values()
        )

    def bytes_archive(self) -> int:
        """Return the bytes of everything on disk."""
        return sum(each.bytes_archive() for each in self.archives.values()) + self.folder.bytes_index()

    def info(self) -> BlockInfo:
        """Return what the blocks hold together, and their sizes."""
        first = next(iter(self.archives.values())).info()
        steps = [archive.record.variables[0].steps for archive in self.archives.values()]
        said = {each.name: each for each in self.record.variables}
        told = {name: getattr(first, name) for name in ArchiveInfo.__dataclass_fields__}
        told |= {
            "variables": tuple(
                replace(each, shape=said[each.name].shape, errors=said[each.name].errors)
                for each in first.variables
            ),
            "bytes_streams": self.bytes_streams(self.record.variables),
            "bytes_archive": self.bytes_archive(),
            "lost": self.losses.objects,
        }
        return BlockInfo(
            **told,
            grid=self.folder.shape,
            blocks=len(self.archives),
            halo=self.folder.halo,
            steps=self.steps,
            further=max(steps) - self.steps,
            bytes_original=sum(each.bytes_original for each in self.record.variables),
        )
