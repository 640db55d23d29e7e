"""Find the arrays of a VTK XML image or rectilinear grid without reading their values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from idlat.errors import FieldError
from idlat.fields.grid.grid_placement import IDENTITY, UNPLACED, Placement
from idlat.fields.images.image_field import parse_ints

_READ_BYTES = 2**16
_SMALL_TEXT = 2**16
_MAX_ELEMENTS = 100_000
_KINDS = ("ImageData", "RectilinearGrid")


@dataclass(frozen=True)
class ArrayPlace:
    """Where one array of one piece is, and in what form.

    Attributes
    ----------
    name, kind
        Its name and VTK's name of its type.
    components
    form
        One of "ascii", "binary", "appended".
    start, stop
        The text between its tags, in bytes of the file.
    offset
        Within the appended data.
    count
        The tuples of an array of the whole file (field data).
    """

    name: str
    kind: str
    components: int
    form: str
    start: int
    stop: int
    offset: int
    count: int


@dataclass
class Piece:
    """One piece: its extent, the arrays of its points and cells by name, and coordinates along x, y, z."""

    extent: tuple[int, ...]
    points: dict[str, ArrayPlace] = field(default_factory=dict)
    cells: dict[str, ArrayPlace] = field(default_factory=dict)
    coordinates: list[ArrayPlace] = field(default_factory=list)


@dataclass
class VtiFile:
    """What the XML of a file says.

    Attributes
    ----------
    path
    kind
        VTK's name of the grid.
    byte_order
        One of "<", ">".
    header
        The dtype of block sizes.
    compressor
        VTK's class, or nothing.
    extent
        x0, x1, y0, y1, z0, z1, both ends included, in points.
    placement
        Of the point with index 0.
    pieces
    notes
        Field data, by name.
    appended
        Where appended values begin; 0 where there are none.
    base64
        Whether they are text.
    """

    path: Path
    kind: str = "ImageData"
    byte_order: str = "<"
    header: str = "u4"
    compressor: str = ""
    extent: tuple[int, ...] = ()
    placement: Placement = UNPLACED
    pieces: list[Piece] = field(default_factory=list)
    notes: dict[str, ArrayPlace] = field(default_factory=dict)
    appended: int = 0
    base64: bool = False


def parse_vti(path: Path) -> VtiFile:
    """Parse the XML of a file up to its appended values.

    Raises
    ------
    FieldError
        If it is no image or rectilinear grid, or is damaged or cut short.
    """
    parser = _Parser(path)
    try:
        with path.open("rb") as stream:
            while not parser.done:
                block = stream.read(_READ_BYTES)
                parser.feed(block)
                if not block:
                    break
            if parser.file.appended:
                stream.seek(parser.file.appended)
                start = stream.read(4096)
                mark = start.find(b"_")
                if mark < 0 or start[:mark].strip(b"> \r\n\t"):
                    raise FieldError(f"{path}: its appended data is damaged or cut short: no '_' begins it")
                parser.file.appended += mark + 1
    except expat.ExpatError as error:
        raise FieldError(f"{path}: no VTK XML file, or damaged or cut short ({error})") from None
    if not parser.file.extent or not parser.file.pieces:
        raise FieldError(f"{path}: holds no {parser.file.kind}, or is cut short")
    return parser.file


class _Parser:
    """Handlers of the XML's elements."""

    def __init__(self, path: Path) -> None:
        self.file = VtiFile(path)
        self.done = False
        self._stack: list[str] = []
        self._elements = 0
        self._array: dict[str, str] | None = None
        self._text = [-1, -1]
        self._expat = expat.ParserCreate()
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters
        self._expat.StartDoctypeDeclHandler = self._doctype

    def feed(self, block: bytes) -> None:
        """Parse some bytes; raw values after the start of the appended data are no XML and not looked at."""
        try:
            self._expat.Parse(block, not block)
        except expat.ExpatError:
            if not self.done:
                raise

    def _doctype(self, *_: Any) -> None:
        raise FieldError(f"{self.file.path}: a VTK file has no DOCTYPE: not read")

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        if self.done:
            return
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise FieldError(f"{self.file.path}: has more than {_MAX_ELEMENTS} XML elements: not read")
        self._stack.append(tag)
        if self._array is not None and self._text[0] >= 0 and self._text[1] < 0:
            self._text[1] = self._expat.CurrentByteIndex  # what VTK notes about an array follows its values
        if tag == "VTKFile":
            self._root(attrs)
        elif tag == self.file.kind:
            self.file.extent = parse_extent(attrs.get("WholeExtent", ""), self.file.path)
            self.file.placement = parse_placement(attrs, self.file.path)
        elif tag == "Piece":
            self.file.pieces.append(Piece(parse_extent(attrs.get("Extent", ""), self.file.path)))
        elif tag == "DataArray" or tag == "Array":
            self._array, self._text = attrs, [-1, -1]
        elif tag == "AppendedData":
            self.file.base64 = attrs.get("encoding", "raw") == "base64"
            # The tag is known to end at the first '>' after its last attribute; see parse_vti.
            self.file.appended = self._expat.CurrentByteIndex + _tag_length(self.file.path, self._expat)
            self.done = True

    def _root(self, attrs: dict[str, str]) -> None:
        self.file.kind = attrs.get("type", "nothing")
        if self.file.kind not in _KINDS:
            raise FieldError(
                f"{self.file.path}: holds {self.file.kind!r}: only ImageData and RectilinearGrid are fields; "
                "resample it to an image first"
            )
        self.file.byte_order = ">" if attrs.get("byte_order") == "BigEndian" else "<"
        self.file.header = {"UInt64": "u8", "UInt32": "u4"}.get(attrs.get("header_type", "UInt32"), "u4")
        self.file.compressor = attrs.get("compressor", "")

    def _characters(self, text: str) -> None:
        inside = self._array is not None and self._stack[-1] in ("DataArray", "Array")
        if inside and self._text[0] < 0 and text.strip():
            self._text[0] = self._expat.CurrentByteIndex

    def _end(self, _: str) -> None:
        if self.done:
            return
        tag = self._stack.pop()
        if tag in ("DataArray", "Array") and self._array is not None:
            if self._text[1] < 0:
                self._text[1] = self._expat.CurrentByteIndex
            self._note(self._array)
            self._array = None

    def _note(self, attrs: dict[str, str]) -> None:
        path, parent = self.file.path, self._stack[-1] if self._stack else ""
        place = ArrayPlace(
            attrs.get("Name", "unnamed"),
            attrs.get("type", ""),
            parse_ints([attrs.get("NumberOfComponents", "1")], "NumberOfComponents", path, 0)[0] or 1,
            attrs.get("format", "ascii"),
            max(self._text[0], 0),
            max(self._text[1], 0),
            parse_ints([attrs.get("offset") or "0"], "offset", path, 0)[0],
            parse_ints([attrs.get("NumberOfTuples") or "0"], "NumberOfTuples", path, 0)[0],
        )
        if parent == "FieldData" and "Piece" not in self._stack:
            self.file.notes[place.name] = place
        elif parent == "PointData" and self.file.pieces:
            self.file.pieces[-1].points[place.name] = place
        elif parent == "CellData" and self.file.pieces:
            self.file.pieces[-1].cells[place.name] = place
        elif parent == "Coordinates" and self.file.pieces:
            self.file.pieces[-1].coordinates.append(place)


