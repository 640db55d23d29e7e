"""Read VTK XML image data (``.vti``): lazily, whole pieces or several, without VTK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.array_file import ArrayFile
from idlat.fields.choosing import choose
from idlat.fields.formats import stem_of
from idlat.fields.images import Image, unpack_time
from idlat.fields.lazily import Readable, slab_chunks, to_dask
from idlat.fields.mosaic import Mosaic, Tile, covers
from idlat.fields.placement import Placement
from idlat.fields.text_attrs import plain_name, read_value
from idlat.fields.vti_data import array_dtype, read_array
from idlat.fields.vti_parse import ArrayPlace, Piece, VtiFile, parse_vti

_TIMES = ("TimeValue", "TIME", "TimeStep")
_NOTE_BYTES = 2**20


def open_vti(
    path: Path, variable: str | None, axes: Sequence[str] | None = None, *, lazy: bool = False
) -> xr.DataArray:
    """Open one array of an ImageData file as a field; one of several components has ``component``.

    Raises
    ------
    FieldError
        If the file is no such file, is damaged or cut short, or has no such array.
    """
    file = parse_vti(path)
    points, cells = _names(file)
    name = choose(path, variable, [*points, *cells])
    of_cells = name not in points
    tiles = [_tile(file, piece, name, cells=of_cells) for piece in file.pieces]
    values = _values(file, tiles, cells=of_cells, lazy=lazy)
    dims = ("z", "y", "x", "component")[: values.ndim]
    attrs, time = _notes(file)
    encoding: dict[str, Any] = {
        "idlat_format": "vti",
        "idlat_byte_order": "big" if file.byte_order == ">" else "little",
        "idlat_cells": of_cells,
    }
    plain = plain_name(name, stem_of(path))
    place = _placement(file, cells=of_cells)
    return Image(path, plain, xr.Variable(dims, values), place, attrs, encoding, None, time).to_field(axes)


def vti_variables(path: Path) -> list[str]:
    """List the arrays of an ImageData file: of its points, then of its cells."""
    points, cells = _names(parse_vti(path))
    return [*points, *cells]


def _names(file: VtiFile) -> tuple[list[str], list[str]]:
    points = [n for n in file.pieces[0].points if all(n in piece.points for piece in file.pieces)]
    cells = [n for n in file.pieces[0].cells if all(n in piece.cells for piece in file.pieces)]
    return points, [name for name in cells if name not in points]


def _shape(extent: Sequence[int], *, cells: bool) -> tuple[int, ...]:
    """Give the voxels (z, y, x) of an extent; a flat axis has one layer of cells."""
    sizes = [extent[i + 1] - extent[i] + 1 for i in (4, 2, 0)]
    return tuple(max(size - 1, 1) for size in sizes) if cells else tuple(sizes)


def _tile(file: VtiFile, piece: Piece, name: str, *, cells: bool) -> Tile:
    place: ArrayPlace = (piece.cells if cells else piece.points)[name]
    shape = _shape(piece.extent, cells=cells)
    start = tuple(piece.extent[i] - file.extent[i] for i in (4, 2, 0))
    if place.components > 1:
        shape, start = (*shape, place.components), (*start, 0)
    return Tile(start, read_array(file, place, shape))


def _values(file: VtiFile, tiles: Sequence[Tile], *, cells: bool, lazy: bool) -> Any:
    """Put the pieces together, lazily where they are not in memory anyway."""
    whole = _shape(file.extent, cells=cells)
    first = tiles[0].values
    shape = (*whole, *first.shape[3:])
    agree = all(
        tile.values.shape[3:] == first.shape[3:] and tile.values.dtype == first.dtype for tile in tiles
    )
    if not agree or not covers(shape, [(tile.start, tile.stop) for tile in tiles]):
        raise FieldError(f"{file.path}: its pieces do not cover the extent {file.extent}, or do not agree")
    if len(tiles) == 1 and isinstance(first, ArrayFile):
        return first.data(lazy=lazy)
    source: Readable = first if len(tiles) == 1 else Mosaic(shape, first.dtype, tuple(tiles))
    if isinstance(source, np.ndarray):
        return source.astype(source.dtype.newbyteorder("="), copy=False)
    return to_dask(source, slab_chunks(shape, source.dtype.itemsize))


def _placement(file: VtiFile, *, cells: bool) -> Placement:
    """Place the first voxel: the first point of the extent, or the middle of its first cell."""
    half = [0.5 if cells and file.extent[i] < file.extent[i + 1] else 0.0 for i in (0, 2, 4)]
    return file.placement.at(np.array([file.extent[i] for i in (0, 2, 4)]) + half)


def _notes(file: VtiFile) -> tuple[dict[str, Any], xr.Variable | None]:
    """Read the field data: texts and single numbers are attributes, one of them perhaps the time."""
    found: dict[str, Any] = {}
    for name, place in file.notes.items():
        if place.kind == "String" and place.form == "ascii" and place.stop - place.start <= _NOTE_BYTES:
            found[name] = read_value(_text(file, place))
        elif place.kind != "String" and place.count == 1 and place.components == 1:
            value = np.asarray(read_array(file, place, (1,))[:])[0]
            found[name] = value.astype(array_dtype(file, place).newbyteorder("="))
    packed = found.pop("idlat_time", None)
    time = next((found.pop(name) for name in _TIMES if name in found), None)
    if packed is not None:
        return found, unpack_time(packed, {})
    return found, None if time is None else xr.Variable((), time)


def _text(file: VtiFile, place: ArrayPlace) -> str:
    """Read VTK's form of a text: character codes, 0 at its end."""
    with file.path.open("rb") as stream:
        stream.seek(place.start)
        codes = stream.read(place.stop - place.start).split()
    if not all(code.isdigit() and int(code) < 256 for code in codes):
        raise FieldError(f"{file.path}: the text {place.name!r} is damaged: expected character codes")
    return bytes(int(code) for code in codes if int(code)).decode("utf-8", "replace")
