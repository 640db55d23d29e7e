"""Importance by value as functions: a field in, a map on its grid out (Sect. 5.1.1).

They are as those of :mod:`idlat.importance.maps`; where a value is missing they give 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.fields import as_field
from idlat.importance.families import Near, NearVector, Threshold, Transfer
from idlat.importance.quantities import Variable

__all__ = ["nearness", "threshold", "transfer", "vector_nearness"]

Field = xr.DataArray | NDArray[Any]


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


def vector_nearness(fields: Sequence[Field], reference: Sequence[float], width: float) -> xr.DataArray:
    """Prefer vectors close to one, exp(−|(F − reference) / width|² / 2) (value); 0 where one is missing.

    Parameters
    ----------
    fields : DataArrays or arrays (z, y, x) or (time, z, y, x)
        The components, on the grid of the first.
    reference : floats
        One for each field.
    width : float
        Above 0, in their unit.

    Examples
    --------
    >>> import numpy as np
    >>> east, north = np.array([[[3.0, 4.0]]]), np.array([[[4.0, 4.0]]])
    >>> vector_nearness([east, north], [3, 4], width=1).values.round(2).tolist()
    [[[1.0, 0.6100000143051147]]]
    """
    variables = {f"component {i}": as_field(part) for i, part in enumerate(fields)}
    named = tuple(map(Variable, variables))
    return NearVector(named, tuple(reference), width).evaluate(fields[0], variables)


def transfer(field: Field, points: Mapping[float, float]) -> xr.DataArray:
    """Take importance from a transfer function's opacity, linear between points and level beyond (value).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    points : mapping from values to importance
        Two or more; values in units of the field, importance from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> transfer(np.array([[[-1.0, 0.5, 2.0, 9.0]]]), {0: 0, 2: 1}).values.tolist()
    [[[0.0, 0.25, 1.0, 1.0]]]
    """
    return Transfer(tuple(sorted(points.items()))).evaluate(field)
