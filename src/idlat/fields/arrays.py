"""Read ``.npy`` and raw files: memory-mapped, or read in parts on demand."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.lib import format as npy_format
from numpy.typing import DTypeLike, NDArray

from idlat.errors import FieldError
from idlat.fields.formats import check_dtype, format_of, stem_of
from idlat.fields.layout import DIMS

_SLAB_BYTES = 32 * 2**20


@dataclass(frozen=True)
class ArrayFile:
    """An array stored plainly in a file, read in parts as it is indexed.

    Attributes
    ----------
    path : Path
    offset : int
        Where the first value stands, in bytes.
    shape : tuple of int
    stored : numpy.dtype
        The dtype in the file, byte order included.
    order : {"C", "F"}
        Whether the last or the first axis runs fastest.
    content : bytes, optional
        What a gzipped file holds, where it has been read already.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    stored: np.dtype
    order: Literal["C", "F"] = "C"
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
    def compressed(self) -> bool:
        """Whether the file is gzipped and so read whole."""
        return self.path.suffix.lower() == ".gz"

    def array(self) -> NDArray[Any]:
        """Map the file, or read it whole where it is compressed."""
        if not self.compressed:
            return np.memmap(self.path, self.stored, "r", self.offset, self.shape, self.order)
        content = _gunzip(self.path) if self.content is None else self.content
        return np.frombuffer(content, self.stored).reshape(self.shape, order=self.order)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part, in the machine's byte order."""
        part = np.asarray(self.array()[key])
        return part.astype(self.dtype, copy=not self.compressed)

    def to_dask(self) -> Any:
        """Wrap the file as a dask array of slabs along z (one chunk where compressed)."""
        import dask.array

        chunks: list[int] = list(self.shape)
        if not self.compressed:
            chunks[:-3] = [1] * (self.ndim - 3)
            layer = math.prod(self.shape[-2:]) * self.stored.itemsize
            chunks[-3] = max(1, min(self.shape[-3], _SLAB_BYTES // layer))
        stat = self.path.stat()
        name = f"{stem_of(self.path)}-{stat.st_ino}-{stat.st_mtime_ns}-{self.stored.str}-{self.shape}"
        return dask.array.from_array(self, chunks=tuple(chunks), name=name, asarray=False)


def _gunzip(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FieldError(f"{path}: the gzip stream is damaged or cut short ({error})") from None


def open_npy(path: Path) -> ArrayFile:
    """Read the header of a ``.npy`` file and check its length.

    Raises
    ------
    FieldError
        If it is no ``.npy`` file, is cut short, or holds a dtype or rank that is no field's.
    """
    try:
        with path.open("rb") as file:
            version = npy_format.read_magic(file)
            if version == (1, 0):
                shape, fortran, dtype = npy_format.read_array_header_1_0(file)
            else:
                shape, fortran, dtype = npy_format.read_array_header_2_0(file)
            offset = file.tell()
    except (ValueError, EOFError, SyntaxError, UnicodeDecodeError) as error:
        raise FieldError(f"{path}: no .npy file, or its header is damaged or cut short ({error})") from None
    check_dtype(dtype, str(path))
    _check_rank(path, shape)
    found, expected = path.stat().st_size - offset, math.prod(shape) * dtype.itemsize
    if found < expected:
        raise FieldError(
            f"{path}: cut short: its header announces {_text(shape)} {dtype} = {expected} bytes of values, "
            f"{found} are there"
        )
    return ArrayFile(path, offset, shape, dtype, "F" if fortran else "C")


def open_raw(
    path: Path,
    shape: Sequence[int] | None,
    dtype: DTypeLike | None,
    byte_order: str = "little",
) -> ArrayFile:
    """Describe a headerless file of numbers and check its length.

    Parameters
    ----------
    path : Path
        The file; a name that ends in ``.gz`` is decompressed.
    shape : sequence of int
        ``(z, y, x)`` or ``(time, z, y, x)``; x runs fastest.
    dtype : dtype
        For instance ``"float32"``.
    byte_order : {"little", "big"}
        Ignored where `dtype` itself names one, as ``">f4"`` does.

    Raises
    ------
    FieldError
        If `shape` or `dtype` is missing or wrong, or the file is of another size.
    """
    if shape is None or dtype is None:
        missing = " and ".join(
            [
                *(["--shape z,y,x"] if shape is None else []),
                *(["--dtype, such as float32"] if dtype is None else []),
            ]
        )
        raise FieldError(f"{path}: a raw file says nothing about its content: pass {missing}")
    shape = tuple(int(size) for size in shape)
    _check_rank(path, shape)
    stored = _stored_dtype(dtype, byte_order)
    check_dtype(stored, str(path))
    file = ArrayFile(path, 0, shape, stored)
    if file.compressed:
        file = replace(file, content=_gunzip(path))
    found = path.stat().st_size if file.content is None else len(file.content)
    expected = math.prod(shape) * stored.itemsize
    if found != expected:
        raise FieldError(
            f"{path}: expected {expected} bytes for {_text(shape)} {stored.name}, found {found}"
            f"{_hint(found, shape, stored)}"
        )
    return file


def _stored_dtype(dtype: DTypeLike, byte_order: str) -> np.dtype:
    if byte_order not in ("little", "big"):
        raise FieldError(f"byte order {byte_order!r}: expected little or big")
    try:
        stored = np.dtype(dtype)
    except (TypeError, ValueError):
        raise FieldError(
            f"dtype {dtype!r} is unknown: expected one such as float32, uint8 or int16"
        ) from None
    explicit = isinstance(dtype, str) and dtype[:1] in "<>"
    return stored if explicit else stored.newbyteorder("<" if byte_order == "little" else ">")


def _check_rank(path: Path, shape: Sequence[int]) -> None:
    if len(shape) not in (3, 4):
        raise FieldError(
            f"{path}: rank {len(shape)}, shape {_text(shape)}: expected (z, y, x) or (time, z, y, x)"
        )
    if min(shape) < 1:
        raise FieldError(f"{path}: shape {_text(shape)}: every axis needs at least one voxel")


def _hint(found: int, shape: Sequence[int], stored: np.dtype) -> str:
    voxels = math.prod(shape)
    others = [
        name
        for name in ("uint8", "uint16", "float32", "float64")
        if np.dtype(name).itemsize * voxels == found
    ]
    if others:
        return f"; is its dtype {' or '.join(others)}?"
    steps, rest = divmod(found, voxels * stored.itemsize)
    if rest == 0 and steps > 1 and len(shape) == 3:
        return f"; {steps} time steps? then --shape {steps},{','.join(map(str, shape))}"
    return "; check --shape and --dtype, or whether the file has a header or is cut short"


def _text(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "scalar"


def array_field(file: ArrayFile, *, lazy: bool = False) -> xr.DataArray:
    """Make a field of an array file: mapped, or through dask where `lazy` or the byte order is foreign."""
    foreign = file.stored != file.dtype
    data = replace(file, content=None).to_dask() if lazy or foreign else file.array()
    result = xr.DataArray(data, dims=DIMS[-file.ndim :], name=stem_of(file.path))
    result.encoding = {
        "idlat_format": format_of(file.path),
        "idlat_byte_order": "big" if _is_big(file.stored) else "little",
        "idlat_dims": list(map(str, result.dims)),
    }
    return result


def _is_big(dtype: np.dtype) -> bool:
    return dtype.str[0] == ">"


__all__ = ["ArrayFile", "array_field", "open_npy", "open_raw"]
