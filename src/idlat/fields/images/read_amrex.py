"""Read the coarsest level of AMReX plotfiles (folders such as ``plt00100``), as Nyx, Castro and others write.

A plotfile is a ``Header``, and for each level a ``Cell_H`` that lists boxes and the places of their values in
files ``Cell_D_…``: a line of text, then each component's values, x fastest.

Read by hand: yt reads them too, with more dependencies than all of idlat's formats together.
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
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.dask_arrays import to_dask
from idlat.fields.arrays.lazy_array import LazyArray
from idlat.fields.arrays.tiled_array import ArrayTile, TiledArray, covers
from idlat.fields.files.file_checks import data_file_named
from idlat.fields.files.select_variable import choose
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.images.image_field import Image, parse_ints

_BOX = re.compile(r"\(\((-?\d+),(-?\d+),(-?\d+)\) \((-?\d+),(-?\d+),(-?\d+)\) \(\d+,\d+,\d+\)\)")
_FAB = re.compile(rb"FAB \(\((\d+), \([\d ]+\)\),\((\d+), \(([\d ]+)\)\)\)(\(\(.*?\)\)) (\d+)\n")
_MAX_NAMES = 10_000
_MAX_BOXES = 1_000_000

Corner = tuple[int, ...]


@dataclass(frozen=True)
class _Header:
    """What the Header says of the coarsest level; triples are x, y, z."""

    names: tuple[str, ...]
    time: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    domain: tuple[Corner, Corner]
    spacing: tuple[float, ...]
    cells: str


def open_amrex(path: Path, variable: str | None, axes: Sequence[str] | None = None) -> xr.DataArray:
    """Open one component of a plotfile's coarsest level as a field; its boxes are read where they are needed.

    Raises
    ------
    FieldError
        If the folder is no three-dimensional plotfile, is damaged or cut short, or has no such component.
    """
    header = _read_header(path)
    name = choose(path, variable, header.names)
    tiles = _tiles(path, header, header.names.index(name))
    low, high = header.domain
    shape = tuple(b - a + 1 for a, b in zip(reversed(low), reversed(high), strict=True))
    if not covers(shape, [(tile.start, tile.stop) for tile in tiles]):
        raise FieldError(f"{path}: the boxes of level 0 do not cover its domain {low} to {high}")
    dtype = tiles[0].values.dtype
    values = to_dask(TiledArray(shape, dtype, tiles))
    origin = [a + s / 2 for a, s in zip(header.low, header.spacing, strict=True)]
    return Image(
        path,
        name,
        xr.Variable(("z", "y", "x"), values),
        Placement.parse(str(path), origin, header.spacing),
        {},
        {"idlat_format": "amrex"},
        time=xr.Variable((), header.time),
    ).to_field(axes)


def amrex_variables(path: Path) -> list[str]:
    """List the components of a plotfile."""
    return list(_read_header(path).names)


class _Lines:
    """Lines of a text file, each of which must be there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._lines = iter(_decoded(path.read_bytes()).splitlines())
        except OSError as error:
            raise FieldError(f"{path}: cannot be read as an AMReX header ({error})") from None

    def next(self) -> str:
        line = next(self._lines, None)
        if line is None:
            raise FieldError(f"{self._path}: cut short")
        return line.strip()

    def number(self, most: int = 2**40) -> int:
        (number,) = parse_ints([self.next()], "header", self._path, 0)
        if number > most:
            raise FieldError(f"{self._path}: announces {number} entries: damaged")
        return number

    def floats(self, count: int) -> tuple[float, ...]:
        line = self.next()
        try:
            numbers = tuple(float(word) for word in line.split())
        except ValueError:
            numbers = ()
        if len(numbers) < count or not np.isfinite(numbers).all():
            raise FieldError(f"{self._path}: the line {line[:60]!r} is damaged: expected {count} numbers")
        return numbers[:count]


