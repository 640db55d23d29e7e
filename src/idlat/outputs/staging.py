"""Files that appear whole or not at all: written under a hidden name beside their place, then renamed.

A killed job leaves its hidden file; the next job on that output takes it away.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from idlat.errors import IdlatError, OutputError
from idlat.outputs.disk import flush_file, flush_folder, flush_tree
from idlat.outputs.interrupts import postponed
from idlat.outputs.locks import lock_output
from idlat.outputs.naming import beside, hidden_name

__all__ = [
    "put_in_place",
    "recover_folder",
    "remove_leftovers",
    "staged_file",
    "staged_folder",
    "temporary_for",
    "write_whole",
]

_TEMPORARY = r"\.[0-9a-f]{8}\.tmp(\..*)?"


def temporary_for(path: Path) -> Path:
    """Return a hidden name beside an output that nothing has yet.

    Examples
    --------
    >>> len(temporary_for(Path("a.npy")).name) - len(".a.npy..tmp")
    8
    """
    return beside(path, f"{secrets.token_hex(4)}.tmp")


def remove_leftovers(path: Path) -> None:
    """Take away what killed jobs left of an output; this job must have locked it."""
    ours = re.compile(re.escape(hidden_name(path)) + _TEMPORARY)
    with os.scandir(path.absolute().parent) as entries:
        left = [Path(entry.path) for entry in entries if ours.fullmatch(entry.name)]
    for file in left:
        _remove(file)


def put_in_place(whole: Path, path: Path) -> None:
    """Give a file or folder that is whole and on the disk its name, and only then remove what had it.

    A file is replaced in one go. Of a folder the former one has a hidden name between two renames; where a
    kill comes between them, :func:`recover_folder` gives it back.
    """
    if not whole.is_dir() and not path.is_dir():
        whole.replace(path)
        flush_folder(path.absolute().parent)
        return
    aside, replaced = _aside(path), os.path.lexists(path)
    if replaced:
        path.rename(aside)
    try:
        whole.rename(path)
    except BaseException:
        if replaced:
            aside.rename(path)
        raise
    flush_folder(path.absolute().parent)
    _remove(aside)


def recover_folder(path: Path) -> None:
    """Undo a replacement that a kill has cut in two, or take away what it left; the caller has locked it."""
    aside = _aside(path)
    if os.path.lexists(aside) and not os.path.lexists(path):
        aside.rename(path)
    _remove(aside)


def _aside(path: Path) -> Path:
    return beside(path, "replaced")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def staged_file(path: Path, *, locked: bool = False) -> Iterator[Path]:
    """Give a path to write a file to; it takes its name once it is whole and on the disk.

    Whatever ends the block else leaves what was there before, and nothing more.

    Parameters
    ----------
    path
        The file to be.
    locked
        Whether the caller has locked it.

    Raises
    ------
    OutputError
        The folder does not exist, the disk is full, or another job writes the file.
    """
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path.parent} is no folder: make it first")
    with nullcontext() if locked else lock_output(path):
        temporary = temporary_for(path)
        try:
            remove_leftovers(path)
            yield temporary
            flush_file(temporary)
            put_in_place(temporary, path)
        except OSError as error:
            if isinstance(error, IdlatError):
                raise
            raise _unwritten(path, error) from error
        finally:
            with postponed():
                temporary.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: Path, check: Callable[[], None]) -> Iterator[Path]:
    """Give a folder to fill; it takes its name once it is whole and on the disk.

    Whatever ends the block else leaves what was there before, and nothing more.

    Parameters
    ----------
    path
        The folder to be, in one that exists.
    check
        Raises where what has that name must not be replaced; called while no other job writes it.

    Raises
    ------
    OutputError
        The disk is full, or another job writes the folder.
    """
    with lock_output(path) as lock:
        temporary = temporary_for(path)
        try:
            recover_folder(path)
            check()
            remove_leftovers(path)
            temporary.mkdir()
            yield temporary
            flush_tree(temporary)
            lock.confirm()
            with postponed():
                put_in_place(temporary, path)
        except (OSError, RuntimeError) as error:  # h5py reports some failures of the disk as RuntimeError
            if isinstance(error, IdlatError):
                raise
            raise _unwritten(path, error) from error
        finally:
            with postponed():
                _remove(temporary)


def _unwritten(path: Path, error: Exception) -> OutputError:
    number, text = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    full = number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
    reason = "the disk is full" if full else (text or str(error))
    return OutputError(f"{path} cannot be written: {reason}; nothing was kept")


def write_whole(path: Path, text: str) -> None:
    """Write a text file, whole or not at all; one that is there is replaced.

    Raises
    ------
    OutputError
        As :func:`staged_file`.
    """
    with staged_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
