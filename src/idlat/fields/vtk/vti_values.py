"""Read the values of a VTK XML file: plain or compressed, raw or base64, no more blocks than are needed."""

from __future__ import annotations

import base64
import binascii
import lzma
import math
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.dask_arrays import Readable
from idlat.fields.arrays.lazy_array import LayeredArray
from idlat.fields.images.image_field import parse_text
from idlat.fields.vtk.vti_parse import ArrayPlace, VtiFile

_DTYPES = {
    **{f"Int{8 * size}": f"i{size}" for size in (1, 2, 4, 8)},
    **{f"UInt{8 * size}": f"u{size}" for size in (1, 2, 4, 8)},
    "Float32": "f4",
    "Float64": "f8",
}
_MAX_BLOCKS = 10_000_000


def array_dtype(file: VtiFile, place: ArrayPlace) -> np.dtype:
    """Give an array's stored dtype.

    Raises
    ------
    FieldError
        If VTK's type is no number.
    """
    if place.kind not in _DTYPES:
        raise FieldError(
            f"{file.path}: array {place.name!r} has type {place.kind!r}: expected one such as Float32"
        )
    return np.dtype(file.byte_order + _DTYPES[place.kind])


def read_array(file: VtiFile, place: ArrayPlace, shape: tuple[int, ...]) -> Readable:
    """Give an array as something that reads where it is sliced.

    Raises
    ------
    FieldError
        If the file is too short for it, or its form or compressor is not known.
    """
    dtype = array_dtype(file, place)
    size = math.prod(shape) * dtype.itemsize
    if place.form == "ascii":
        with file.path.open("rb") as stream:
            stream.seek(place.start)
            text = stream.read(place.stop - place.start)
        return parse_text(text, shape, dtype.newbyteorder("="), file.path)
    if place.form not in ("binary", "appended"):
        raise FieldError(f"{file.path}: array {place.name!r} has the unknown format {place.form!r}")
    source = _source(file, place)
    if not file.compressor:
        return _plain(file, place, source, shape, dtype)
    blocks = _blocks(file, source, size)
    return BlockArray(file.path, shape, dtype, blocks)


class _Bytes(Protocol):
    """Bytes at a place."""

    def read(self, start: int, count: int) -> bytes:
        """Give up to `count` bytes from `start`."""


@dataclass(frozen=True)
class _Raw:
    """Bytes of a file from a place on."""

    path: Path
    offset: int

    def read(self, start: int, count: int) -> bytes:
        with self.path.open("rb") as stream:
            stream.seek(self.offset + start)
            return stream.read(count)


