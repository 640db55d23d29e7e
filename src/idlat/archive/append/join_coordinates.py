"""The coordinates of a series: of its steps so far, and of those that are appended to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.cf.cf_packing import common_encoding
from idlat.fields.grid.align_grids import same_places
from idlat.fields.grid.canonical_axes import SPACE
from idlat.fields.grid.ensemble_members import check_members
from idlat.fields.metadata.coordinate_values import lasting_encoding
from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.related_variables import KEY
from idlat.fields.series.join_related_variables import join_related_variables

__all__ = ["join_steps"]


def join_steps(old: xr.DataArray, new: xr.DataArray) -> xr.DataArray:
    """Return the labels of a series: those of its steps so far and of those that follow.

    Parameters
    ----------
    old, new
        Fields, with or without ``time``; only their labels are read.

    Returns
    -------
    DataArray
        With ``time``, and zeros for values, which take no memory; attributes and encoding are those of `old`,
        but for a packing that the new steps do not share, which is left out.

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
    check_members(old, new, f"field {str(new.name)!r}")
    before, after = _coordinates(old), _coordinates(new)
    if set(before) != set(after):
        odd = ", ".join(sorted(set(before) ^ set(after)))
        raise FieldError(
            f"coordinates {odd}: the archive has them and the new steps have not, or the reverse"
        )
    joined = {}
    counts = [int(field.sizes.get("time", 1)) for field in (old, new)]
    for name, coordinate in before.items():
        other = after[name]
        if not _is_place(name, coordinate) and not _same(coordinate, other):
            coordinate, other = (_along_time(c, n) for c, n in zip((coordinate, other), counts, strict=True))
        if coordinate.dims != other.dims:
            raise FieldError(
                f"coordinate {name!r} has axes {other.dims}, the archive's has {coordinate.dims}"
            )
        if "time" in coordinate.dims:
            joined[name] = xr.Variable.concat([coordinate, other], "time")
            joined[name].encoding = lasting_encoding(
                coordinate
            )  # the units of the first times may not express the others
        elif _same(coordinate, other):
            joined[name] = coordinate
        else:
            raise FieldError(
                f"coordinate {name!r} differs from the archive's: appended steps must lie on its grid"
            )
    lengths = [sum(counts), *(size for dim, size in old.sizes.items() if dim != "time")]
    dims = ["time", *(dim for dim in old.dims if dim != "time")]
    labels = xr.DataArray(
        np.broadcast_to(np.zeros((), old.dtype), lengths), joined, dims, old.name, old.attrs
    )
    labels.encoding = common_encoding([old.encoding, new.encoding], old.dtype)
    if KEY in old.encoding or KEY in new.encoding:
        with remarks_on(str(new.name), "the archive cannot carry it"):
            labels.encoding[KEY] = join_related_variables([old, new])  # of axes that none of the fields has
    original = old.encoding.get("idlat_dims")
    if original is not None and "time" not in old.dims:
        labels.encoding["idlat_dims"] = ["time", *(dim for dim in original if dim != "time")]
    return labels


def _is_place(name: str, coordinate: xr.Variable) -> bool:
    """Whether a coordinate says where voxels lie, which appended steps must share."""
    units, meaning = (str(coordinate.attrs.get(key, "")) for key in ("units", "standard_name"))
    on_earth = units.startswith(("degrees_", "degree_")) or meaning in ("latitude", "longitude")
    return name in (*SPACE, "component") or (on_earth and coordinate.ndim > 0)


def _same(one: xr.Variable, two: xr.Variable) -> bool:
    return one.dims == two.dims and same_places(one.values, two.values)


def _along_time(coordinate: xr.Variable, count: int) -> xr.Variable:
    """Give a coordinate the axis time; one holds for all steps."""
    if "time" in coordinate.dims:
        return coordinate
    whole: xr.Variable = coordinate.set_dims({"time": count, **coordinate.sizes})
    return whole


def _coordinates(field: xr.DataArray) -> Mapping[str, xr.Variable]:
    """Return the coordinates by name; a time that is one for the whole field gets an axis."""
    variables = {str(name): coordinate.variable for name, coordinate in field.coords.items()}
    if "time" not in field.dims and "time" in variables:
        variables["time"] = variables["time"].expand_dims("time")
    return {name: variable.to_base_variable() for name, variable in variables.items()}
