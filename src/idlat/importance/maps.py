"""The families of importance of paper Sect. 5.1.1 as functions: a field in, a map on its grid out.

Every function gives float32 in [0, 1] with the field's dims and coordinates, lazy where the field is backed
by Dask, evaluated a step at a time, and never NaN. Maps combine as arrays do; as text, see
:mod:`idlat.importance.expression`.
"""

from __future__ import annotations

from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.arrays import file_map
from idlat.importance.families import Entropy, Gradient, Isosurface, Near, Region, Threshold
from idlat.importance.nodes import Constant
from idlat.importance.sources import Psi, callable_map
from idlat.importance.view import FieldView

__all__ = [
    "box",
    "constant",
    "entropy",
    "from_callable",
    "from_file",
    "gradient",
    "isosurface",
    "nearness",
    "threshold",
]

Field = xr.DataArray | NDArray[Any]


def isosurface(field: Field, value: float, decay: float = 0.2) -> xr.DataArray:
    """Let importance decay with the distance to an isosurface, exp(−decay·|SDF|) (paper Eq. 15).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    value : float
        The isovalue, in units of the field.
    decay : float
        Per voxel, above 0. Voxels count the same along every axis.

    Returns
    -------
    DataArray of float32
        A step without the isosurface is 0, unless no step has it.

    Raises
    ------
    ImportanceError
        If no step has the isosurface, or the decay is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> isosurface(np.arange(4.0).reshape(1, 1, 4), 1.5, decay=1.0).values.round(2).tolist()
    [[[0.2199999988079071, 0.6100000143051147, 0.6100000143051147, 0.2199999988079071]]]
    """
    return Isosurface(value, decay).evaluate(field)


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


def threshold(field: Field, op: str, value: float) -> xr.DataArray:
    """Give 1 where the field compares so with a value, else 0 (value; paper Eq. 16); 0 where missing.

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    op : {">", ">=", "<", "<="}
    value : float
        In units of the field.

    Raises
    ------
    ImportanceError
        If `op` is another one or `value` not finite.

    Examples
    --------
    >>> import numpy as np
    >>> threshold(np.array([[[1.0, 2.0, np.nan]]]), ">", 1.5).values.tolist()
    [[[0.0, 1.0, 0.0]]]
    """
    return Threshold(op, value).evaluate(field)


def nearness(field: Field, value: float, width: float) -> xr.DataArray:
    """Prefer values close to one, exp(−((F − value) / width)² / 2) (value); 0 where missing.

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    value, width : float
        In units of the field; the width above 0.

    Raises
    ------
    ImportanceError
        If `value` is not finite or `width` not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> nearness(np.array([[[9.9, 10.4, 99.0]]]), 9.9, width=0.5).values.round(3).tolist()
    [[[1.0, 0.6069999933242798, 0.0]]]
    """
    return Near(value, width).evaluate(field)


def gradient(field: Field) -> xr.DataArray:
    """Take the gradient magnitude by central differences, divided by its maximum of all steps (statistical).

    Examples
    --------
    >>> import numpy as np
    >>> gradient(np.array([[[0.0, 1.0, 4.0, 4.0]]])).values.round(2).tolist()
    [[[0.5, 1.0, 0.75, 0.0]]]
    """
    return Gradient().evaluate(field)


def entropy(field: Field) -> xr.DataArray:
    """Take the entropy of the values in a window of 7³ voxels, divided by its maximum (statistical).

    The histogram has 16 bins; their range and the maximum are those of all steps.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.repeat([0.0, 0.0, 1.0], [8, 1, 1]).reshape(1, 1, 10)
    >>> entropy(ramp).values[0, 0].round(1).tolist()[::5]
    [0.0, 0.0]
    """
    return Entropy().evaluate(field)


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