@dataclass(frozen=True)
class _Text:
    """Bytes written as base64: the sizes, then the values, encoded apart where they are compressed."""

    path: Path
    text: bytes = field(repr=False)

    def read(self, start: int, count: int) -> bytes:
        first = start // 3 * 4
        part = self.text[first : first + (start % 3 + count + 2) // 3 * 4]
        try:
            return base64.b64decode(part, validate=True)[start % 3 : start % 3 + count]
        except binascii.Error as error:
            raise FieldError(f"{self.path}: its base64 values are damaged or cut short ({error})") from None

    def after(self, count: int) -> _Text:
        """The next base64 text, after `count` bytes."""
        return _Text(self.path, self.text[(count + 2) // 3 * 4 :])


def _source(file: VtiFile, place: ArrayPlace) -> _Raw | _Text:
    if place.form == "appended":
        if not file.appended:
            raise FieldError(f"{file.path}: array {place.name!r} is appended, but no appended data is there")
        if not file.base64:
            return _Raw(file.path, file.appended + place.offset)
        start, count = file.appended + place.offset, -1
    else:
        start, count = place.start, place.stop - place.start
    with file.path.open("rb") as stream:
        stream.seek(start)
        text = stream.read(count)
    return _Text(file.path, b"".join(text.split(b"<", 1)[0].split()))


def _plain(
    file: VtiFile, place: ArrayPlace, source: _Raw | _Text, shape: tuple[int, ...], dtype: np.dtype
) -> Readable:
    """Give values that are not compressed, once the announced size is the right one."""
    size = math.prod(shape) * dtype.itemsize
    head = np.dtype(file.byte_order + file.header)
    announced = source.read(0, head.itemsize)
    found = int(np.frombuffer(announced, head)[0]) if len(announced) == head.itemsize else -1
    if found != size:
        raise FieldError(
            f"{file.path}: array {place.name!r} announces {found} bytes, its extent needs {size}: damaged or "
            "cut short"
        )
    if isinstance(source, _Raw):
        return ArrayFile(file.path, source.offset + head.itemsize, shape, dtype).checked()
    values = source.read(head.itemsize, size)
    if len(values) != size:
        raise FieldError(f"{file.path}: array {place.name!r} is cut short: {len(values)} of {size} bytes")
    return np.frombuffer(values, dtype).reshape(shape)


@dataclass(frozen=True)
class PackedBlocks:
    """A compressed array's blocks.

    Attributes
    ----------
    source
        Where they are.
    compressor
        VTK's class.
    starts
        Where each begins; one more for the end.
    size, last
        Bytes of a block, and of the last one, decompressed.
    """

    source: _Bytes
    compressor: str
    starts: NDArray[np.int64]
    size: int
    last: int

    def read(self, path: Path, start: int, stop: int) -> bytes:
        """Give the decompressed bytes of a range."""
        first, end = start // self.size, -(-stop // self.size)
        parts = [self._block(path, index) for index in range(first, end)]
        return b"".join(parts)[start - first * self.size : stop - first * self.size]

    def _block(self, path: Path, index: int) -> bytes:
        packed = self.source.read(int(self.starts[index]), int(self.starts[index + 1] - self.starts[index]))
        size = self.last if index == len(self.starts) - 2 else self.size
        values = _decompress(path, self.compressor, packed, size)
        if len(values) != size:
            raise FieldError(f"{path}: block {index} holds {len(values)} bytes, expected {size}: damaged")
        return values


def _decompress(path: Path, compressor: str, packed: bytes, size: int) -> bytes:
    try:
        if compressor == "vtkZLibDataCompressor":
            return zlib.decompressobj().decompress(packed, size + 1)
        if compressor == "vtkLZMADataCompressor":
            return lzma.LZMADecompressor().decompress(packed, size + 1)
    except (zlib.error, lzma.LZMAError) as error:
        raise FieldError(f"{path}: a compressed block is damaged or cut short ({error})") from None
    if compressor == "vtkLZ4DataCompressor":
        return _lz4(path, packed, size)
    raise FieldError(f"{path}: the compressor {compressor!r} is not known: expected zlib, LZMA or LZ4")


def _lz4(path: Path, packed: bytes, size: int) -> bytes:
    try:
        from vtkmodules.vtkIOCore import vtkLZ4DataCompressor
    except ImportError:
        raise FieldError(
            f"{path}: is compressed by LZ4, which needs the extra vtk: pip install 'idlat[vtk]', or save it "
            "with another compressor"
        ) from None
    values = np.empty(size, np.uint8)
    decompressor: Any = vtkLZ4DataCompressor()
    decompressor.AddObserver("ErrorEvent", lambda *_: None)  # else VTK prints what is raised here anyway
    done = decompressor.Uncompress(packed, len(packed), values, size)
    return values.tobytes() if done == size else b""


def _blocks(file: VtiFile, source: _Raw | _Text, size: int) -> PackedBlocks:
    """Read the table of a compressed array's blocks: their number, sizes and packed sizes."""
    head = np.dtype(file.byte_order + file.header)
    start = np.frombuffer(source.read(0, 3 * head.itemsize), head, -1).astype(object)
    fault = FieldError(f"{file.path}: the table of compressed blocks is damaged or cut short")
    if len(start) != 3:
        raise fault
    count, block, last = (int(number) for number in start)
    last = last or block
    if not 0 < count <= _MAX_BLOCKS or not 0 < last <= block or (count - 1) * block + last != size:
        raise fault
    packed = np.frombuffer(source.read(3 * head.itemsize, count * head.itemsize), head)
    if len(packed) != count or (packed > 2**48).any():
        raise fault
    table = (3 + count) * head.itemsize
    starts = np.concatenate([[0], np.cumsum(packed.astype(np.int64))])
    values: _Bytes = (
        source.after(table) if isinstance(source, _Text) else _Raw(source.path, source.offset + table)
    )
    if len(values.read(int(starts[-1]) - 1, 1)) != 1:
        raise fault
    return PackedBlocks(values, file.compressor, starts, block, last)


@dataclass(frozen=True)
class BlockArray(LayeredArray):
    """An array in compressed blocks; slicing its first axis decompresses the blocks it needs."""

    path: Path
    shape: tuple[int, ...]
    stored: np.dtype
    blocks: PackedBlocks

    def read_bytes(self, low: int, high: int) -> bytes:
        """Return a range of the bytes of the values."""
        return self.blocks.read(self.path, low, high)
