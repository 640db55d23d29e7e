"""One job per output: a second one is refused before it has touched anything, and told who writes."""

from __future__ import annotations

import os
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from idlat.errors import OutputBusyError, OutputError
from idlat.outputs.entries import EntryLock
from idlat.outputs.flock import FileLock, Taken, Unsupported
from idlat.outputs.interrupts import postponed
from idlat.outputs.naming import beside

__all__ = ["OutputLock", "lock_output"]


class _Held(Protocol):
    def confirm(self) -> None: ...

    def release(self) -> None: ...


class OutputLock:
    """Outputs that this job alone writes, until :meth:`release` or the end of a ``with`` statement."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._stack = ExitStack()

    def take(self, path: str | os.PathLike[str]) -> None:
        """Lock one more output.

        Raises
        ------
        OutputBusyError
            Another job writes it.
        OutputError
            It cannot be locked, so not be written either.
        """
        name = os.fspath(path)
        try:
            with nullcontext() if "://" in name else postponed():  # a store may have to be waited for
                held = self._held[name] = _lock(name)
                self._stack.callback(held.release)
        except Taken as taken:
            raise _busy(name, taken) from None
        except OSError as error:
            raise OutputError(f"cannot write {name}: {error.strerror or error}") from error

    def confirm(self) -> None:
        """Make sure that the outputs are still this job's, before they are called complete.

        Raises
        ------
        OutputBusyError
            Another job took this one for dead: it had been stopped for minutes.
        """
        for name, held in self._held.items():
            try:
                held.confirm()
            except Taken as taken:
                raise _busy(name, taken) from None

    def release(self) -> None:
        """Let go of all of them; a signal waits so long."""
        with postponed():
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_output(*paths: str | os.PathLike[str]) -> OutputLock:
    """Lock outputs, local or URLs that fsspec knows; all of them or none.

    The lock of a local path is a hidden file beside it, never in it.

    Raises
    ------
    OutputBusyError
        Another job writes one of them; the message says who, and since when.
    OutputError
        One cannot be locked, so not be written either.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, lock_output(f"{folder}/a.npy"):
    ...     os.listdir(folder)
    ['.a.npy.lock']
    """
    lock = OutputLock()
    try:
        for path in sorted({os.fspath(path) for path in paths}):
            lock.take(path)
    except BaseException:
        lock.release()
        raise
    return lock


def _lock(name: str) -> _Held:
    if "://" in name:
        return _lock_url(name)
    path = Path(name)
    # under one name whatever links lead to its folder, or to it where it is a folder
    real = Path(os.path.realpath(path if path.is_dir() else path.parent))
    real = real if path.is_dir() else real / path.name
    file = beside(real, "lock")
    if path.is_dir() and not os.access(real.parent, os.W_OK):
        file = real / ".lock"  # a folder that may be changed in one that may not
    try:
        return FileLock(file)
    except Unsupported:
        from fsspec.implementations.local import LocalFileSystem

        return EntryLock(LocalFileSystem(auto_mkdir=True), f"{file}.d")


def _lock_url(url: str) -> _Held:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(url)
        return EntryLock(system, f"{path.rstrip('/')}.lock")
    except (Taken, OSError):
        raise
    except Exception as error:  # each file system has its own exceptions: refused, unknown, unreachable
        text: Any = " ".join(str(error).split()) or type(error).__name__
        raise OutputError(f"{url} cannot be written: {text}") from error


def _busy(name: str, taken: Taken) -> OutputBusyError:
    who = "" if taken.holder is None else f" ({taken.holder})"
    remark = f"; {taken.remark}" if taken.remark else ""
    return OutputBusyError(
        f"{name} is being written by another job{who}{remark}: wait for its end, or choose another output"
    )
