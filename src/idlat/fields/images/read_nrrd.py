"""Read NRRD files (``.nrrd``, and ``.nhdr`` with the values in one or more files of their own).

The header is parsed by hand: pynrrd fails on damaged ones without saying what is wrong, and reads a file in
which no header ends to its last byte.

Axes by their kinds: a vector or colour axis is ``component``, a time axis ``time``, the others x, y and z,
fastest first, then time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from idlat.errors import FieldError
from idlat.fields.files.file_checks import stem_of
from idlat.fields.images.image_field import Image, parse_ints, read_header, unpack_time
from idlat.fields.images.nrrd_geometry import grid_place, grid_times, vectors
from idlat.fields.images.nrrd_values import Values
from idlat.fields.metadata.header_attributes import plain_name, read_value

_SPACE_KINDS = frozenset(("domain", "space", "none", "???"))


@dataclass(frozen=True)
class _Header:
    """The fields of a header by lower-case name, its key/value pairs, its list of files, where it ends."""

    path: Path
    fields: dict[str, str]
    pairs: dict[str, str]
    listed: list[str]
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
    stored = Values.of(path, header.end, header.fields, header.listed)
    encoding = stored.memory()
    attrs = {key: read_value(text) for key, text in header.pairs.items() if key != "time"}
    if "sample units" in header.fields:
        attrs["units"] = header.fields["sample units"]
    if "space" in header.fields:
        encoding["idlat_space"] = header.fields["space"]
    times = unpack_time(header.pairs.get("time"), dict(zip(dims, sizes, strict=True)))
    units = _quoted(header.fields.get("space units", "")) or _quoted(header.fields.get("units", ""))
    return Image(
        path,
        plain_name(header.fields.get("content", ""), stem_of(path)),
        xr.Variable(tuple(reversed(dims)), stored.read(shape, lazy=lazy)),
        grid_place(header.fields, dims, sizes, str(path)),
        attrs,
        {"idlat_format": "nrrd", **encoding},
        units[dims.index("x")] if "x" in dims and len(units) == len(dims) else next(iter(units), None),
        grid_times(header.fields, dims, sizes, str(path)) if times is None else times,
    ).to_field(axes)


def _read(path: Path) -> _Header:
    content = read_header(path)
    if not re.match(rb"NRRD000[1-5]\r?\n", content):
        raise FieldError(f"{path}: no NRRD file, or cut short: it starts with {content[:8]!r}")
    blank = re.search(rb"\r?\n(\r?\n)", content)
    end = blank.end() if blank else len(content)
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    lines = iter(content[:end].decode("utf-8", "replace").splitlines()[1:])
    listed: list[str] = []
    for line in lines:
        pair = re.match(r"(.*?):=(.*)", line)
        field = re.match(r"([^:]+): ?(.*)", line)
        if line.startswith("#") or not line.strip():
            continue
        if pair:
            pairs[pair[1]] = pair[2].replace("\\n", "\n")
        elif field:
            fields[field[1].strip().lower()] = field[2].strip()
            if re.fullmatch(r"data ?file: ?LIST( +[0-9]+)?\s*", line, re.IGNORECASE):
                listed = list(lines)  # to the end of the file
        else:
            raise FieldError(f"{path}: the line {line[:60]!r} of the NRRD header is damaged")
    for other, name in {"datafile": "data file", "byteskip": "byte skip", "lineskip": "line skip"}.items():
        if other in fields:
            fields[name] = fields.pop(other)
    if "data file" not in fields and not blank:
        raise FieldError(f"{path}: the NRRD header is cut short: no blank line ends it")
    return _Header(path, fields, pairs, listed, end)


def _dims(header: _Header, rank: int) -> list[str]:
    """Name the axes, fastest first."""
    kinds = [kind.lower() for kind in header.words("kinds")] or ["domain"] * rank
    if len(kinds) != rank:
        raise FieldError(f"{header.path}: its kinds {' '.join(kinds)!r} are not one for each of {rank} axes")
    directions = vectors(header.fields.get("space directions", ""))
    if len(directions) == rank and "kinds" not in header.fields:
        # An axis without a direction is no axis of space: values of a voxel if it is the fastest.
        kinds = ["domain" if v else "vector" if i == 0 else "time" for i, v in enumerate(directions)]
    space = iter(("x", "y", "z", "time"))
    names = {"time": "time"}
    found = [next(space, "extra") if kind in _SPACE_KINDS else names.get(kind, "component") for kind in kinds]
    return [name if found.count(name) == 1 else f"{name}_{i}" for i, name in enumerate(found)]


def _quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)
