"""Read and write MetaImage (``.mha``, and ``.mhd`` with the values in a file of their own), ITK's format.

Read and written by hand: a header is a few lines of text, and SimpleITK, which reads and writes it too, is
some 50 MB and takes volumes whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.compressed_streams import Codec
from idlat.fields.files.file_checks import data_file_named, data_file_of, stem_of
from idlat.fields.grid.grid_placement import IDENTITY, Placement
from idlat.fields.images.image_field import (
    Image,
    even_times,
    image_axes,
    pack_time,
    parse_ints,
    parse_text,
    read_header,
    spaced_times,
    unpack_time,
)
from idlat.fields.images.split_data_files import joined_files, named_files
from idlat.fields.metadata.header_attributes import plain_name, read_value, write_attrs, write_value
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted

_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_NAMES = {code: name for name, code in reversed(_TYPES.items())}
_OWN = frozenset(
    "objecttype ndims binarydata binarydatabyteordermsb elementbyteordermsb compresseddata "
    "compresseddatasize transformmatrix rotation orientation offset position origin centerofrotation "
    "anatomicalorientation "
    "elementspacing elementsize dimsize elementtype elementnumberofchannels elementdatafile headersize name "
    "comment elementmin elementmax modality objectsubtype color id parentid time_values".split()
)


def open_metaimage(path: Path, axes: Sequence[str] | None = None, *, lazy: bool = False) -> xr.DataArray:
    """Open a MetaImage as a field.

    Raises
    ------
    FieldError
        If it is none, is damaged or cut short, or of a type or rank that is not read.
    """
    fields, end = _read(path)
    known = {key.lower(): value for key, value in fields.items()}
    sizes = parse_ints(known.get("dimsize", "").split(), "DimSize", path)
    channels = parse_ints([known.get("elementnumberofchannels", "1")], "ElementNumberOfChannels", path)[0]
    names = ("component", "x", "y", "z", "time", "extra")[: len(sizes) + 1]
    sizes = (channels, *sizes)
    if channels == 1:
        names, sizes = names[1:], sizes[1:]
    if len(names) != len(sizes) or "y" not in names or "extra" in names:
        raise FieldError(f"{path}: its DimSize {known.get('dimsize')!r} is not of a volume: expected x y z")
    shape, dims = tuple(reversed(sizes)), tuple(reversed(names))
    values = _values(path, known, end, shape, lazy=lazy)
    times = unpack_time(known.get("time_values"), dict(zip(dims, shape, strict=True)))
    big = _flag(known, "elementbyteordermsb") or _flag(known, "binarydatabyteordermsb")
    return Image(
        path,
        plain_name(known.get("name", ""), stem_of(path)),
        xr.Variable(dims, values),
        _placement(path, known),
        {key: read_value(value) for key, value in fields.items() if key.lower() not in _OWN},
        {"idlat_format": "metaimage", "idlat_byte_order": "big" if big else "little"},
        None,
        _times(path, known, dims, shape) if times is None else times,
    ).to_field(axes)


def _read(path: Path) -> tuple[dict[str, str], int]:
    """Read the header: its fields, and where it ends."""
    content = read_header(path)
    fields: dict[str, str] = {}
    for match in re.finditer(rb"([^\n=]{1,200})=([^\n]*)\n?", content):
        key = match[1].decode("utf-8", "replace").strip()
        fields[key] = match[2].decode("utf-8", "replace").strip()
        if key.lower() == "elementdatafile":
            if fields.get("ObjectType", "Image").lower() != "image":
                raise FieldError(f"{path}: MetaImage of {fields['ObjectType']!r}: expected an Image")
            if fields[key].upper().startswith("LIST"):  # of files, to the end
                fields[key] += "\n" + content[match.end() :].decode("utf-8", "replace")
            return fields, match.end()
    raise FieldError(f"{path}: no MetaImage, or its header is cut short: it has no ElementDataFile")


def _values(path: Path, known: dict[str, str], end: int, shape: tuple[int, ...], *, lazy: bool) -> object:
    kind = known.get("elementtype", "").upper()
    if kind not in _TYPES:
        raise FieldError(f"{path}: ElementType {kind!r} is not read: expected one such as MET_FLOAT")
    big = _flag(known, "elementbyteordermsb") or _flag(known, "binarydatabyteordermsb")
    dtype = np.dtype(_TYPES[kind]).newbyteorder(">" if big else "<")
    name, *listed = known["elementdatafile"].split("\n")
    files = named_files(path, name, listed)
    if files is not None:
        memory = dtype.newbyteorder("=")
        return joined_files(path, files, shape, memory, lambda file, part: _one(file, 0, known, part, dtype))
    local = name.upper() == "LOCAL"
    source = _one(path if local else data_file_named(path, name), end if local else 0, known, shape, dtype)
    return source.data(lazy=lazy) if isinstance(source, ArrayFile) else source


def _one(
    data: Path, start: int, known: dict[str, str], shape: tuple[int, ...], dtype: np.dtype
) -> ArrayFile | NDArray[Any]:
    """Describe the values of one file, which begin after `start` bytes of header."""
    skip = parse_ints([known.get("headersize", "0")], "HeaderSize", data, -1)[0]
    if skip == -1:
        start = max(0, data.stat().st_size - math.prod(shape) * dtype.itemsize)
    elif start == 0:
        start = skip
    if "binarydata" in known and not _flag(known, "binarydata"):
        return parse_text(data.read_bytes()[start:], shape, dtype.newbyteorder("="), data)
    codec: Codec = "gzip" if _flag(known, "compresseddata") else ""
    return ArrayFile(data, start, shape, dtype, codec=codec).checked()


def _flag(known: dict[str, str], key: str) -> bool:
    return known.get(key, "").lower() in ("true", "1")


def _first(known: dict[str, str], names: str, default: Sequence[float]) -> Sequence[str | float]:
    """Give the words of the first of some fields that is there."""
    return next((known[name].split() for name in names.split() if name in known), default)


def _placement(path: Path, known: dict[str, str]) -> Placement:
    origin = _first(known, "offset position origin", (0, 0, 0))
    spacing = _first(known, "elementspacing elementsize", (1, 1, 1))
    rows = _first(known, "transformmatrix rotation orientation", IDENTITY)
    if len(rows) == 16:  # with time as a fourth axis
        rows = [rows[4 * i + j] for i in range(3) for j in range(3)]
    if len(rows) == 4:  # of a plane
        rows = [*rows[:2], 0, *rows[2:], 0, 0, 0, 1]
        origin, spacing = [*origin[:2], 0], [*spacing[:2], 1]
    return Placement.parse(str(path), origin[:3], spacing[:3], rows)


def _times(
    path: Path, known: dict[str, str], dims: Sequence[str], shape: Sequence[int]
) -> xr.Variable | None:
    """Read the times of evenly spaced steps, the fourth axis' origin and spacing."""
    if "time" not in dims:
        return None
    words = [_first(known, "offset position origin", (0,)), _first(known, "elementspacing elementsize", (1,))]
    if any(len(some) < 4 for some in words):
        return None
    place = Placement.parse(str(path), [words[0][3], 0, 0], [words[1][3], 1, 1])
    return even_times(place.origin[0], place.spacing[0], shape[dims.index("time")])


