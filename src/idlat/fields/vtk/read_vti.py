"""Read VTK XML images and rectilinear grids (``.vti``, ``.vtr``), lazily, without VTK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from idlat.fields.vtk.vti_parse import parse_vti
from idlat.fields.vtk.vtk_grid import VtkGrid


def open_vti(
    path: Path, variable: str | None, axes: Sequence[str] | None = None, *, lazy: bool = False
) -> xr.DataArray:
    """Open one array of an image or rectilinear grid as a field.

    One of several components has ``component``; coordinates of a rectilinear grid may be spaced unevenly.

    Raises
    ------
    FieldError
        If the file is no such file, is damaged or cut short, or has no such array.
    """
    return _grid(path).open(variable, axes, lazy=lazy)


def vti_variables(path: Path) -> list[str]:
    """List the arrays of a grid: of its points, then of its cells."""
    points, cells = _grid(path).names()
    return [*points, *cells]


def _grid(path: Path) -> VtkGrid:
    file = parse_vti(path)
    return VtkGrid.of(file, "vtr" if file.kind == "RectilinearGrid" else "vti")
