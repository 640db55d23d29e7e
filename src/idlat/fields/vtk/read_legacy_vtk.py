"""Read legacy VTK files (``.vtk``) of structured points and rectilinear grids, and write the former."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from idlat.errors import OutputError
from idlat.fields.files.file_checks import stem_of
from idlat.fields.files.select_variable import choose
from idlat.fields.grid.grid_placement import IDENTITY, UNPLACED, Placement
from idlat.fields.images.image_field import Image
from idlat.fields.metadata.header_attributes import plain_name
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted
from idlat.fields.vtk.legacy_vtk_parse import parse_legacy_vtk

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


def open_legacy_vtk(
    path: Path, variable: str | None, axes: Sequence[str] | None = None, *, lazy: bool = False
) -> xr.DataArray:
    """Open one array of a legacy VTK file as a field.

    Raises
    ------
    FieldError
        If it is no such file, is damaged or cut short, holds another grid than structured points or a
        rectilinear one, or has no such array.
    """
    file = parse_legacy_vtk(path)
    names = [array.name for array in file.arrays]
    array = file.arrays[names.index(choose(path, variable, names))]
    size = [max(n - 1, 1) if array.cells else n for n in file.size]
    shape: tuple[int, ...] = tuple(reversed(size))
    if array.components > 1:
        shape = (*shape, array.components)
    dims = ("z", "y", "x", "component")[: len(shape)]
    values = file.read(array, shape, lazy=lazy)
    place = file.placement
    if array.cells:
        middle = tuple(o + s / 2 for o, s in zip(place.origin, place.spacing, strict=True))
        place = Placement(middle, place.spacing)
    name = plain_name(array.name, stem_of(path))
    encoding = {"idlat_format": "vtk", "idlat_byte_order": "big"}
    positions = file.positions(cells=array.cells)
    if positions:
        place = UNPLACED
    return Image(path, name, xr.Variable(dims, values), place, {}, encoding, positions=positions).to_field(
        axes
    )


def legacy_vtk_variables(path: Path) -> list[str]:
    """List the arrays of a legacy VTK file."""
    return [array.name for array in parse_legacy_vtk(path).arrays]


def legacy_vtk_header(template: xr.DataArray, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the header of a field; binary values follow, big-endian as the format has them.

    Raises
    ------
    OutputError
        If the grid is rotated, which the format cannot hold.
    """
    note_omitted(template, PLACE)
    place = Placement.of(template)
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
