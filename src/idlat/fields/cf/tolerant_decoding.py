"""Decode variables by the CF conventions, whatever their attributes are.

An attribute of another type than CF gives it (``units`` that is no text, ``scale_factor`` that is no number)
is set aside while xarray decodes, and stands there afterwards as the file has it. A time that no calendar
can express stays a number, with its units.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

_TEXTS = ("units", "calendar", "_Unsigned", "_Encoding", "coordinates", "grid_mapping", "bounds")
_NUMBERS = ("scale_factor", "add_offset", "_FillValue", "missing_value")
_UNREADABLE = (ValueError, TypeError, OverflowError, ImportError, AttributeError)


def decode_cf(stored: xr.Dataset) -> xr.Dataset:
    """Decode a dataset of which nothing is decoded, variable by variable where it cannot be done at once."""
    ds = stored.copy()
    aside = {name: _set_aside(ds[name]) for name in ds.variables}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # xarray's remarks on the file's own oddities
        try:
            decoded = _decoded(ds)
        except _UNREADABLE:
            for name in ds.variables:
                aside[name] |= _unreadable_time(ds, str(name))
            decoded = _decoded(ds)
    for name, attrs in aside.items():
        decoded[name].attrs.update(attrs)
    return decoded


def _decoded(ds: xr.Dataset) -> xr.Dataset:
    """Decode; what is short is loaded, so that a failure shows here."""
    decoded = xr.decode_cf(ds, decode_timedelta=False)
    for var in decoded.variables.values():
        if var.ndim <= 1:
            var.load()
    return decoded


def _set_aside(var: xr.DataArray) -> dict[str, Any]:
    """Take away the attributes that are not what CF says."""
    return {key: var.attrs.pop(key) for key in odd_attrs(var.attrs)}


def odd_attrs(attrs: Mapping[Any, Any]) -> list[str]:
    """List the attributes that are of another type than CF gives them.

    >>> odd_attrs({"units": "K", "scale_factor": "none", "coordinates": [1]})
    ['coordinates', 'scale_factor']
    """
    odd = [key for key in _TEXTS if key in attrs and not isinstance(attrs[key], str)]
    single = ("scale_factor", "add_offset")
    return odd + [
        key for key in _NUMBERS if key in attrs and not _is_number(attrs[key], single=key in single)
    ]


def _is_number(value: Any, *, single: bool) -> bool:
    try:
        array = np.asarray(value)
    except ValueError:  # lists of several lengths
        return False
    return array.dtype.kind in "iuf" and (array.size == 1 if single else array.size >= 1)


def _unreadable_time(ds: xr.Dataset, name: str) -> dict[str, Any]:
    """Take away the units of a time that cannot be decoded."""
    if " since " not in str(ds[name].attrs.get("units", "")):
        return {}
    try:
        _decoded(ds[[name]])
    except _UNREADABLE:
        attrs = ds[name].attrs
        return {key: attrs.pop(key) for key in ("units", "calendar") if key in attrs}
    return {}
