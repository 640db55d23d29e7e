"""Opening an archive, or the blocks of a parallel run as one."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

from idlat.archive.read.archive import Archive
from idlat.archive.read.archive_in_store import archive_in
from idlat.archive.read.blocks.block_folder import is_block_folder
from idlat.archive.read.blocks.open_blocks import open_blocks
from idlat.archive.storage.archive_store import open_store
from idlat.devices import check_device
from idlat.model.latent_model import LatentModel

__all__ = ["open_archive", "opened"]


def open_archive(
    path: str | os.PathLike[str],
    model: LatentModel | str | os.PathLike[str] | None = None,
    device: str = "auto",
) -> Archive:
    """Open an archive for reading.

    Parameters
    ----------
    path
        A directory, a ``.zip`` file, or a URL that fsspec knows; or the local folder of the blocks of a
        parallel run, which are one archive then (:class:`~idlat.archive.BlockArchive`).
    model
        The model that it was written with, or its path; looked up by its hash where it is left out: in this
        process, in the package, in ``IDLAT_MODEL_PATH``, in the archive.
    device
        Where the model's networks run: ``cpu``, ``cuda``, or ``auto``, which is a graphics card where torch
        can use one. The default model has none and computes on the processor.

    Raises
    ------
    MissingFileError
        There is nothing at `path`.
    ArchiveError
        It is no archive, damaged, of another format version or incomplete.
    ModelError
        The model is not found, or `model` is another one.
    IdlatError
        There is no such device.
    """
    check_device(device)
    if is_block_folder(path):
        return open_blocks(path, model, device)
    return archive_in(open_store(path), model, device)


def opened(archive: Archive | str | os.PathLike[str]) -> AbstractContextManager[Archive]:
    """Return what gives an archive for a `with` statement, and closes it after that if it opened it.

    Raises
    ------
    IdlatError
        The archive at a path cannot be opened.
    """
    return nullcontext(archive) if isinstance(archive, Archive) else open_archive(archive)