def metaimage_header(template: xr.DataArray, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the header of a field of which `shape` and `dtype` describe the array in the file."""
    place = Placement.of(template).upright()
    axes = image_axes(template)
    rank = len(axes) - ("component" in axes)
    turn = np.eye(max(rank, 3))
    turn[:3, :3] = np.reshape(place.direction, (3, 3))
    turn = turn[:rank, :rank]
    first, step = spaced_times(template)
    times = rank > 3
    fields = {
        "ObjectType": "Image",
        "NDims": str(rank),
        **({"Name": plain_name(str(template.name), path.stem)} if template.name else {}),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": str(dtype.str[0] == ">"),
        "CompressedData": "False",
        "TransformMatrix": _join(turn.reshape(-1).tolist()),
        "Offset": _join([*place.origin, *[first] * times][:rank]),
        "ElementSpacing": _join([*place.spacing, *[step] * times][:rank]),
        "DimSize": " ".join(str(size) for size in reversed(shape[:rank])),
        "ElementType": _NAMES[dtype.str[1:]],
    }
    if "component" in axes:
        fields["ElementNumberOfChannels"] = str(shape[-1])
    note_omitted(template, (*PLACE, "time"), attributes=True)
    fields |= write_attrs(template.attrs, r"[A-Za-z_][\w.\-]*", _OWN)
    fill = write_value(template.encoding.get("idlat_missing"))
    if fill not in (None, "null"):
        fields["missing_value"] = str(fill)
    if (time := pack_time(template)) is not None:
        fields["time_values"] = time
    data = data_file_of(path)
    fields["ElementDataFile"] = "LOCAL" if data is None else data.name
    return "".join(f"{key} = {value}\n" for key, value in fields.items()).encode()


def _join(values: Sequence[float]) -> str:
    return " ".join(f"{value + 0.0:.17g}" for value in values)