def parse_extent(text: str, path: Path) -> tuple[int, ...]:
    """Read an extent: x0, x1, y0, y1, z0, z1, both ends included.

    Raises
    ------
    FieldError
        If it is none, or empty.
    """
    extent = parse_ints(text.split(), "extent", path, -(2**40))
    if len(extent) != 6 or any(extent[i] > extent[i + 1] for i in (0, 2, 4)):
        raise FieldError(f"{path}: its extent {text!r} is empty or damaged")
    return extent


def parse_placement(attrs: dict[str, str], path: Path) -> Placement:
    """Read origin, spacing and direction of an image; of a grid that has none, the indices."""
    direction = attrs.get("Direction")
    columns = direction.split() if direction else list(map(str, IDENTITY))
    if len(columns) == 9:  # VTK lists the matrix by rows; its columns are the axes
        columns = [columns[3 * j + i] for i in range(3) for j in range(3)]
    return Placement.parse(
        str(path), attrs.get("Origin", "0 0 0").split(), attrs.get("Spacing", "1 1 1").split(), columns
    )


def _tag_length(path: Path, parser: Any) -> int:
    """Measure a start tag: to its '>' outside quotes."""
    with path.open("rb") as stream:
        stream.seek(parser.CurrentByteIndex)
        text = stream.read(4096)
    quote = None
    for index, byte in enumerate(text):
        letter = chr(byte)
        if quote is None and letter == ">":
            return index + 1
        if letter in "'\"":
            quote = None if quote == letter else quote or letter
    return len(text)
