"""What an archive, or the blocks of a run, say of themselves; what decodes is not loaded for it."""

from __future__ import annotations

import os

from idlat.archive.read.archive_info import ArchiveInfo, read_info
from idlat.archive.read.blocks.block_folder import is_block_folder

__all__ = ["info_at"]


def info_at(path: str | os.PathLike[str]) -> ArchiveInfo:
    """Return what the archive at a path says of itself; the model of one that is no run's is not loaded.

    Raises
    ------
    IdlatError
        It cannot be opened.
    """
    if not is_block_folder(path):
        return read_info(path)
    from idlat.archive.read.blocks.open_blocks import open_blocks

    with open_blocks(path) as blocks:
        return blocks.info()
