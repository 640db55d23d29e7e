"""Making sure that the disk has what was written, before anything says that it is complete."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["flush_file", "flush_folder", "flush_tree"]

_AT_ONCE = 16
_NOT_OFFERED = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # file systems that flush no folder


def flush_file(path: Path) -> None:
    """Wait until the disk has a file's content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder, where its file system can tell."""
    if os.name == "nt":
        return  # a folder cannot be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
    finally:
        os.close(descriptor)


def flush_tree(path: Path) -> None:
    """Wait until the disk has a file, or every file below a folder and their names.

    Several wait at once: a disk commits what waits together. Links below a folder are not followed, and pipes
    and devices, whose opening may wait for ever, are left alone.
    """
    if path.is_file():
        flush_file(path)
        return
    tree = [(Path(place), files) for place, _, files in os.walk(path)]
    below = (place / file for place, files in tree for file in files)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="idlat-flush") as pool:
        for _ in pool.map(flush_file, (file for file in below if stat.S_ISREG(file.lstat().st_mode))):
            pass
        for _ in pool.map(flush_folder, (place for place, _ in tree)):
            pass
