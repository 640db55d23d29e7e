"""Find the grid and the arrays of a legacy VTK file: structured points, or a rectilinear grid."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.images.image_field import middles, parse_ints, parse_text

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
_VECTORS = {"vectors": 3, "normals": 3, "tensors": 9}
_LINE_BYTES = 4096


@dataclass(frozen=True)
class LegacyArray:
    """One array of points or cells: where its values are."""

    name: str
    cells: bool
    components: int
    dtype: np.dtype
    start: int
    stop: int


@dataclass(frozen=True)
class LegacyFile:
    """A parsed file: its grid and its arrays."""

    path: Path
    binary: bool
    size: tuple[int, ...]
    placement: Placement
    arrays: tuple[LegacyArray, ...]
    coordinates: dict[str, LegacyArray]

    def read(self, array: LegacyArray, shape: tuple[int, ...], *, lazy: bool) -> Any:
        """Give the values of an array."""
        if self.binary:
            return ArrayFile(self.path, array.start, shape, array.dtype).checked().data(lazy=lazy)
        with self.path.open("rb") as stream:
            stream.seek(array.start)
            text = stream.read(array.stop - array.start)
        return parse_text(text, shape, array.dtype, self.path)

    def positions(self, *, cells: bool) -> dict[str, NDArray[Any]]:
        """Give the coordinates of a rectilinear grid, of its points or the middles of its cells."""
        found = {}
        for dim, count in zip("xyz", self.size, strict=True):
            if dim not in self.coordinates:
                continue
            points = np.asarray(self.read(self.coordinates[dim], (count,), lazy=False))
            if not np.isfinite(points).all():
                raise FieldError(f"{self.path}: its coordinates along {dim} are damaged: not finite")
            found[dim] = middles(points) if cells else points
        return found


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


def parse_legacy_vtk(path: Path) -> LegacyFile:
    """Find the grid and the arrays of a file without reading their values.

    Raises
    ------
    FieldError
        If it is no such file, is damaged or cut short, or holds another grid.
    """
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
        self.arrays: list[LegacyArray] = []
        self.coordinates: dict[str, LegacyArray] = {}
        self.tuples, self.cells, self.rectilinear = 0, False, False

    def parse(self) -> LegacyFile:
        for words in self.lines:
            key = words[0].lower()
            if key in ("dataset", "dimensions", "origin", "spacing", "aspect_ratio"):
                self._grid(key, words)
            elif key in ("x_coordinates", "y_coordinates", "z_coordinates"):
                self._coordinates(key[0], words)
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
        if self.rectilinear != (len(self.coordinates) == 3):
            raise FieldError(f"{self.path}: it has no coordinates along x, y and z, or is cut short")
        return LegacyFile(self.path, self.binary, self.size, place, tuple(self.arrays), self.coordinates)

    def _grid(self, key: str, words: Sequence[str]) -> None:
        if key == "dataset":
            self._dataset(words)
        elif key == "dimensions":
            self.size = parse_ints(words[1:], "DIMENSIONS", self.path)
        else:
            self.grid[key] = list(words[1:])

    def _dataset(self, words: Sequence[str]) -> None:
        self.rectilinear = [word.upper() for word in words[1:]] == ["RECTILINEAR_GRID"]
        if not self.rectilinear and [word.upper() for word in words[1:]] != ["STRUCTURED_POINTS"]:
            raise FieldError(
                f"{self.path}: holds {' '.join(words)}: only structured points and rectilinear grids are "
                "fields; resample it to an image first"
            )

    def _coordinates(self, dim: str, words: Sequence[str]) -> None:
        """Note where the coordinates along an axis are."""
        (count,) = parse_ints(words[1:2], words[0], self.path)
        if len(self.size) != 3 or count != self.size["xyz".index(dim)]:
            raise FieldError(f"{self.path}: {' '.join(words)[:60]!r} disagrees with its DIMENSIONS")
        dtype = self._dtype(dim, words[2] if len(words) > 2 else "")
        start, stop = self.lines.skip(count, dtype, binary=self.binary)
        self.coordinates[dim] = LegacyArray(dim, False, 1, dtype, start, stop)

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
        dtype = self._dtype(name, kind)
        start, stop = self.lines.skip(components * tuples, dtype, binary=self.binary)
        known = [array.name for array in self.arrays]
        if self.tuples and tuples == self.tuples and components > 0 and name not in known:
            self.arrays.append(LegacyArray(name, self.cells, components, dtype, start, stop))

    def _dtype(self, name: str, kind: str) -> np.dtype:
        if kind.lower() not in _TYPES:
            raise FieldError(f"{self.path}: array {name!r} has type {kind!r}, which is not read")
        dtype = np.dtype(_TYPES[kind.lower()])
        return dtype.newbyteorder(">") if self.binary else dtype
