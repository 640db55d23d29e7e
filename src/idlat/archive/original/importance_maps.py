"""The importance of each variable of a field, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.original.field_reader import FieldReader, as_fields
from idlat.fields import fill_values_of, nan_where_missing
from idlat.fields.grid.canonical_axes import to_original
from idlat.importance import Importance, ImportanceMap, resolve
from idlat.importance.field_view import variables_of
from idlat.importance.importance_source import ImportanceSource
from idlat.parallel import ThreadPool, Workers

__all__ = ["evaluate_importance", "maps_of"]


def maps_of(
    importance: Importance,
    readers: Sequence[FieldReader],
    beside: Sequence[FieldReader] = (),
    workers: Workers = 1,
) -> tuple[list[ImportanceMap], ImportanceSource]:
    """Make importance into a map for each variable.

    A value, an isosurface or a gradient in an expression is that of the variable itself; of a field with
    components, that of its magnitude. It may name the other variables, those `beside` them, and components.
    What it must know of the whole field is gathered by `workers`.

    Raises
    ------
    ImportanceError
        The map does not fit a variable.
    """
    if isinstance(workers, int | ThreadPool):
        for reader in readers:
            reader.keep()  # what a map must know is taken from there, and so is all that follows
    scalars = {reader.name: _scalar(reader.field) for reader in [*beside, *readers]}
    parts = [variables_of(reader.field) or {} for reader in [*beside, *readers]]
    named = {name: part for several in parts for name, part in several.items()} | scalars
    resolved = [resolve(importance, scalars[reader.name], named, workers) for reader in readers]
    return [made for made, _ in resolved], resolved[0][1]


def evaluate_importance(importance: Importance, field: xr.DataArray) -> xr.DataArray:
    """Evaluate importance on one field, as :func:`idlat.compress` would, on the field's own axes.

    Returns
    -------
    DataArray
        float32 in [0, 1]; lazy where the field is backed by Dask or is large.

    Raises
    ------
    IdlatError
        The array is no field, or the map does not fit it.
    """
    readers = as_fields(field)
    (made,), _ = maps_of(importance, readers)
    result = made.to_dataarray()
    result.encoding = dict(readers[0].field.encoding)  # remembers the names and order of its axes
    result = to_original(result)
    result.encoding = {}  # packing is the field's
    return result


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
