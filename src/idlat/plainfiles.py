"""Plain files: devices and pipes are refused before they are opened, changes while reading noticed.

A pipe, a device or a socket would hang whoever opens it; a file that another program goes on writing gives
values of two states.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from idlat.errors import FieldError, IdlatError, MissingFileError

__all__ = ["FileState", "check_plain", "read_plain"]

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_plain(path: Path, error: type[IdlatError] = FieldError, what: str = "a file") -> None:
    """Refuse what is there and no plain file; links are followed.

    Parameters
    ----------
    path : Path
    error : type of IdlatError
        What to raise.
    what : str
        What was expected, for the message.

    Raises
    ------
    MissingFileError
        If nothing is there.
    IdlatError
        If it is a folder, a pipe, a socket or a device.

    Examples
    --------
    >>> check_plain(Path("/dev/null"))
    Traceback (most recent call last):
    idlat.errors.FieldError: /dev/null is a device, not a file: expected a file on a disk
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFileError(f"{path}: no such file") from None
    kind = next((name for test, name in _KINDS if test(mode)), None)
    if kind is not None:
        raise error(f"{path} is {kind}, not a file: expected {what} on a disk")


def read_plain(path: Path, error: type[IdlatError], what: str, most: int) -> bytes:
    """Read a plain file whole.

    Parameters
    ----------
    path, error, what
        As for :func:`check_plain`.
    most : int
        Bytes that it may have.

    Raises
    ------
    MissingFileError
        If nothing is there.
    IdlatError
        If it is no plain file, or larger.
    """
    check_plain(path, error, what)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise error(f"{path} has more than {most} bytes: expected {what}, which is smaller")
    return content


@dataclass(frozen=True)
class FileState:
    """What tells whether a file is still the one that was opened.

    Attributes
    ----------
    path : Path
    inode, size, changed : int
        Of the file: its place on the disk, its bytes, and the nanosecond of its last change.
    """

    path: Path
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """Note the state of a file."""
        return cls._from(path, os.stat(path))

    @classmethod
    def _from(cls, path: Path, found: os.stat_result) -> FileState:
        return cls(path, found.st_ino, found.st_size, found.st_mtime_ns)

    def check(self) -> None:
        """Raise where the file is no longer what it was.

        Raises
        ------
        FieldError
            It was changed, cut, replaced or removed.
        """
        try:
            found = os.stat(self.path)
        except OSError:
            raise FieldError(f"{self.path} was removed while it was read: {_AGAIN}") from None
        self._compare(found)

    @contextmanager
    def opened(self) -> Iterator[FileIO]:
        """Open the file to read, unbuffered; it is checked before and after.

        Raises
        ------
        FieldError
            It was changed, cut, replaced or removed.
        """
        self.check()
        with self.path.open("rb", buffering=0) as file:
            yield file
            self._compare(os.fstat(file.fileno()))

    def _compare(self, found: os.stat_result) -> None:
        if self._from(self.path, found) != self:
            came = f"it has {found.st_size} bytes, it had {self.size}" if found.st_size != self.size else ""
            raise FieldError(f"{self.path} was changed while it was read{came and f' ({came})'}: {_AGAIN}")


_AGAIN = "run the command again once nothing writes to it"
