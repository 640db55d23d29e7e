"""Importance by place and distance as functions: a field in, a map on its grid out (Sect. 5.1.1).

Every function gives float32 in [0, 1] with the field's dims and coordinates, lazy where the field is backed
by Dask, evaluated a step at a time, and never NaN. Maps combine as arrays do; as text, see
:mod:`idlat.importance.parse_expression`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.fields import as_field
from idlat.importance.array_maps import file_map
from idlat.importance.expression_tree import Constant
from idlat.importance.families import (
    Distance,
    Isosurface,
    MaskFile,
    Region,
    Sphere,
    Threshold,
)
from idlat.importance.field_view import FieldView
from idlat.importance.quantities import Variable
from idlat.importance.resolve_importance import Psi, callable_map

__all__ = [
    "box",
    "constant",
    "from_callable",
    "from_file",
    "isosurface",
    "mask",
    "object_distance",
    "sphere",
]

Field = xr.DataArray | NDArray[Any]


def isosurface(field: Field, value: float, decay: float = 0.2, *, units: str = "voxels") -> xr.DataArray:
    """Let importance decay with the distance to an isosurface, exp(−decay·|SDF|) (paper Eq. 15).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    value : float
        The isovalue, in units of the field.
    decay : float
        Per unit of length, above 0.
    units : {"voxels", "physical"}
        Voxels count the same along every axis; physical units are those of the coordinates.

    Returns
    -------
    DataArray of float32
        A step without the isosurface is 0, unless no step has it.

    Raises
    ------
    ImportanceError
        If no step has the isosurface, the decay is not above 0, or there are no coordinates to measure by.

    Examples
    --------
    >>> import numpy as np
    >>> isosurface(np.arange(4.0).reshape(1, 1, 4), 1.5, decay=1.0).values.round(2).tolist()
    [[[0.2199999988079071, 0.6100000143051147, 0.6100000143051147, 0.2199999988079071]]]
    """
    return Isosurface(value, decay, units=units).evaluate(field)


def box(field: Field, z: slice | None = None, y: slice | None = None, x: slice | None = None) -> xr.DataArray:
    """Give 1 inside a box of voxels, else 0 (location; paper Eq. 17).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    z, y, x : slice, optional
        Half-open ranges of voxels, not negative; all of an axis where left out.

    Raises
    ------
    ImportanceError
        If the box is empty or leaves the field.

    Examples
    --------
    >>> import numpy as np
    >>> box(np.zeros((1, 2, 3)), x=slice(1, None)).values.tolist()
    [[[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]]
    """
    spans: dict[str, tuple[int | None, int | None]] = {}
    for name, part in {"z": z, "y": y, "x": x}.items():
        if part is not None:
            if part.step not in (None, 1):
                raise ImportanceError(f"box {name} has a step of {part.step}, expected none")
            spans[name] = (part.start, part.stop)
    return Region(**spans).evaluate(field)


def sphere(field: Field, centre: Sequence[float], radius: float, *, units: str = "voxels") -> xr.DataArray:
    """Give 1 inside a sphere, else 0 (location; paper Eq. 17).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    centre : (z, y, x)
    radius : float
        Above 0.
    units : {"voxels", "physical"}
        What centre and radius are given in; physical units are those of the coordinates.

    Raises
    ------
    ImportanceError
        If the sphere holds no voxel, or there are no coordinates to measure by.

    Examples
    --------
    >>> import numpy as np
    >>> sphere(np.zeros((1, 1, 5)), (0, 0, 2), 1).values.tolist()
    [[[0.0, 1.0, 1.0, 1.0, 0.0]]]
    """
    z, y, x = centre
    return Sphere(z, y, x, radius, units).evaluate(field)


def mask(field: Field, path: str | os.PathLike[str], *, resample: bool = False) -> xr.DataArray:
    """Give 1 where a file has a valid value other than 0, else 0 (location; paper Eq. 17).

    Raises
    ------
    ImportanceError
        If it is on another grid and `resample` is false.
    MissingFileError, FieldError
        If it cannot be opened.
    """
    return MaskFile(os.fspath(path)).evaluate(field, resample=resample)


def object_distance(
    field: Field, inside: Field, decay: float = 0.2, *, units: str = "voxels"
) -> xr.DataArray:
    """Let importance decay with the distance to an object, exp(−decay·d); 1 in the object (distance).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    inside : DataArray or array, on the field's grid
        The object is where this is 0.5 or more.
    decay, units
        As for :func:`isosurface`.

    Raises
    ------
    ImportanceError
        If no step has the object.

    Examples
    --------
    >>> import numpy as np
    >>> object_distance(np.zeros((1, 1, 3)), np.array([[[1, 0, 0]]]), decay=1).values.round(2).tolist()
    [[[1.0, 0.3700000047683716, 0.14000000059604645]]]
    """
    object_ = Threshold(">=", 0.5, Variable("inside"))
    return Distance(object_, decay, units).evaluate(field, {"inside": as_field(inside)})


def constant(field: Field, value: float = 1.0) -> xr.DataArray:
    """Give the same importance everywhere.

    Raises
    ------
    ImportanceError
        If the value is outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> constant(np.zeros((1, 1, 2)), 0.5).values.tolist()
    [[[0.5, 0.5]]]
    """
    return Constant(value).evaluate(field)


def from_callable(field: Field, psi: Psi) -> xr.DataArray:
    """Evaluate a scientist's own mapping, I = Ψ(p, F(p)) (paper Eq. 3).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    psi : callable (p, F) → array
        Called with the voxel indices ``p = (z, y, x)``, three integer arrays, and the values there, NaN where
        missing; all of one shape (z, y, x). It gets a whole step at once where that is small enough
        (``WHOLE_STEP`` voxels), else blocks, so it should look at each voxel by itself.

    Raises
    ------
    ImportanceError
        If it fails, or gives another shape, NaN at a valid voxel, or values outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from_callable(np.ones((1, 1, 3)), lambda p, F: F * p[2] / 4).values.tolist()
    [[[0.0, 0.25, 0.5]]]
    """
    return callable_map(psi, FieldView.of(field)).to_dataarray()


def from_file(field: Field, path: str, *, resample: bool = False) -> xr.DataArray:
    """Read a map on the field's grid from a file, with or without time.

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    path : path
        What :func:`idlat.open_field` opens; a raw file must hold float32 in the field's shape.
    resample : bool
        Interpolate a map on another grid (paper Sect. 7).

    Raises
    ------
    ImportanceError
        If it has another shape and `resample` is false, NaN, or values outside [0, 1].
    MissingFileError, FieldError
        If it cannot be opened.
    """
    return file_map(path, FieldView.of(field, resample=resample)).to_dataarray()
