"""The blocks of a parallel run, open as one archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from idlat.archive.format.losses import Losses
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.archive import Archive, Block
from idlat.archive.read.archive_info import ArchiveInfo, BlockInfo, bytes_from_step
from idlat.archive.read.blocks.block_decoder import BlockDecoder
from idlat.archive.read.blocks.block_folder import BlockFolder, block_name
from idlat.archive.read.blocks.block_labels import BlockLabels
from idlat.archive.read.blocks.whole_record import whole_record
from idlat.archive.read.region_selection import RegionSelection
from idlat.archive.read.stored_variable import StoredVariable
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.tiling import Box

__all__ = ["BlockArchive"]


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
        """Return the bytes of what decoding the finished steps of some variables needs."""
        whole = 0
        for each in self.archives.values():
            own = [each.record.variable(variable.name) for variable in variables]
            whole += each.bytes_streams(own) - bytes_from_step(each.store, own, self.steps)
        return whole

    def bytes_archive(self) -> int:
        """Return the bytes of everything on disk but the objects of steps that only some blocks have."""
        return self._bytes_on_disk() - sum(
            bytes_from_step(each.store, each.record.variables, self.steps) for each in self.archives.values()
        )

    def _bytes_on_disk(self) -> int:
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
            "bytes_archive": self._bytes_on_disk(),
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
