"""What reading a mutant must not do: run code, start processes, reach the network, touch what is outside."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["Guard"]

_FORBIDDEN = (
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn"),
    *(
        "socket.connect",
        "socket.bind",
        "urllib.Request",
        "ftplib.connect",
        "smtplib.connect",
        "http.client.connect",
    ),
    *("pickle.find_class", "marshal.loads", "ctypes.dlopen", "code.__new__"),
)
_CHANGES = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "shutil.rmtree",
)


class Guard:
    """Notes forbidden acts by Python's audit events, while it watches.

    Parameters
    ----------
    folder
        All that may be read of the fuzzer's files is in it, but for `outside`, which nothing may touch.
    outside
        Bait: what paths in mutants lead to.
    """

    def __init__(self, folder: Path, outside: Path) -> None:
        self.folder, self.outside = os.path.realpath(folder), os.path.realpath(outside)
        self.watching, self.seen = False, []  # type: tuple[bool, list[str]]
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        self.watching = False
        try:
            asker = sys._getframe(1)
            if event in _FORBIDDEN and not any(each(event, arguments, asker) for each in _EXPECTED):
                self.seen.append(f"{event} {arguments!r:.200}")
            elif event == "open":
                self._opened(*arguments)
            elif event in _CHANGES and not self._inside(arguments[0]):
                self.seen.append(f"{event} {arguments!r:.200}")
        finally:
            self.watching = True

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        real = os.path.realpath(os.fsdecode(path))
        if real == self.outside or real.startswith(self.outside + os.sep):
            self.seen.append(f"open {real}")
        writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (
            isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if writes and not self._inside(path) and "__pycache__" not in real and not real.startswith("/dev/"):
            self.seen.append(f"write {real}")

    def _inside(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True
        real = os.path.realpath(os.fsdecode(path))
        return real.startswith(self.folder + os.sep) and not real.startswith(self.outside)

    def acts(self) -> str:
        """Return what was noted since the last call, one a line."""
        said, self.seen = "\n".join(self.seen), []
        return said


def _by_dask(event: str, _arguments: tuple[Any, ...], asker: FrameType) -> bool:
    """Whether dask copies or names objects of its own: it is what unpickles, not a reader that it runs."""
    if not event.startswith("pickle"):
        return False
    name = str(asker.f_globals.get("__name__"))
    return name.partition(".")[0] in ("dask", "cloudpickle")


def _of_traceback(event: str, arguments: tuple[Any, ...], _asker: FrameType) -> bool:
    """Whether a compiled module names a line of its own for a traceback: code that only returns None."""
    return event == "code.__new__" and str(arguments[1]).endswith(".pyx")


def _probe(event: str, arguments: tuple[Any, ...], _asker: FrameType) -> bool:
    """Whether the process is started in which idlat tries HDF5 files, so as not to crash itself."""
    command = arguments[1] if event == "subprocess.Popen" else None
    spec = find_spec("idlat.fields.hdf5.hdf5_walk")
    return bool(command) and spec is not None and list(command) == [sys.executable, "-P", spec.origin]


def _from_imports(_event: str, _arguments: tuple[Any, ...], asker: FrameType) -> bool:
    """Whether an import of Python's own is under way, which loads code."""
    frame: FrameType | None = asker
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


_EXPECTED = (_by_dask, _of_traceback, _probe, _from_imports)
