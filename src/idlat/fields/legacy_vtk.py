"""Read and write legacy VTK files (``.vtk``) of structured points, binary and ASCII."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from idlat.errors import FieldError, OutputError
from idlat.fields.array_file import ArrayFile
from idlat.fields.formats import stem_of
from idlat.fields.images import Image, parse_ints, parse_text
from idlat.fields.placement import IDENTITY, Placement
from idlat.fields.text_attrs import plain_name

_TYPES = {
    "char": "i1",
    "signed_char": "i1",
    "unsigned_char": "u1",
    "short": "i2",
    "unsigned_short": "u2",
    "int": "i4",
    "unsigned_int": "u4",
    "long": "i8",
    "unsigned_long": "u8",
    "vtktypeint64": "i8",
    "vtktypeuint64": "u8",
    "float": "f4",
    "double": "f8",
}
_NAMES = {
    "i1": "signed_char",
    "u1": "unsigned_char",
    "i2": "short",
    "u2": "unsigned_short",
    "i4": "int",
    "u4": "unsigned_int",
    "i8": "vtktypeint64",
    "u8": "vtktypeuint64",
    "f4": "float",
    "f8": "double",
}
_VECTORS = {"vectors": 3, "normals": 3, "tensors": 9}
_LINE_BYTES = 4096


@dataclass(frozen=True)
class _Array:
    """One array of points or cells: where its values are."""

    name: str
    cells: bool
    components: int
    dtype: np.dtype
    start: int
    stop: int


@dataclass(frozen=True)
class _File:
    """A parsed file: its grid and its arrays."""

    path: Path
    binary: bool
    size: tuple[int, ...]
    placement: Placement
    arrays: tuple[_Array, ...]


def open_legacy_vtk(
    path: Path, variable: str | None, axes: Sequence[str] | None = None, *, lazy: bool = False
) -> xr.DataArray:
    """Open one array of a legacy VTK file as a field.

    Raises
    ------
    FieldError
        If it is no such file, is damaged or cut short, holds another grid than structured points, or has no
        such array.
    """
    from idlat.fields.choosing import choose

    file = _parse(path)
    names = [array.name for array in file.arrays]
    array = file.arrays[names.index(choose(path, variable, names))]
    size = [max(n - 1, 1) if array.cells else n for n in file.size]
    shape: tuple[int, ...] = tuple(reversed(size))
    if array.components > 1:
        shape = (*shape, array.components)
    dims = ("z", "y", "x", "component")[: len(shape)]
    if file.binary:
        values = ArrayFile(path, array.start, shape, array.dtype).checked().data(lazy=lazy)
    else:
        with path.open("rb") as stream:
            stream.seek(array.start)
            values = parse_text(stream.read(array.stop - array.start), shape, array.dtype, path)
    place = file.placement
    if array.cells:
        middle = tuple(o + s / 2 for o, s in zip(place.origin, place.spacing, strict=True))
        place = Placement(middle, place.spacing)
    name = plain_name(array.name, stem_of(path))
    encoding = {"idlat_format": "vtk", "idlat_byte_order": "big"}
    return Image(path, name, xr.Variable(dims, values), place, {}, encoding).to_field(axes)


def legacy_vtk_variables(path: Path) -> list[str]:
    """List the arrays of a legacy VTK file."""
    return [array.name for array in _parse(path).arrays]


class _Lines:
    """A file's header lines, one after another, with the values between them stepped over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[list[str]]:
        while line := self._file.readline(_LINE_BYTES):
            if words := line.decode("latin-1").split():
                yield words

    def text(self) -> str:
        return self._file.readline(_LINE_BYTES).decode("latin-1").strip()

    def skip(self, count: int, dtype: np.dtype, *, binary: bool) -> tuple[int, int]:
        """Step over `count` values; returns where they begin and end."""
        start = self._file.tell()
        if binary:
            stop = start + count * dtype.itemsize
            if stop > self.path.stat().st_size:
                raise FieldError(f"{self.path}: cut short: {stop} bytes are announced")
            self._file.seek(stop)
            return start, stop
        while count > 0:
            line = self._file.readline()
            if not line:
                raise FieldError(f"{self.path}: cut short: {count} values are missing")
            count -= len(line.split())
        return start, self._file.tell()


def _parse(path: Path) -> _File:
    with _Lines(path) as lines:
        if not lines.text().startswith("# vtk DataFile"):
            raise FieldError(f"{path}: no legacy VTK file, or damaged: its first line is no '# vtk DataFile'")
        lines.text()
        mode = lines.text().upper()
        if mode not in ("BINARY", "ASCII"):
            raise FieldError(f"{path}: expected BINARY or ASCII in the third line, found {mode[:20]!r}")
        return _Parser(path, mode == "BINARY", lines).parse()


