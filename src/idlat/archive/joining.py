"""Coordinates of a field and of the steps or variables that are appended to it: do they fit, and together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from idlat.errors import FieldError

__all__ = ["check_grid", "join_steps"]


def check_grid(old: xr.DataArray, new: xr.DataArray) -> None:
    """Check that two fields lie on one grid: coordinates that both have are equal.

    Raises
    ------
    FieldError
        One differs.
    """
    for name in set(old.coords) & set(new.coords):
        if not old.coords[name].variable.equals(new.coords[name].variable):
            raise FieldError(
                f"coordinate {str(name)!r} differs from the archive's: what is appended must lie on its grid"
            )


def join_steps(old: xr.DataArray, new: xr.DataArray) -> xr.DataArray:
    """Return the labels of a series: those of its steps so far and of those that follow.

    Parameters
    ----------
    old, new
        Fields, with or without ``time``; only their labels are read.

    Returns
    -------
    DataArray
        With ``time``, and zeros for values, which take no memory; attributes and encoding are those of `old`.

    Raises
    ------
    FieldError
        Their coordinates have other names, or differ where they do not depend on time.

    Examples
    --------
    >>> step = xr.DataArray(np.zeros((1, 1, 2)), {"time": 0.0}, ("z", "y", "x"))
    >>> join_steps(step, step.assign_coords(time=1.5)).time.values.tolist()
    [0.0, 1.5]
    """
    before, after = _coordinates(old), _coordinates(new)
    if set(before) != set(after):
        odd = ", ".join(sorted(set(before) ^ set(after)))
        raise FieldError(
            f"coordinates {odd}: the archive has them and the new steps have not, or the reverse"
        )
    joined = {}
    for name, coordinate in before.items():
        other = after[name]
        if coordinate.dims != other.dims:
            raise FieldError(
                f"coordinate {name!r} has axes {other.dims}, the archive's has {coordinate.dims}"
            )
        if "time" in coordinate.dims:
            joined[name] = xr.Variable.concat([coordinate, other], "time")
            joined[name].encoding = {}  # the units of the first times may not express the others
        elif coordinate.equals(other):
            joined[name] = coordinate
        else:
            raise FieldError(
                f"coordinate {name!r} differs from the archive's: appended steps must lie on its grid"
            )
    steps = sum(int(field.sizes.get("time", 1)) for field in (old, new))
    lengths = [steps, *(size for dim, size in old.sizes.items() if dim != "time")]
    dims = ["time", *(dim for dim in old.dims if dim != "time")]
    labels = xr.DataArray(
        np.broadcast_to(np.zeros((), old.dtype), lengths), joined, dims, old.name, old.attrs
    )
    labels.encoding = dict(old.encoding)
    original = old.encoding.get("idlat_dims")
    if original is not None and "time" not in old.dims:
        labels.encoding["idlat_dims"] = ["time", *(dim for dim in original if dim != "time")]
    return labels


def _coordinates(field: xr.DataArray) -> Mapping[str, xr.Variable]:
    """Return the coordinates by name; a time that is one for the whole field gets an axis."""
    variables = {str(name): coordinate.variable for name, coordinate in field.coords.items()}
    if "time" not in field.dims and "time" in variables:
        variables["time"] = variables["time"].expand_dims("time")
    return {name: variable.to_base_variable() for name, variable in variables.items()}
