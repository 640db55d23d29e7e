"""Files of Fortran records (``form='unformatted'``): each record between two marks that say its bytes.

Marks have 4 or 8 bytes, in the byte order of the values. A record beyond 2 GiB is cut into several, whose
marks are negative where another part follows or precedes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import shape_text
from idlat.fields.arrays.dask_arrays import to_dask
from idlat.fields.arrays.lazy_array import LayeredArray
from idlat.plainfiles import FileState

_MAX_RECORDS = 10_000_000


@dataclass(frozen=True)
class Records:
    """The records of a file.

    Attributes
    ----------
    path
    order
        One of "<", ">".
        The byte order of marks and values.
    starts, sizes
        Where the bytes of each record begin, and how many they are.
    """

    path: Path
    order: Literal["<", ">"]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return int(self.sizes.sum())


@dataclass(frozen=True)
class RecordArray(LayeredArray):
    """Records as one array, read in parts as it is sliced.

    Attributes
    ----------
    records
    shape
    stored
        The dtype in the file.
    state
        Of the file when it was opened.
    """

    records: Records
    shape: tuple[int, ...]
    stored: np.dtype
    state: FileState = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", FileState.of(self.path))

    @property
    def path(self) -> Path:
        """The file."""
        return self.records.path

    def checked(self) -> RecordArray:
        """Return this array once its records are known to hold it.

        Raises
        ------
        FieldError
            If they hold another number of bytes.
        """
        expected = math.prod(self.shape) * self.stored.itemsize
        if self.records.size != expected:
            raise FieldError(
                f"{self.path}: expected {expected} bytes for {shape_text(self.shape)} {self.stored.name}, "
                f"its {len(self.records.sizes)} Fortran records hold {self.records.size}; check --shape and "
                "--dtype, or leave out records before the values with --offset BYTES"
            )
        return self

    def read_bytes(self, low: int, high: int) -> bytes:
        """Return a range of the bytes of the values, across the marks."""
        sizes = self.records.sizes
        ends = np.cumsum(sizes)
        first, last = np.searchsorted(ends, [low, max(high - 1, low)], "right")
        parts = []
        with self.state.opened() as file:
            for index in range(int(first), int(last) + 1):
                begin = int(ends[index] - sizes[index])
                a, b = max(low, begin), min(high, int(ends[index]))
                file.seek(int(self.records.starts[index]) + a - begin)
                parts.append(file.read(b - a))
        content = b"".join(parts)
        if len(content) != high - low:
            raise FieldError(f"{self.path}: was cut short while it was read")
        return content

    def data(self, *, lazy: bool = False) -> Any:
        """Give the values, read through dask where they are needed."""
        return to_dask(self)


def find_records(path: Path, offset: int = 0) -> Records | None:
    """Find the records of a file from an offset on; None where the marks there are none."""
    end = path.stat().st_size
    for mark in ("<i4", ">i4", "<i8", ">i8"):
        places = _walk(path, offset, end, np.dtype(mark))
        if places is not None:
            return Records(path, "<" if mark[0] == "<" else ">", *places)
    return None


def _walk(
    path: Path, offset: int, end: int, mark: np.dtype
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Go from mark to mark, to the end of the file."""
    starts: list[int] = []
    sizes: list[int] = []
    at = offset
    with path.open("rb") as file:
        while at < end and len(starts) < _MAX_RECORDS:
            file.seek(at)
            size = _mark(file.read(mark.itemsize), mark)
            if size is None or at + size + 2 * mark.itemsize > end:
                return None
            file.seek(at + mark.itemsize + size)
            if _mark(file.read(mark.itemsize), mark) != size:
                return None
            starts.append(at + mark.itemsize)
            sizes.append(size)
            at += size + 2 * mark.itemsize
    if at != end or not starts:
        return None
    return np.array(starts, np.int64), np.array(sizes, np.int64)


def _mark(content: bytes, mark: np.dtype) -> int | None:
    return abs(int(np.frombuffer(content, mark)[0])) if len(content) == mark.itemsize else None
