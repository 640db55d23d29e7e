"""Compare sizes that a file declares with the bytes that it has, before memory of that size is taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from idlat.errors import FieldError

__all__ = ["check_extent", "folder_bytes"]

_SMALL = 2**30  # bytes that are tried whatever the file holds
_MOST = 10**5  # times smaller than its values nothing is stored


def check_extent(
    path: Path | str, what: str, shape: Sequence[int], itemsize: int, stored: Callable[[], int]
) -> None:
    """Refuse an array, or a chunk of one, that is far larger than what is stored of it can be.

    Parameters
    ----------
    path
        The file, for messages.
    what
        What announces the size, for messages.
    shape, itemsize
        Of the array.
    stored
        Returns the bytes that are stored of it; called only for what is large.

    Raises
    ------
    FieldError
        If it announces more than 1 GiB, and a hundred thousand times more than is there.

    Examples
    --------
    >>> check_extent(Path("a.zarr"), "array 'p'", (10**9, 10**9, 10**9), 4, lambda: 1000)
    Traceback (most recent call last):
    idlat.errors.FieldError: a.zarr: array 'p' announces 1000000000×...×1000000000 values, of which 1000 ...
    """
    announced = math.prod(shape) * itemsize
    if announced > _SMALL and announced > _MOST * (found := stored()):
        raise FieldError(
            f"{path}: {what} announces {'×'.join(map(str, shape))} values, of which {found} bytes are "
            "stored: damaged, or never written"
        )


def folder_bytes(path: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
