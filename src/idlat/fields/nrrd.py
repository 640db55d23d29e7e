"""Read NRRD files (``.nrrd``, and ``.nhdr`` with the values in a file of their own).

Encodings raw, gzip and ascii; axes by their kinds: a vector or colour axis is ``component``, a time axis
``time``, and the others x, y and z, fastest first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.array_file import ArrayFile
from idlat.fields.formats import companion, stem_of
from idlat.fields.images import Image, parse_ints, parse_text, read_header, unpack_time
from idlat.fields.placement import IDENTITY, Placement
from idlat.fields.text_attrs import plain_name, read_value

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
_SPACE_KINDS = frozenset(("domain", "space", "none", "???"))


@dataclass(frozen=True)
class _Header:
    """The fields of a header by lower-case name, its key/value pairs, and where it ends."""

    path: Path
    fields: dict[str, str]
    pairs: dict[str, str]
    end: int

    def words(self, name: str) -> list[str]:
        return self.fields.get(name, "").split()

    def need(self, name: str) -> str:
        if name not in self.fields:
            raise FieldError(f"{self.path}: the NRRD header has no {name!r}, or is cut short")
        return self.fields[name]


def open_nrrd(path: Path, axes: Sequence[str] | None = None, *, lazy: bool = False) -> xr.DataArray:
    """Open a NRRD file as a field.

    Raises
    ------
    FieldError
        If it is none, is damaged or cut short, or of an encoding, type or rank that is not read.
    """
    header = _read(path)
    sizes = parse_ints(header.need("sizes").split(), "sizes", path)
    if len(sizes) != parse_ints([header.need("dimension")], "dimension", path)[0]:
        raise FieldError(
            f"{path}: its dimension {header.fields['dimension']} disagrees with its sizes {sizes}"
        )
    dims = _dims(header, len(sizes))
    shape = tuple(reversed(sizes))
    values, encoding = _values(header, shape, lazy=lazy)
    attrs = {key: read_value(text) for key, text in header.pairs.items() if key != "time"}
    if "sample units" in header.fields:
        attrs["units"] = header.fields["sample units"]
    if "space" in header.fields:
        encoding["idlat_space"] = header.fields["space"]
    named = dict(zip(reversed(dims), shape, strict=True))
    units = _quoted(header.fields.get("space units", "")) or _quoted(header.fields.get("units", ""))
    return Image(
        path,
        plain_name(header.fields.get("content", ""), stem_of(path)),
        xr.Variable(tuple(reversed(dims)), values),
        _placement(header, dims),
        attrs,
        {"idlat_format": "nrrd", **encoding},
        units[dims.index("x")] if "x" in dims and len(units) == len(dims) else next(iter(units), None),
        unpack_time(header.pairs.get("time"), named),
    ).to_field(axes)


def _read(path: Path) -> _Header:
    content = read_header(path)
    if not re.match(rb"NRRD000[1-5]\r?\n", content):
        raise FieldError(f"{path}: no NRRD file, or cut short: it starts with {content[:8]!r}")
    blank = re.search(rb"\r?\n(\r?\n)", content)
    end = blank.end() if blank else len(content)
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for line in content[:end].decode("utf-8", "replace").splitlines()[1:]:
        pair = re.match(r"(.*?):=(.*)", line)
        field = re.match(r"([^:]+): ?(.*)", line)
        if line.startswith("#") or not line.strip():
            continue
        if pair:
            pairs[pair[1]] = pair[2].replace("\\n", "\n")
        elif field:
            fields[field[1].strip().lower()] = field[2].strip()
        else:
            raise FieldError(f"{path}: the line {line[:60]!r} of the NRRD header is damaged")
    for other, name in {"datafile": "data file", "byteskip": "byte skip", "lineskip": "line skip"}.items():
        if other in fields:
            fields[name] = fields.pop(other)
    if "data file" not in fields and not blank:
        raise FieldError(f"{path}: the NRRD header is cut short: no blank line ends it")
    return _Header(path, fields, pairs, end)


def _dims(header: _Header, rank: int) -> list[str]:
    """Name the axes, fastest first."""
    kinds = [kind.lower() for kind in header.words("kinds")] or ["domain"] * rank
    if len(kinds) != rank:
        raise FieldError(f"{header.path}: its kinds {' '.join(kinds)!r} are not one for each of {rank} axes")
    directions = _vectors(header.fields.get("space directions", ""))
    if len(directions) == rank and "kinds" not in header.fields:
        # An axis without a direction is no axis of space: values of a voxel if it is the fastest.
        kinds = ["domain" if v else "vector" if i == 0 else "time" for i, v in enumerate(directions)]
    space = iter(("x", "y", "z", "time"))
    names = {"time": "time"}
    found = [next(space, "extra") if kind in _SPACE_KINDS else names.get(kind, "component") for kind in kinds]
    return [name if found.count(name) == 1 else f"{name}_{i}" for i, name in enumerate(found)]


def _values(header: _Header, shape: tuple[int, ...], *, lazy: bool) -> tuple[Any, dict[str, Any]]:
    """Give the values, and what the field remembers of how they are stored."""
    path, encoding = header.path, header.need("encoding").lower()
    kind = header.need("type").lower()
    if kind not in _DTYPES:
        raise FieldError(f"{path}: NRRD type {kind!r} is not read: expected a number such as float or short")
    order = header.fields.get("endian", "little").lower()
    if order not in ("little", "big"):
        raise FieldError(f"{path}: its endian {order!r} is neither little nor big")
    dtype = np.dtype(_DTYPES[kind]).newbyteorder("<" if order == "little" else ">")
    data, start = path, header.end
    if "data file" in header.fields:
        name = header.fields["data file"]
        if name.split()[:1] == ["LIST"] or "%" in name:
            raise FieldError(f"{path}: values in several files are not read: join them into one first")
        data, start = companion(path, name), 0
    start = _skip(header, data, start, math.prod(shape) * dtype.itemsize, encoding)
    if encoding in ("ascii", "text", "txt"):
        return parse_text(data.read_bytes()[start:], shape, dtype.newbyteorder("="), path), {}
    if encoding not in ("raw", "gzip", "gz"):
        raise FieldError(f"{path}: NRRD encoding {encoding!r} is not read: expected raw, gzip or ascii")
    gzipped = encoding != "raw"
    file = ArrayFile(data, start, shape, dtype, codec="gzip" if gzipped else "").checked()
    return file.data(lazy=lazy), {"idlat_byte_order": order, **({"idlat_gzip": True} if gzipped else {})}


def _skip(header: _Header, data: Path, start: int, size: int, encoding: str) -> int:
    """Find the first byte of the values."""
    lines = parse_ints([header.fields.get("line skip", "0")], "line skip", header.path, 0)[0]
    skip = parse_ints([header.fields.get("byte skip", "0")], "byte skip", header.path, -1)[0]
    if skip == -1 and encoding == "raw":
        return max(0, data.stat().st_size - size)
    if skip and encoding != "raw":
        raise FieldError(f"{header.path}: a byte skip before {encoding} values is not read")
    with data.open("rb") as file:
        file.seek(start)
        for _ in range(min(lines, 2**20)):
            if not file.readline(2**16):
                break
        return file.tell() + skip


def _placement(header: _Header, dims: Sequence[str]) -> Placement:
    """Read origin, spacing and direction from a header's space, or its spacings."""
    where = str(header.path)
    axes = [dims.index(name) for name in ("x", "y", "z") if name in dims]
    vectors = _vectors(header.fields.get("space directions", ""))
    if len(axes) < 3:
        return Placement()
    if len(vectors) == len(dims) and all(vectors[axis] for axis in axes):
        rows = [Placement.parse(where, vectors[axis], (1, 1, 1)).origin for axis in axes]
        spacing = [math.hypot(*row) for row in rows]
        if 0 in spacing or not np.isfinite(spacing).all():
            raise FieldError(f"{where}: a space direction is zero, or too long")
        direction = np.array(rows) / np.array(spacing)[:, None]
        origin = next(iter(_vectors(header.fields.get("space origin", ""))), None) or (0, 0, 0)
        flat = IDENTITY if np.array_equal(direction, np.eye(3)) else direction.reshape(-1).tolist()
        return Placement.parse(where, origin, spacing, flat)
    spacings, mins = header.words("spacings"), header.words("axis mins")
    spacing_words = [spacings[a] if len(spacings) == len(dims) else "1" for a in axes]
    min_words = [mins[a] if len(mins) == len(dims) else "0" for a in axes]
    return Placement.parse(
        where,
        ["0" if word.lower() == "nan" else word for word in min_words],
        ["1" if word.lower() == "nan" else word for word in spacing_words],
    )


def _vectors(text: str) -> list[list[str]]:
    """Read ``(1,0,0) (0,1,0) none``; an empty list stands for none."""
    return [[] if word == "none" else word[1:-1].split(",") for word in re.findall(r"\([^()]*\)|none", text)]


def _quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)
