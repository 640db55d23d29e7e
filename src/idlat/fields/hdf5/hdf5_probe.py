"""Let another process walk through an HDF5 file first: damaged ones hang or crash the library.

One such process (:mod:`idlat.fields.hdf5.hdf5_walk`) serves this one until it ends; a file takes some
milliseconds, and the same file is walked through once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from idlat.errors import FieldError
from idlat.plainfiles import FileState

__all__ = ["probe_hdf5", "stop"]

_MAGIC = b"\x89HDF\r\n\x1a\n"
_WALKER = Path(__file__).with_name("hdf5_walk.py")
_TIMED_OUT = (signal.SIGPROF, signal.SIGXCPU)

_lock = threading.Lock()
_sound: set[FileState] = set()
_walker: subprocess.Popen[str] | None = None
_owner = 0  # a fork's copy of the process is not its own


def probe_hdf5(path: Path) -> None:
    """Check that reading what an HDF5 file says of itself comes to an end; other files are not looked at.

    Raises
    ------
    FieldError
        HDF5 hangs in it or crashes.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return
    state = FileState.of(path)
    with _lock:
        if state in _sound:
            return
        status = _walk(path)
        if status:
            why = (
                "its structure leads in a circle" if -status in _TIMED_OUT else "it crashes the HDF5 library"
            )
            raise FieldError(f"{path}: the HDF5 file is damaged: {why}; restore it from a copy")
        _sound.add(state)


def _walk(path: Path) -> int:
    """Have a file walked through; return 0, or the status with which that ended the process."""
    walker = _started()
    assert walker.stdin is not None
    assert walker.stdout is not None
    name = os.path.abspath(path)
    if "\n" in name:
        return 0  # a line cannot name it
    try:
        walker.stdin.write(name + "\n")
        walker.stdin.flush()
        answered = walker.stdout.readline()
    except BrokenPipeError:
        answered = ""
    if answered:
        return 0
    stop()
    return walker.returncode


def _started() -> subprocess.Popen[str]:
    """Return the process, started if need be."""
    global _walker, _owner
    if _walker is None or _owner != os.getpid() or _walker.poll() is not None:
        if _owner != os.getpid():
            atexit.register(stop)
        _owner = os.getpid()
        _walker = subprocess.Popen(
            [sys.executable, "-P", str(_WALKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            start_new_session=True,  # Ctrl-C is for whoever asks
        )
    return _walker


def stop() -> None:
    """End the process; the next file starts another, and is walked through though it was known."""
    global _walker
    _sound.clear()
    if _walker is None or _owner != os.getpid():
        return
    for pipe in (_walker.stdin, _walker.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    _walker.wait()
    _walker = None
