"""Making sure that the disk has what was written, before anything says that it is complete."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

__all__ = ["flush_file", "flush_folder", "flush_tree"]

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


def flush_tree(folder: Path, names: Iterable[str] | None = None) -> None:
    """Wait until the disk has every file below a folder, or below some of its entries, and their names."""
    for top in [folder] if names is None else [folder / name for name in names]:
        if top.is_file():
            flush_file(top)
            continue
        for place, _, files in os.walk(top):
            for file in files:
                flush_file(Path(place, file))
            flush_folder(Path(place))
