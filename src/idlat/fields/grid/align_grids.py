"""Whether two fields lie on one grid and have one unit; turned where only the order along an axis differs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.grid.canonical_axes import SPACE
from idlat.fields.metadata.related_variables import isel_with_related

__all__ = ["check_units", "on_grid_of", "same_places", "units_agree"]

_SLACK = 1e-3  # of the distance between neighbours
_PRECISION = 1e-6  # of the largest coordinate: single precision, with a little room
_DEGREES = re.compile(r"degrees?_?(north|east|south|west|N|E|S|W|true)?")

# Spellings of one unit, after exponents and spaces are written in one way.
_SPELLINGS = {
    "kelvin": "K",
    "degK": "K",
    "deg_K": "K",
    "degree_Kelvin": "K",
    "degrees_K": "K",
    "degrees_Kelvin": "K",
    "Celsius": "degC",
    "celsius": "degC",
    "deg_C": "degC",
    "degree_C": "degC",
    "degrees_C": "degC",
    "degree_Celsius": "degC",
    "degrees_Celsius": "degC",
    "°C": "degC",
    "C": "degC",
    "pascal": "Pa",
    "Pascal": "Pa",
    "hectopascal": "hPa",
    "millibar": "hPa",
    "mbar": "hPa",
    "mb": "hPa",
    "meter": "m",
    "metre": "m",
    "meters": "m",
    "metres": "m",
    "": "1",
    "-": "1",
    "dimensionless": "1",
    "(0 - 1)": "1",
}


def on_grid_of(field: xr.DataArray, like: xr.DataArray, where: str, other: str) -> xr.DataArray:
    """Give a field in the order of another's grid, lazily.

    Parameters
    ----------
    field, like
        Fields of one shape; a coordinate that only one of them has is not compared.
    where, other
        What to call them in an error.

    Returns
    -------
    xarray.DataArray
        `field`; where an axis has the other's positions in another order, such as latitudes from north to
        south, with that axis turned. ``encoding`` stays.

    Raises
    ------
    FieldError
        If an axis has other positions, or a unit of its own, or the grids are rotated differently.

    Examples
    --------
    >>> south = xr.DataArray([[[1.0], [2.0]]], {"y": [-5.0, 5.0]}, ("z", "y", "x"))
    >>> on_grid_of(south.isel(y=[1, 0]), south, "b.nc", "a.nc").values.ravel().tolist()
    [1.0, 2.0]
    """
    turns: dict[str, Any] = {}
    for dim in (*SPACE, "component"):
        if dim not in field.coords or dim not in like.coords:
            continue
        what = f"{where}: its coordinate {_name(field, dim)!r}"
        _check_unit(field.coords[dim], like.coords[dim], what, other)
        own, wanted = field.coords[dim].values, like.coords[dim].values
        if not same_places(own, wanted):
            turns[dim] = _order(own, wanted, what, other)
    _check_direction(field, like, where, other)
    if not turns:
        return field
    return isel_with_related(field, turns)


def same_places(one: NDArray[Any], two: NDArray[Any]) -> bool:
    """Whether coordinates are equal, as far as single precision can tell.

    Examples
    --------
    >>> same_places(np.array([0.1, 0.2], np.float32), np.array([0.1, 0.2])), same_places([1.0], [2.0])
    (True, False)
    """
    one, two = np.asarray(one), np.asarray(two)
    if one.shape != two.shape:
        return False
    if one.dtype.kind not in "iuf" or two.dtype.kind not in "iuf":
        return bool(np.array_equal(one, two))
    one, two = one.astype(np.float64), two.astype(np.float64)
    slack = _PRECISION * float(np.nanmax(np.abs(one), initial=0.0))
    for axis in range(one.ndim):
        steps = np.abs(np.diff(one, axis=axis))
        if steps.size and np.isfinite(steps).any():
            slack = min(slack, _SLACK * float(np.nanmin(steps)))
    return bool(np.allclose(one, two, rtol=1e-12, atol=slack, equal_nan=True))


def check_units(field: xr.DataArray, like: xr.DataArray, where: str, other: str) -> None:
    """Refuse a field whose unit is another than `like`'s; one that states none agrees with any.

    Raises
    ------
    FieldError
        If both state a unit, and not the same.
    """
    _check_unit(field, like, f"{where}: {str(field.name)!r}", other)


def units_agree(one: Any, two: Any) -> bool:
    """Whether two ``units`` attributes say the same, or one of them says nothing.

    Examples
    --------
    >>> units_agree("m s-1", "m/s"), units_agree("m s**-1", "m s^-1"), units_agree("K", "degC")
    (True, True, False)
    """
    return one is None or two is None or _plain(one) == _plain(two)


def _plain(units: Any) -> str:
    """Write a unit in one way."""
    text = " ".join(str(units).split())
    if _DEGREES.fullmatch(text):
        return "degrees"
    text = _SPELLINGS.get(text, text)
    text = text.replace("**", "").replace("^", "")
    text = re.sub(r"\s*/\s*([A-Za-z%]+)(\d*)", lambda part: f" {part[1]}-{part[2] or 1}", text)
    return " ".join(sorted(re.split(r"[\s.*]+(?!\d)", text)))


def _check_unit(one: xr.DataArray, two: xr.DataArray, what: str, other: str) -> None:
    own, wanted = one.attrs.get("units"), two.attrs.get("units")
    if not units_agree(own, wanted):
        raise FieldError(f"{what} is in {own!r}, that of {other} in {wanted!r}: convert one of them first")


def _order(own: NDArray[Any], wanted: NDArray[Any], what: str, other: str) -> Any:
    """Give the indices that put positions into another order."""
    if own.shape == wanted.shape and own.ndim == 1 and np.unique(own).size == own.size:
        order = np.empty(own.size, np.intp)
        order[np.argsort(wanted, kind="stable")] = np.argsort(own, kind="stable")
        if same_places(own[order], wanted):
            return slice(None, None, -1) if (order == np.arange(own.size)[::-1]).all() else order
    raise FieldError(f"{what} is {_span(own)}, that of {other} {_span(wanted)}: they must lie on one grid")


def _span(values: NDArray[Any]) -> str:
    """Describe positions by their ends.

    >>> _span(np.array([1.0, 2.5, 4.0]))
    '1, 2.5 … 4'
    """
    shown = [
        f"{value:.9g}" if np.asarray(value).dtype.kind in "iuf" else str(value) for value in values.ravel()
    ]
    return ", ".join(shown[:2]) + (f" … {shown[-1]}" if len(shown) > 2 else "")


def _check_direction(field: xr.DataArray, like: xr.DataArray, where: str, other: str) -> None:
    """Refuse a grid that is rotated otherwise, where both say where they lie."""
    if not all("idlat_spacing" in one.encoding for one in (field, like)):
        return
    own, wanted = (one.encoding.get("idlat_direction") or np.eye(3).ravel() for one in (field, like))
    if not np.allclose(own, wanted, atol=1e-6):
        raise FieldError(f"{where}: its grid is rotated otherwise than that of {other}: resample it first")


def _name(field: xr.DataArray, dim: str) -> str:
    """Give the file's name of a dimension."""
    return str(field.encoding.get("idlat_names", {}).get(dim, dim))
