"""Which dimension is time, z, y or x: by its coordinate's CF attributes, by its name, then by its place."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import xarray as xr

__all__ = ["grid_axes", "stated_role"]

_AXES = {"T": "time", "Z": "z", "Y": "y", "X": "x"}
_AXIS_TYPES = {
    "Time": "time",
    "GeoZ": "z",
    "Height": "z",
    "Pressure": "z",
    "Lat": "y",
    "GeoY": "y",
    "Lon": "x",
    "GeoX": "x",
}
_STANDARD_NAMES = {
    "time": "time",
    "latitude": "y",
    "grid_latitude": "y",
    "projection_y_coordinate": "y",
    "longitude": "x",
    "grid_longitude": "x",
    "projection_x_coordinate": "x",
    **dict.fromkeys(("altitude", "depth", "height", "air_pressure", "model_level_number"), "z"),
    **dict.fromkeys(("geopotential_height", "sea_water_pressure", "height_above_mean_sea_level"), "z"),
}
_VERTICAL = re.compile(r"(atmosphere|ocean)_\w*coordinate\w*")
_NORTH = re.compile(r"degrees?_?(north|n)", re.IGNORECASE)
_EAST = re.compile(r"degrees?_?(east|e)", re.IGNORECASE)
_PRESSURE = frozenset("Pa hPa kPa mb mbar millibar bar dbar decibar atm".split())
_NAMES = {
    **dict.fromkeys(
        ("z", "lev", "level", "levels", "plev", "depth", "height", "altitude", "bottom_top"), "z"
    ),
    **dict.fromkeys(("y", "lat", "latitude", "rlat", "south_north"), "y"),
    **dict.fromkeys(("x", "lon", "longitude", "rlon", "west_east"), "x"),
}
_SPACE = ("z", "y", "x")


def stated_role(da: xr.DataArray | xr.Dataset, dim: Hashable) -> str | None:
    """Tell which axis a dimension is by what its coordinate states: time, z, y or x; None where it does not.

    A dimension without a coordinate of its name is what the one-dimensional coordinates along it all say.

    Examples
    --------
    >>> lat = xr.DataArray([0.0, 1.0], dims="j", attrs={"units": "degrees_north"})
    >>> stated_role(xr.DataArray([5.0, 6.0], {"j": lat}, "j"), "j")
    'y'
    """
    if dim in da.coords:
        return _role(da.coords[dim])
    roles = {_role(coord) for coord in da.coords.values() if coord.dims == (dim,)} - {None}
    return roles.pop() if len(roles) == 1 else None


def grid_axes(
    da: xr.DataArray, dims: Sequence[Hashable], times: Sequence[Hashable]
) -> dict[Hashable, str] | None:
    """Map dimensions to time, z, y and x; two, with time or without, are those of one layer.

    Parameters
    ----------
    da
    dims
        Those of its dimensions to be mapped, in its order.
    times
        Those that are time.

    Returns
    -------
    dict or None
        None where they are too many or too few.

    Examples
    --------
    >>> import numpy as np
    >>> field = xr.DataArray(np.zeros((4, 3, 2, 5)), dims=("lon", "lat", "lev", "time"))
    >>> grid_axes(field, field.dims, ["time"])
    {'time': 'time', 'lon': 'x', 'lat': 'y', 'lev': 'z'}
    """
    rest = list(dims)
    known = _known(da, rest)
    time = list(times) if len(times) == 1 else []
    if not time and len(rest) == 4:
        time = [next((dim for dim in rest if dim not in known), rest[0])]
    rest = [dim for dim in rest if dim not in time]
    names = {2: ("y", "x"), 3: _SPACE}.get(len(rest))
    if names is None:
        return None
    return {**dict.fromkeys(time, "time"), **_in_order(rest, names, known)}


def _known(da: xr.DataArray, dims: Sequence[Hashable]) -> dict[Hashable, str]:
    """Give the axes of space that dimensions are, by their coordinates, then by their names."""
    known: dict[Hashable, str] = {}
    stated = {dim: stated_role(da, dim) for dim in dims}
    named = {dim: _NAMES.get(str(dim).lower().removesuffix("_stag")) for dim in dims}
    for roles in (stated, {dim: role for dim, role in named.items() if stated[dim] is None}):
        for axis in _SPACE:
            found = [dim for dim in dims if roles.get(dim) == axis]
            if len(found) == 1 and axis not in known.values():
                known[found[0]] = axis
    return known


def _in_order(
    dims: Sequence[Hashable], names: Sequence[str], known: Mapping[Hashable, str]
) -> dict[Hashable, str]:
    """Give each dimension the axis that it is known to be; the others take those left, in their order."""
    fixed = {dim: known[dim] for dim in dims if known.get(dim) in names}
    left = iter([name for name in names if name not in fixed.values()])
    return {dim: fixed.get(dim) or next(left) for dim in dims}


def _role(coord: xr.DataArray) -> str | None:
    """Tell which axis a coordinate's attributes make it."""
    attrs = coord.attrs
    standard, units = _text(attrs, "standard_name"), _text(attrs, "units")
    stated = (
        _AXES.get((_text(attrs, "axis") or _text(attrs, "cartesian_axis")).upper())
        or _STANDARD_NAMES.get(standard)
        or _AXIS_TYPES.get(_text(attrs, "_CoordinateAxisType"))
    )
    if stated:
        return stated
    if coord.dtype.kind in "mM" or " since " in units:
        return "time"
    if _VERTICAL.fullmatch(standard) or _text(attrs, "positive").lower() in ("up", "down"):
        return "z"
    if _NORTH.fullmatch(units):
        return "y"
    if _EAST.fullmatch(units):
        return "x"
    return "z" if units in _PRESSURE else None


def _text(attrs: Mapping[Any, Any], key: str) -> str:
    value = attrs.get(key, "")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value).strip()
