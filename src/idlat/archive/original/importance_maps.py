"""The importance of each variable of a field, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.original.field_reader import FieldReader
from idlat.fields import fill_values_of, nan_where_missing
from idlat.importance import Importance, ImportanceMap, resolve
from idlat.importance.field_view import variables_of
from idlat.importance.resolve_importance import ImportanceSource

__all__ = ["maps_of"]


def maps_of(
    importance: Importance, readers: Sequence[FieldReader], beside: Sequence[FieldReader] = ()
) -> tuple[list[ImportanceMap], ImportanceSource]:
    """Make importance into a map for each variable.

    A value, an isosurface or a gradient in an expression is that of the variable itself; of a field with
    components, that of its magnitude. It may name the other variables, those `beside` them, and components.

    Raises
    ------
    ImportanceError
        The map does not fit a variable.
    """
    scalars = {reader.name: _scalar(reader.field) for reader in [*beside, *readers]}
    parts = [variables_of(reader.field) or {} for reader in [*beside, *readers]]
    named = {name: part for several in parts for name, part in several.items()} | scalars
    resolved = [resolve(importance, scalars[reader.name], named) for reader in readers]
    return [made for made, _ in resolved], resolved[0][1]


def _scalar(field: xr.DataArray) -> xr.DataArray:
    """Return a scalar field as it is, of another the magnitude, lazily; NaN where a component is missing."""
    if "component" not in field.dims:
        return field
    fills = fill_values_of(field)

    def magnitude(values: NDArray[Any]) -> NDArray[np.float64]:
        known = nan_where_missing(values, fills).astype(np.float64)
        squares: NDArray[np.float64] = (known**2).sum(axis=-1)
        return np.sqrt(squares)

    lazy = field.chunk({"component": -1} if field.chunks else {"component": -1, "z": 64})
    result: xr.DataArray = xr.apply_ufunc(
        magnitude,
        lazy,
        input_core_dims=[["component"]],
        dask="parallelized",
        output_dtypes=[np.float64],
    )
    return result.rename(field.name)
