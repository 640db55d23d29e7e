"""The fields of a Dataset in memory: what its variables name by CF attributes travels with them.

::

    ds: T(time, lev, lat), time_bnds(time, nv), hyam(lev), ps(time, lat), lev.formula_terms …
      ──▶ T, with hyam and ps as coordinates and time_bnds in ``encoding``; not four fields
"""

from __future__ import annotations

import xarray as xr

from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.related_variables import KEY, find_related, related_names

__all__ = ["fields_of"]

_POINTING = (
    *("coordinates", "bounds", "climatology", "ancillary_variables", "geometry", "grid_mapping"),
    *("cell_measures", "formula_terms"),
)


def fields_of(dataset: xr.Dataset) -> list[xr.DataArray]:
    """Return the variables that are fields, each with what it names.

    A variable that another one names, such as its bounds or a term of its vertical coordinate, is none of
    them, unless it is an ancillary variable, or nothing else would be left.

    Parameters
    ----------
    dataset
        Made in Python, or opened by xarray, decoded.

    Examples
    --------
    >>> import numpy as np
    >>> axes = {"lat": ("lat", [10.0, 20.0], {"bounds": "lat_bnds"}), "lon": [0.0, 1.0, 2.0]}
    >>> bounds = (("lat", "nv"), np.zeros((2, 2)))
    >>> ds = xr.Dataset({"t": (("lat", "lon"), np.zeros((2, 3))), "lat_bnds": bounds}, axes)
    >>> [str(field.name) for field in fields_of(ds)]
    ['t']
    """
    named = {name for var in dataset.variables.values() for name in _named(_stated(var))}
    chosen = [name for name in dataset.data_vars if str(name) not in named] or list(dataset.data_vars)
    with remarks_on("the dataset", "idlat cannot carry it"):
        return [_with_related(dataset, str(name)) for name in chosen]


def _with_related(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """Give one variable with its coordinates, and those of the others that it names."""
    array = dataset[name]

    def lookup(other: str) -> xr.Variable | None:
        return _stated(dataset.variables[other]) if other != name and other in dataset.variables else None

    found = {other: dataset.variables[other] for other in find_related(_stated(array.variable), lookup)}
    held = {other: var for other, var in found.items() if set(var.dims) <= set(array.dims)}
    field = array.assign_coords({other: var for other, var in held.items() if other not in array.coords})
    others = {other: var for other, var in found.items() if other not in held}
    field.encoding = {**array.encoding, **({KEY: others} if others else {})}
    return field


def _stated(var: xr.Variable) -> xr.Variable:
    """Give a variable with the attributes that name others, which xarray may have moved to its encoding."""
    moved = {key: var.encoding[key] for key in _POINTING if key in var.encoding}
    if not moved:
        return var
    stated = var.copy(deep=False)
    stated.attrs = {**moved, **var.attrs}
    return stated


def _named(var: xr.Variable) -> list[str]:
    """List what a variable names, but for what may be a field of its own."""
    return related_names({key: value for key, value in var.attrs.items() if key != "ancillary_variables"})
