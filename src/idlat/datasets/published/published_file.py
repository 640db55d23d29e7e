"""A file as its authors publish it: what it becomes, and how its numbers are read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.plainfiles import check_plain

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class PublishedFile:
    """One file of a published data set.

    Attributes
    ----------
    path : Path
        The file, or the folder of a plotfile.
    stem : str
        Of the store that it becomes, such as ``P_01``.
    read : callable
        Gives the field, its values in memory; whether to check size and values is its one argument.
    """

    path: Path
    stem: str
    read: Callable[[bool], xr.DataArray]

    @property
    def size(self) -> int:
        """Bytes of the file, or of all files of the folder."""
        if not self.path.is_dir():
            return self.path.stat().st_size
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())


def headerless(path: Path, shape: tuple[int, int, int], dtype: str) -> NDArray[np.float32]:
    """Read a headerless file of 32-bit floats, compressed by gzip or not.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        z, y, x; x runs fastest.
    dtype : {"<f4", ">f4"}

    Returns
    -------
    numpy.ndarray
        ``(z, y, x)`` in the machine's byte order.

    Raises
    ------
    MissingFileError, FieldError
        If it is absent, cut short, longer, or a damaged gzip stream.
    """
    check_plain(path)
    expected = 4 * int(np.prod(shape))
    z, y, x = shape
    wanted = f"expected {expected} bytes, {x}×{y}×{z} 32-bit floats"
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            content = file.read(expected + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FieldError(f"{path}: the gzip stream is cut short or damaged ({error}): {wanted}") from None
    if len(content) != expected:
        held = path.stat().st_size if not packed else len(content)
        found = f"more than {expected}" if packed and held > expected else str(held)
        unpacked = " once unpacked" if packed else ""
        raise FieldError(f"{path}: has {found} bytes{unpacked}: {wanted}")
    return np.frombuffer(content, dtype).astype(np.float32).reshape(shape)
