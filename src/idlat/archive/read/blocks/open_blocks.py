"""Opening the blocks of a parallel run as one archive."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from idlat.archive.format.root_document import is_archive
from idlat.archive.read.archive import Archive
from idlat.archive.read.archive_in_store import archive_in
from idlat.archive.read.blocks.block_archive import BlockArchive
from idlat.archive.read.blocks.block_folder import BlockFolder, block_name, is_block_folder
from idlat.archive.storage.archive_location import location_of
from idlat.archive.storage.archive_store import open_store
from idlat.errors import ArchiveError
from idlat.model.latent_model import LatentModel

__all__ = ["open_blocks"]


def open_blocks(
    path: str | os.PathLike[str],
    model: LatentModel | str | os.PathLike[str] | None = None,
    device: str = "auto",
) -> BlockArchive:
    """Open the blocks of a parallel run as one archive, as :func:`idlat.open_archive` does.

    Parameters
    ----------
    path
        The folder that :class:`idlat.StreamWriter` wrote; the archive, where one block was the whole grid.
    model, device
        As :func:`idlat.open_archive` takes them.

    Raises
    ------
    ArchiveError
        A block is missing, damaged, or has not finished its first step.
    """
    if not is_block_folder(path) and is_archive(location_of(path)):
        return _of_one_block(archive_in(open_store(path), model, device))
    folder = BlockFolder.open(path)
    boxes = folder.boxes()
    folder.check_whole(boxes)
    with ExitStack() as opened:
        archives = {
            box: opened.enter_context(archive_in(open_store(folder.path / block_name(box)), model, device))
            for box in boxes
        }
        if len({archive.variables for archive in archives.values()}) > 1:
            raise ArchiveError(f"{folder.path}: its blocks hold different variables")
        for box, archive in archives.items():
            expected = tuple(stop - start for start, stop in folder.stored_box(box))
            if archive.record.variables[0].volume != expected:
                raise ArchiveError(
                    f"{archive.path} holds {archive.record.variables[0].volume} voxels, expected {expected}"
                )
        opened.pop_all()
    return BlockArchive.of(folder, archives)


def _of_one_block(archive: Archive) -> BlockArchive:
    """Return the archive of a run whose only block was the whole grid; an error closes it.

    Raises
    ------
    ArchiveError
        Its variables lie on several grids, which no run of blocks writes.
    """
    volumes = {variable.volume for variable in archive.record.variables}
    if len(volumes) > 1:
        archive.close()
        raise ArchiveError(f"{archive.path} was not written in blocks: open it by idlat.open_archive")
    z, y, x = volumes.pop()
    return BlockArchive.of(BlockFolder(Path(archive.path), (z, y, x)), {((0, z), (0, y), (0, x)): archive})
