"""Write formats that are a header, then plain values: block by block."""

from __future__ import annotations

import gzip
import io
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray


class ArraySink:
    """A header, an array and perhaps a footer; the array is filled block by block.

    Parameters
    ----------
    path
        The temporary file to make.
    shape
        The file's array, last axis fastest.
    dtype
        The stored dtype, byte order included.
    header, footer
        What stands before and after the values.
    gzipped
        Whether the values become a gzip stream.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        dtype: np.dtype,
        header: bytes = b"",
        footer: bytes = b"",
        gzipped: bool = False,
    ) -> None:
        self._path, self._shape, self._dtype = path, shape, dtype
        self._header, self._footer, self._gzipped = header, footer, gzipped
        self._file = path.open("xb", buffering=0)
        self._put(0, header)

    def _put(self, offset: int, values: bytes | memoryview) -> None:
        self._file.seek(offset)
        left = memoryview(values)
        while left:
            left = left[self._file.write(left) :]

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block at its place, one contiguous run after another."""
        block = np.ascontiguousarray(block, self._dtype)
        for offset, run in contiguous_runs(self._shape, region, block):
            start = len(self._header) + offset * self._dtype.itemsize
            self._put(start, run.reshape(-1).view(np.uint8).data)

    def close(self) -> None:
        """Finish the file; compress its values where asked."""
        if self._footer:
            size = math.prod(self._shape) * self._dtype.itemsize
            self._put(len(self._header) + size, self._footer)
        self._file.close()
        if not self._gzipped:
            return
        packed = self._path.with_name(self._path.name + ".gz")
        try:
            with self._path.open("rb") as source, packed.open("xb") as target:
                target.write(source.read(len(self._header)))
                # Without a name and a time, equal fields give equal files.
                with gzip.GzipFile("", "wb", 6, target, mtime=0) as stream:
                    shutil.copyfileobj(source, stream, 2**20)
            packed.replace(self._path)
        finally:
            packed.unlink(missing_ok=True)

    def abort(self) -> None:
        """Close the file, which is left unfinished."""
        self._file.close()


def npy_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the header of a ``.npy`` file."""
    header = {"descr": npy_format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    stream = io.BytesIO()
    npy_format.write_array_header_1_0(stream, header)
    return stream.getvalue()


def contiguous_runs(
    shape: tuple[int, ...], region: tuple[slice, ...], block: NDArray[Any]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Cut a block into the runs that lie together in the whole array.

    Parameters
    ----------
    shape
        The whole array, last axis fastest.
    region
        Where the block lies.
    block
        Its values.

    Yields
    ------
    int, ndarray
        The first element's index in the flattened array, and the run's values.

    Examples
    --------
    >>> region = (slice(1, 3), slice(2, 4))
    >>> [(start, run.tolist()) for start, run in contiguous_runs((3, 4), region, np.eye(2))]
    [(6, [1.0, 0.0]), (10, [0.0, 1.0])]
    """
    whole = len(shape)
    while whole > 0 and block.shape[whole - 1] == shape[whole - 1]:
        whole -= 1
    lead = max(whole - 1, 0)
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    base = sum(part.start * stride for part, stride in zip(region, strides, strict=True))
    for index in np.ndindex(*block.shape[:lead]):
        yield base + sum(i * stride for i, stride in zip(index, strides, strict=False)), block[(*index, ...)]
