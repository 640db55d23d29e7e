"""Read parallel VTK images and rectilinear grids (``.pvti``, ``.pvtr``): pieces in files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from idlat.errors import FieldError
from idlat.fields.files.file_checks import data_file_named
from idlat.fields.vtk.vti_parse import parse_extent, parse_placement, parse_vti
from idlat.fields.vtk.vtk_grid import VtkGrid
from idlat.fields.vtk.vtk_xml import read_elements

_KINDS = {"PImageData": "pvti", "PRectilinearGrid": "pvtr"}


def open_pvti(
    path: Path, variable: str | None, axes: Sequence[str] | None = None, *, lazy: bool = False
) -> xr.DataArray:
    """Open one array of a grid in pieces as a field; only the pieces that are needed are read.

    Raises
    ------
    FieldError
        If the file or a piece is absent or damaged, the pieces leave gaps, or there is no such array.
    """
    return _grid(path).open(variable, axes, lazy=lazy)


def pvti_variables(path: Path) -> list[str]:
    """List the arrays that all pieces of a grid have."""
    points, cells = _grid(path).names()
    return [*points, *cells]


def _grid(path: Path) -> VtkGrid:
    elements = read_elements(path, tuple(_KINDS))
    head = next((element for element in elements if element.tag in _KINDS), None)
    if head is None:
        raise FieldError(f"{path}: holds no {' or '.join(_KINDS)}, or is cut short")
    extent = parse_extent(head.attrs.get("WholeExtent", ""), path)
    sources = [e.attrs for e in elements if e.tag == "Piece" and not _is_empty(e.attrs.get("Extent", ""))]
    files = [parse_vti(data_file_named(path, source.get("Source", ""))) for source in sources]
    for file in files:
        if f"P{file.kind}" != head.tag:
            raise FieldError(f"{file.path}: holds {file.kind!r}: {path} says {head.tag[1:]!r}")
    parts = tuple((file, piece) for file in files for piece in file.pieces)
    if not parts:
        raise FieldError(f"{path}: names no pieces, or is cut short")
    return VtkGrid(path, _KINDS[head.tag], extent, parse_placement(head.attrs, path), parts)


def _is_empty(extent: str) -> bool:
    """Whether a piece is one of those without a voxel, of a process that had none."""
    words = extent.split()
    try:
        numbers = [int(word) for word in words]
    except ValueError:
        return False
    return len(numbers) == 6 and any(numbers[i] > numbers[i + 1] for i in (0, 2, 4))
