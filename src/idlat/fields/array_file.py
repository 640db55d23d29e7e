"""An array stored plainly in a file, memory-mapped or read in parts on demand."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.lazily import slab_chunks, to_dask

_READ_BYTES = 2**20
_BEST_RATIO = 1032  # deflate packs no byte better than so


@dataclass(frozen=True)
class ArrayFile:
    """An array stored plainly in a file, read in parts as it is indexed.

    Attributes
    ----------
    path : Path
    offset : int
        Where the first value, or the compressed stream, stands, in bytes.
    shape : tuple of int
    stored : numpy.dtype
        The dtype in the file, byte order included.
    order : {"C", "F"}
        Whether the last or the first axis runs fastest.
    compressed : bool
        Whether the values are a gzip or zlib stream, and so read whole.
    content : bytes, optional
        What a compressed stream holds, where it has been read already.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    stored: np.dtype
    order: Literal["C", "F"] = "C"
    compressed: bool = False
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def dtype(self) -> np.dtype:
        """The dtype in memory: the stored one in the machine's byte order."""
        return self.stored.newbyteorder("=")

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """The size of the values."""
        return math.prod(self.shape) * self.stored.itemsize

    def checked(self) -> ArrayFile:
        """Return this array once the file is known to be long enough for it.

        Raises
        ------
        FieldError
            If it is cut short.
        """
        found = self.path.stat().st_size - self.offset
        if self.compressed:
            found *= _BEST_RATIO
        if found < self.nbytes:
            raise FieldError(
                f"{self.path}: cut short: its header announces {shape_text(self.shape)} {self.stored.name} = "
                f"{self.nbytes} bytes of values, {'at most ' if self.compressed else ''}{max(found, 0)} are "
                "there"
            )
        return self

    def array(self) -> NDArray[Any]:
        """Map the file, or read it whole where it is compressed."""
        if not self.compressed:
            return np.memmap(self.path, self.stored, "r", self.offset, self.shape, self.order)
        content = inflate(self.path, self.offset, self.nbytes) if self.content is None else self.content
        return np.frombuffer(content, self.stored).reshape(self.shape, order=self.order)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part, in the machine's byte order."""
        part = np.asarray(self.array()[key])
        return part.astype(self.dtype, copy=not self.compressed)

    def data(self, *, lazy: bool = False) -> Any:
        """Give the values: mapped, or through dask where `lazy` or the byte order is foreign."""
        if not lazy and self.stored == self.dtype:
            return self.array()
        chunks = self.shape if self.compressed else slab_chunks(self.shape, self.stored.itemsize)
        stat = self.path.stat()
        name = f"{self.path.name}-{stat.st_ino}-{stat.st_mtime_ns}-{self.offset}-{self.stored.str}"
        return to_dask(replace(self, content=None), chunks, f"{name}-{self.order}-{self.shape}")

    def variable(self, dims: tuple[str, ...], *, lazy: bool = False) -> xr.Variable:
        """Name the axes of the values."""
        return xr.Variable(dims, self.data(lazy=lazy))


def inflate(path: Path, offset: int = 0, expected: int | None = None) -> bytes:
    """Decompress the gzip or zlib stream at an offset of a file.

    Parameters
    ----------
    path : Path
    offset : int
    expected : int, optional
        How many bytes it must hold; nothing beyond is decompressed.

    Raises
    ------
    FieldError
        If the stream is damaged, cut short, or of another length.
    """
    content = bytearray()
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while (packed := file.read(_READ_BYTES)) and (expected is None or len(content) <= expected):
                while packed:
                    if stream.eof:  # another member of the same gzip file, or padding
                        if not (packed := packed.lstrip(b"\0")):
                            break
                        stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
                    limit = 0 if expected is None else expected + 1 - len(content)
                    content += stream.decompress(packed, limit)
                    packed = stream.unused_data or stream.unconsumed_tail
                    if expected is not None and len(content) > expected:
                        break
    except zlib.error as error:
        raise FieldError(f"{path}: the gzip stream is damaged or cut short ({error})") from None
    if expected is not None and len(content) > expected:
        raise FieldError(f"{path}: its header announces {expected} bytes of values, the stream holds more")
    if not stream.eof or (expected is not None and len(content) < expected):
        raise FieldError(
            f"{path}: the gzip stream is damaged or cut short (it ends after {len(content)} bytes of values)"
        )
    return bytes(content)


def shape_text(shape: Sequence[int]) -> str:
    """Write a shape.

    Examples
    --------
    >>> shape_text((3, 4, 5))
    '3×4×5'
    """
    return "×".join(map(str, shape)) or "scalar"
