"""The values of a NRRD file: in it or in others, plain or in any of its encodings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.compressed_streams import Codec
from idlat.fields.files.file_checks import data_file_named
from idlat.fields.images.image_field import parse_ints, parse_text
from idlat.fields.images.split_data_files import joined_files, named_files

_TYPES = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
_DTYPES = {name: code for code, names in _TYPES.items() for name in names.split("|")}
_CODECS: dict[str, Codec] = {
    "raw": "",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
    "hex": "hex",
}
_TEXTS = ("ascii", "text", "txt")


@dataclass(frozen=True)
class Values:
    """How a header says that the values are stored.

    Attributes
    ----------
    path
        The header.
    end
        Where it ends.
    dtype
    encoding
    lines, skip
        What stands before the values: lines of the file, then bytes; −1 for all but the values.
    data_file
        What it says of other files, or nothing.
    listed
        The lines after that.
    """

    path: Path
    end: int
    dtype: np.dtype
    encoding: str
    lines: int
    skip: int
    data_file: str
    listed: Sequence[str]

    @classmethod
    def of(cls, path: Path, end: int, fields: Mapping[str, str], listed: Sequence[str]) -> Values:
        """Read the fields of a header.

        Raises
        ------
        FieldError
            If one is missing or unknown.
        """
        for name in ("type", "encoding"):
            if name not in fields:
                raise FieldError(f"{path}: the NRRD header has no {name!r}, or is cut short")
        kind, encoding = fields["type"].lower(), fields["encoding"].lower()
        if kind not in _DTYPES:
            raise FieldError(
                f"{path}: NRRD type {kind!r} is not read: expected a number such as float or short"
            )
        if encoding not in _CODECS and encoding not in _TEXTS:
            raise FieldError(
                f"{path}: NRRD encoding {encoding!r} is not read: expected raw, gzip, bzip2, hex or ascii"
            )
        order = fields.get("endian", "little").lower()
        if order not in ("little", "big"):
            raise FieldError(f"{path}: its endian {order!r} is neither little nor big")
        dtype = np.dtype(_DTYPES[kind]).newbyteorder("<" if order == "little" else ">")
        lines = parse_ints([fields.get("line skip", "0")], "line skip", path, 0)[0]
        skip = parse_ints([fields.get("byte skip", "0")], "byte skip", path, -1)[0]
        if (skip and encoding in _TEXTS) or (skip < 0 and encoding != "raw"):
            raise FieldError(f"{path}: a byte skip of {skip} before {encoding} values is not read")
        return cls(path, end, dtype, encoding, lines, skip, fields.get("data file", ""), listed)

    def memory(self) -> dict[str, Any]:
        """Give what the field remembers of how its values were stored."""
        if self.encoding in _TEXTS:
            return {}
        order = "big" if self.dtype.str[0] == ">" else "little"
        gzipped = {"idlat_gzip": True} if _CODECS[self.encoding] == "gzip" else {}
        return {"idlat_byte_order": order, **gzipped}

    def read(self, shape: tuple[int, ...], *, lazy: bool) -> Any:
        """Give the values, lazily where they can be.

        Raises
        ------
        FieldError
            If a file is absent or cut short, or its values are damaged.
        """
        if not self.data_file:
            return self._shown(self._open(self.path, self.end, shape), lazy=lazy)
        files = named_files(self.path, self.data_file, self.listed)
        if files is None:
            return self._shown(self._open(data_file_named(self.path, self.data_file), 0, shape), lazy=lazy)
        memory = self.dtype.newbyteorder("=")
        return joined_files(self.path, files, shape, memory, lambda file, part: self._open(file, 0, part))

    def _shown(self, source: ArrayFile | NDArray[Any], *, lazy: bool) -> Any:
        return source.data(lazy=lazy) if isinstance(source, ArrayFile) else source

    def _open(self, data: Path, start: int, shape: tuple[int, ...]) -> ArrayFile | NDArray[Any]:
        """Describe the values of one file, which begin after `start` bytes of header."""
        if self.skip == -1:
            start = max(0, data.stat().st_size - math.prod(shape) * self.dtype.itemsize)
            return ArrayFile(data, start, shape, self.dtype).checked()
        start = self._after_lines(data, start)
        if self.encoding in _TEXTS:
            return parse_text(data.read_bytes()[start:], shape, self.dtype.newbyteorder("="), data)
        codec = _CODECS[self.encoding]
        if not codec:
            return ArrayFile(data, start + self.skip, shape, self.dtype).checked()
        # of what is packed, bytes are left out once it is unpacked
        return ArrayFile(data, start, shape, self.dtype, codec=codec, skip=self.skip).checked()

    def _after_lines(self, data: Path, start: int) -> int:
        with data.open("rb") as file:
            file.seek(start)
            for _ in range(min(self.lines, 2**20)):
                if not file.readline(2**16):
                    break
            return file.tell()
