"""A lock of a local path: a small file beside it, locked by the system until the process lets go or ends.

This holds over NFS, too. The file says who holds the lock and goes with it; what a killed job left of it
locks nothing.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path

from idlat.outputs.holder import Holder, this_process

try:
    import fcntl
except ImportError:  # a system without it: see idlat.outputs.entries
    fcntl = None  # type: ignore[assignment]

__all__ = ["FileLock", "Taken", "Unsupported"]

_UNSUPPORTED = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_LOOKS = 20  # at the file of a holder that has not written its text yet
_PAUSE = 0.02  # seconds between them


class Taken(Exception):  # noqa: N818 - not an error of its own: the caller says what is locked
    """Another job holds the lock; `holder` is None where it has not said who it is."""

    def __init__(self, holder: Holder | None, remark: str = "") -> None:
        super().__init__(holder, remark)
        self.holder, self.remark = holder, remark


class Unsupported(Exception):  # noqa: N818 - as above
    """The file system cannot lock files."""


class FileLock:
    """A lock file, held from its making to :meth:`release`.

    Parameters
    ----------
    path
        The lock file.

    Raises
    ------
    Taken
        Another job holds it.
    Unsupported
        Its file system has no locks.
    OSError
        It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        if fcntl is None:
            raise Unsupported
        self._path = path
        self._descriptor = _locked(path)
        with suppress(OSError):  # another user's leftover, or a full disk: locked, though nameless
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, this_process().to_json().encode(), 0)

    def confirm(self) -> None:
        """Nothing can have taken it away: the system keeps it."""

    def release(self) -> None:
        """Let go, and take the file away."""
        with suppress(OSError):
            self._path.unlink()
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # also where a forked child has the file open
        os.close(self._descriptor)


def _locked(path: Path) -> int:
    """Open and lock the file; one that was taken away meanwhile locks nothing, and is made anew."""
    while True:
        descriptor = _opened(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, descriptor):
                return descriptor
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise Taken(_holder(path)) from None
            if error.errno in _UNSUPPORTED:
                raise Unsupported from None
            raise
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _opened(path: Path) -> int:
    """Open the file, made where there is none; another user's may be read only."""
    flags = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, flags | os.O_RDWR, 0o666)
    except PermissionError:
        if not path.exists():
            raise
        return os.open(path, (flags & ~os.O_CREAT) | os.O_RDONLY)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> Holder | None:
    for _ in range(_LOOKS):
        try:
            return Holder.from_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            time.sleep(_PAUSE)
    return None
