"""A field of a VTK XML grid: images and rectilinear grids, of one file or of the pieces of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.dask_arrays import Readable, to_dask
from idlat.fields.arrays.tiled_array import ArrayTile, TiledArray, covers
from idlat.fields.files.file_checks import stem_of
from idlat.fields.files.select_variable import choose
from idlat.fields.grid.grid_placement import UNPLACED, Placement
from idlat.fields.images.image_field import Image, middles, unpack_time
from idlat.fields.metadata.header_attributes import plain_name, read_value
from idlat.fields.vtk.vti_parse import ArrayPlace, Piece, VtiFile
from idlat.fields.vtk.vti_values import array_dtype, read_array

_TIMES = ("TimeValue", "TIME", "TimeStep")
_NOTE_BYTES = 2**20


@dataclass(frozen=True)
class VtkGrid:
    """A grid and the pieces that it is made of.

    Attributes
    ----------
    path
        Of the file that was named.
    kind
        Its format.
    extent
        x0, x1, y0, y1, z0, z1, both ends included, in points.
    placement
        Of the point with index 0.
    parts
        Each piece, with the file that it is in.
    """

    path: Path
    kind: str
    extent: tuple[int, ...]
    placement: Placement
    parts: tuple[tuple[VtiFile, Piece], ...]

    @classmethod
    def of(cls, file: VtiFile, kind: str) -> VtkGrid:
        """Give the grid of one file."""
        parts = tuple((file, piece) for piece in file.pieces)
        return cls(file.path, kind, file.extent, file.placement, parts)

    def names(self) -> tuple[list[str], list[str]]:
        """List the arrays that all pieces have: of points, and of cells."""
        points = self._common([piece.points for _, piece in self.parts])
        return points, [name for name in self._common([p.cells for _, p in self.parts]) if name not in points]

    def _common(self, arrays: Sequence[Mapping[str, ArrayPlace]]) -> list[str]:
        return [name for name in arrays[0] if all(name in others for others in arrays)]

    def open(self, variable: str | None, axes: Sequence[str] | None, *, lazy: bool) -> xr.DataArray:
        """Open one array as a field; one of several components has ``component``.

        Raises
        ------
        FieldError
            If there is no such array, or its pieces are damaged, cut short or leave gaps.
        """
        points, cells = self.names()
        name = choose(self.path, variable, [*points, *cells])
        of_cells = name not in points
        tiles = [self._tile(file, piece, name, cells=of_cells) for file, piece in self.parts]
        values = self._values(tiles, cells=of_cells, lazy=lazy)
        first = self.parts[0][0]
        attrs, time = _notes(first)
        encoding: dict[str, Any] = {
            "idlat_format": self.kind,
            "idlat_byte_order": "big" if first.byte_order == ">" else "little",
            "idlat_cells": of_cells,
        }
        return Image(
            self.path,
            plain_name(name, stem_of(self.path)),
            xr.Variable(("z", "y", "x", "component")[: values.ndim], values),
            self._place(cells=of_cells),
            attrs,
            encoding,
            None,
            time,
            self._positions(cells=of_cells),
        ).to_field(axes)

    def _tile(self, file: VtiFile, piece: Piece, name: str, *, cells: bool) -> ArrayTile:
        place: ArrayPlace = (piece.cells if cells else piece.points)[name]
        shape = _shape(piece.extent, cells=cells)
        start = tuple(piece.extent[i] - self.extent[i] for i in (4, 2, 0))
        if place.components > 1:
            shape, start = (*shape, place.components), (*start, 0)
        return ArrayTile(start, read_array(file, place, shape))

    def _values(self, tiles: Sequence[ArrayTile], *, cells: bool, lazy: bool) -> Any:
        """Put the pieces together, lazily where they are not in memory anyway."""
        first = tiles[0].values
        shape = (*_shape(self.extent, cells=cells), *first.shape[3:])
        dtype = first.dtype.newbyteorder("=")
        agree = all(
            tile.values.shape[3:] == first.shape[3:] and tile.values.dtype.newbyteorder("=") == dtype
            for tile in tiles
        )
        if not agree or not covers(shape, [(tile.start, tile.stop) for tile in tiles]):
            raise FieldError(
                f"{self.path}: its pieces do not cover the extent {self.extent}, or do not agree"
            )
        if len(tiles) == 1 and isinstance(first, ArrayFile):
            return first.data(lazy=lazy)
        source: Readable = first if len(tiles) == 1 else TiledArray(shape, dtype, tuple(tiles))
        if isinstance(source, np.ndarray):
            return source.astype(dtype, copy=False)
        return to_dask(source)

    def _place(self, *, cells: bool) -> Placement:
        """Place the first voxel: the first point of the extent, or the middle of its first cell."""
        if self.parts[0][1].coordinates:
            return UNPLACED
        half = [0.5 if cells and self.extent[i] < self.extent[i + 1] else 0.0 for i in (0, 2, 4)]
        return self.placement.at(np.array([self.extent[i] for i in (0, 2, 4)]) + half)

    def _positions(self, *, cells: bool) -> dict[str, NDArray[Any]]:
        """Give the coordinates of a rectilinear grid, of its points or the middles of its cells."""
        found: dict[str, NDArray[Any]] = {}
        for axis, dim in enumerate("xyz"):
            low, high = self.extent[2 * axis : 2 * axis + 2]
            for file, piece in self.parts:
                if not piece.coordinates:
                    continue
                start, stop = piece.extent[2 * axis : 2 * axis + 2]
                values = _coordinate(file, piece, axis, stop - start + 1)
                whole = found.setdefault(dim, np.full(high - low + 1, np.nan, values.dtype))
                whole[start - low : stop - low + 1] = values
        return {dim: middles(points) if cells else points for dim, points in found.items()}


def _coordinate(file: VtiFile, piece: Piece, axis: int, count: int) -> NDArray[Any]:
    """Read the coordinates of a piece along an axis."""
    if len(piece.coordinates) != 3:
        raise FieldError(f"{file.path}: has {len(piece.coordinates)} arrays of coordinates: expected 3")
    values = np.asarray(read_array(file, piece.coordinates[axis], (count,))[:])
    if not np.isfinite(values).all():
        raise FieldError(f"{file.path}: its coordinates along {'xyz'[axis]} are damaged: not finite")
    return values.astype(np.float64 if values.dtype.kind != "f" else values.dtype.newbyteorder("="))


def _shape(extent: Sequence[int], *, cells: bool) -> tuple[int, ...]:
    """Give the voxels (z, y, x) of an extent; a flat axis has one layer of cells."""
    sizes = [extent[i + 1] - extent[i] + 1 for i in (4, 2, 0)]
    return tuple(max(size - 1, 1) for size in sizes) if cells else tuple(sizes)


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
