"""A process of its own that walks through HDF5 files, for :mod:`idlat.fields.hdf5.hdf5_probe`.

The library HDF5 loops for ever in some damaged files, and crashes in others; nothing in Python can end that.
So this program, which needs h5py alone, goes first. It reads a path a line, walks through all that the file
says of itself, and answers with a line. What it fails at with an error is left to whoever reads the file; a
file that takes too much processor time, or crashes HDF5, ends it.
"""

import contextlib
import os
import resource
import signal
import sys
from typing import Any

_SECONDS = 20.0  # of processor time for a file, and one more for each 4 MiB of it
_BYTES = 8 * 2**30  # of address space
_SMALL = 2**20  # values: what is smaller may be a coordinate, which is read at once


def main() -> None:
    """Answer until there are no more lines."""
    import h5py

    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_BYTES, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        path = line.rstrip("\n")
        with contextlib.suppress(OSError):  # at its end it ends the process, whatever that is at
            signal.setitimer(signal.ITIMER_PROF, _SECONDS + os.stat(path).st_size / 2**22)
        with contextlib.suppress(Exception), h5py.File(path, "r") as file:
            _look(file)
            file.visititems(lambda _, item: _look(item))
        signal.setitimer(signal.ITIMER_PROF, 0)
        print("read", flush=True)


def _look(item: Any) -> None:
    """Read an object's attributes and axes, the list of its chunks, and its values where they are few."""
    with contextlib.suppress(Exception):
        for name in item.attrs:
            with contextlib.suppress(Exception):
                _ = item.attrs[name]
    if not hasattr(item, "dims") or item.shape is None:
        return
    with contextlib.suppress(Exception):
        for axis in item.dims:
            _ = axis.label, [scale.shape for scale in axis.values()]
    with contextlib.suppress(Exception):
        _ = item.id.get_storage_size(), item.id.get_num_chunks() if item.chunks else 0
    with contextlib.suppress(Exception):
        if item.size <= _SMALL:
            _ = item[()]
        else:
            _ = item[(0,) * item.ndim]


if __name__ == "__main__":
    main()