def _decoded(content: bytes) -> str:
    """Read names in UTF-8, or else in Latin-1, as older programs write them."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _read_header(path: Path) -> _Header:
    """Read the parts of the Header that concern level 0."""
    lines = _Lines(path / "Header")
    if not re.match(r"(HyperCLaw|NavierStokes|CartGrid)-V", version := lines.next()):
        raise FieldError(f"{path}: no AMReX plotfile: its Header begins with {version[:40]!r}")
    names = tuple(lines.next() for _ in range(lines.number(_MAX_NAMES)))
    if (rank := lines.number()) != 3:
        raise FieldError(f"{path}: the plotfile has {rank} dimensions: expected 3")
    (time,) = lines.floats(1)
    finest = lines.number(1000)
    low, high = lines.floats(3), lines.floats(3)
    lines.next()  # refinement ratios
    domain = _box(lines.next(), path)
    lines.next()  # steps of each level
    spacing = lines.floats(3)
    for _ in range(finest):
        lines.next()  # spacings of the finer levels
    lines.next()  # coordinate system
    lines.next()
    boxes = parse_ints(lines.next().split()[1:2], "number of boxes", path, 1)[0]
    if boxes > _MAX_BOXES:
        raise FieldError(f"{path}: announces {boxes} boxes: damaged")
    for _ in range(1 + 3 * boxes):
        lines.next()  # step; the physical ends of each box
    return _Header(names, time, low, high, domain, spacing, lines.next())


def _box(text: str, path: Path) -> tuple[Corner, Corner]:
    match = _BOX.match(text)
    if not match:
        raise FieldError(f"{path}: the box {text[:60]!r} is damaged, or not three-dimensional")
    numbers = [int(number) for number in match.groups()]
    if any(a > b for a, b in zip(numbers[:3], numbers[3:], strict=True)):
        raise FieldError(f"{path}: the box {text[:60]!r} is empty")
    return tuple(numbers[:3]), tuple(numbers[3:])


def _tiles(path: Path, header: _Header, component: int) -> tuple[ArrayTile, ...]:
    """Find the values of one component in every box of level 0."""
    listing = data_file_named(path / "Header", f"{header.cells}_H")
    lines = _Lines(listing)
    lines.next()  # version
    lines.next()  # how the boxes are spread over files
    count = lines.number(_MAX_NAMES)
    if count != len(header.names):
        raise FieldError(f"{listing}: has {count} components, the Header names {len(header.names)}")
    lines.next()  # ghost cells; each box's own header says its extent
    (number,) = parse_ints(lines.next().lstrip("(").split()[:1], "number of boxes", listing, 1)
    if number > _MAX_BOXES:
        raise FieldError(f"{listing}: announces {number} boxes: damaged")
    boxes = [_box(lines.next(), listing) for _ in range(number)]
    lines.next()  # closing parenthesis
    lines.next()  # their number again
    tiles = []
    for box in boxes:
        words = lines.next().split()
        if len(words) != 3 or words[0] != "FabOnDisk:":
            raise FieldError(f"{listing}: the line {' '.join(words)[:60]!r} is damaged: expected FabOnDisk")
        offset = parse_ints(words[2:], "offset", listing, 0)[0]
        tiles.append(
            _fab(data_file_named(listing, words[1]), offset, box, header.domain[0], component, count)
        )
    return tuple(tiles)


def _fab(
    data: Path, offset: int, box: tuple[Corner, Corner], first: Corner, component: int, count: int
) -> ArrayTile:
    """Describe one box's values; ghost cells around it are cut away."""
    with data.open("rb") as stream:
        stream.seek(offset)
        line = stream.readline(4096)
    match = _FAB.fullmatch(line)
    if not match:
        raise FieldError(f"{data}: no FAB stands at byte {offset}, or it is cut short")
    size, order = int(match[2]), match[3].split()
    if size not in (4, 8) or int(match[1]) != 8 or len(order) != size or int(match[5]) != count:
        raise FieldError(f"{data}: the FAB at byte {offset} is not read: {line[:80]!r}")
    low, high = _box(match[4].decode("ascii", "replace"), data)
    dtype = np.dtype(f"{'<' if int(order[0]) == size else '>'}f{size}")
    shape = tuple(b - a + 1 for a, b in zip(reversed(low), reversed(high), strict=True))
    start = offset + len(line) + component * math.prod(shape) * size
    values = ArrayFile(data, start, shape, dtype).checked()
    inside = tuple(
        slice(a - o, b - o + 1)
        for a, b, o in zip(reversed(box[0]), reversed(box[1]), reversed(low), strict=True)
    )
    if any(part.start < 0 or part.stop > n for part, n in zip(inside, shape, strict=True)):
        raise FieldError(f"{data}: the FAB at byte {offset} does not hold the box {box}")
    corner = tuple(a - o for a, o in zip(reversed(box[0]), reversed(first), strict=True))
    return ArrayTile(corner, _Inside(values, inside))


@dataclass(frozen=True)
class _Inside(LazyArray):
    """A box of an array."""

    whole: ArrayFile
    box: tuple[slice, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(part.stop - part.start for part in self.box)

    @property
    def dtype(self) -> np.dtype:
        return self.whole.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        moved = tuple(
            slice(part.start + box.start, part.stop + box.start)
            for part, box in zip(key, self.box, strict=True)
        )
        return self.whole[moved]