class _Parser:
    """Walk through a file line by line and note its grid and arrays."""

    def __init__(self, path: Path, binary: bool, lines: _Lines) -> None:
        self.path, self.binary, self.lines = path, binary, lines
        self.size: tuple[int, ...] = ()
        self.grid: dict[str, list[str]] = {}
        self.arrays: list[_Array] = []
        self.tuples, self.cells = 0, False

    def parse(self) -> _File:
        for words in self.lines:
            key = words[0].lower()
            if key == "dataset":
                self._dataset(words)
            elif key == "dimensions":
                self.size = parse_ints(words[1:], "DIMENSIONS", self.path)
            elif key in ("origin", "spacing", "aspect_ratio"):
                self.grid[key] = words[1:]
            elif key in ("point_data", "cell_data"):
                self._section(words)
            elif key == "field":
                self._field(words)
            elif key == "metadata":
                while self.lines.text():
                    pass  # ends with an empty line
            elif key in ("scalars", "color_scalars", *_VECTORS):
                self._attribute(key, words)
            else:
                raise FieldError(f"{self.path}: the part {words[0][:30]!r} of a legacy VTK file is not read")
        if len(self.size) != 3:
            raise FieldError(f"{self.path}: it has no DIMENSIONS of three axes, or is cut short")
        spacing = self.grid.get("spacing") or self.grid.get("aspect_ratio") or ["1", "1", "1"]
        place = Placement.parse(str(self.path), self.grid.get("origin", [0, 0, 0]), spacing)
        return _File(self.path, self.binary, self.size, place, tuple(self.arrays))

    def _dataset(self, words: Sequence[str]) -> None:
        if [word.upper() for word in words[1:]] != ["STRUCTURED_POINTS"]:
            raise FieldError(
                f"{self.path}: holds {' '.join(words)}: only structured points are a field; resample it to "
                "an image first"
            )

    def _section(self, words: Sequence[str]) -> None:
        self.cells = words[0].lower() == "cell_data"
        (self.tuples,) = parse_ints(words[1:2], words[0], self.path)
        size = [max(n - 1, 1) if self.cells else n for n in self.size]
        if self.tuples != math.prod(size):
            raise FieldError(f"{self.path}: {' '.join(words)} disagrees with the grid of {math.prod(size)}")

    def _attribute(self, key: str, words: Sequence[str]) -> None:
        if key == "color_scalars" or len(words) < 3:
            raise FieldError(f"{self.path}: the line {' '.join(words)[:60]!r} is not read")
        components = _VECTORS.get(key, 1)
        if key == "scalars":
            components = parse_ints(words[3:4] or ["1"], "number of components", self.path)[0]
            if self.lines.text().split()[:1] != ["LOOKUP_TABLE"]:
                raise FieldError(f"{self.path}: expected LOOKUP_TABLE after {' '.join(words)[:60]!r}")
        self._add(words[1], words[2], components, self.tuples)

    def _field(self, words: Sequence[str]) -> None:
        """Note the arrays of a FIELD; those that are not of the grid's size are stepped over."""
        (count,) = parse_ints(words[2:3], "number of arrays", self.path, 0)
        lines = iter(self.lines)
        for _ in range(count):
            array = next(lines, [])
            if array[:1] == ["METADATA"]:
                while self.lines.text():
                    pass
                array = next(lines, [])
            if len(array) != 4:
                raise FieldError(f"{self.path}: the line {' '.join(array)[:60]!r} of a FIELD is damaged")
            components, tuples = parse_ints(array[1:3], "FIELD", self.path, 0)
            self._add(array[0], array[3], components, tuples)

    def _add(self, name: str, kind: str, components: int, tuples: int) -> None:
        if kind.lower() not in _TYPES:
            raise FieldError(f"{self.path}: array {name!r} has type {kind!r}, which is not read")
        dtype = np.dtype(_TYPES[kind.lower()])
        dtype = dtype.newbyteorder(">") if self.binary else dtype
        start, stop = self.lines.skip(components * tuples, dtype, binary=self.binary)
        known = [array.name for array in self.arrays]
        if self.tuples and tuples == self.tuples and components > 0 and name not in known:
            self.arrays.append(_Array(name, self.cells, components, dtype, start, stop))


def legacy_vtk_header(template: xr.DataArray, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the header of a field; binary values follow, big-endian as the format has them.

    Raises
    ------
    OutputError
        If the grid is rotated or not evenly spaced, which the format cannot hold.
    """
    place = Placement.of(template, str(path))
    if place.direction != IDENTITY:
        raise OutputError(
            f"{path}: the grid is rotated, which .vtk cannot hold: write .vti, .vtkhdf, NRRD or MetaImage"
        )
    name = re.sub(r"\s+", "_", str(template.name or path.stem))
    components = math.prod(shape[3:])
    kind = _NAMES[dtype.str[1:]]
    if components in (1, 2, 4):
        values = f"SCALARS {name} {kind} {components}\nLOOKUP_TABLE default\n"
    elif components == 3:
        values = f"VECTORS {name} {kind}\n"
    else:
        values = f"FIELD FieldData 1\n{name} {components} {math.prod(shape[:3])} {kind}\n"
    return (
        f"# vtk DataFile Version 3.0\n{name[:200]}\nBINARY\nDATASET STRUCTURED_POINTS\n"
        f"DIMENSIONS {' '.join(str(size) for size in reversed(shape[:3]))}\n"
        f"ORIGIN {' '.join(repr(value) for value in place.origin)}\n"
        f"SPACING {' '.join(repr(value) for value in place.spacing)}\n"
        f"POINT_DATA {math.prod(shape[:3])}\n{values}"
    ).encode()
