"""Times that know their zone: kept as the same instants in UTC, for files and archives know no zones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["in_utc"]


def in_utc(field: xr.DataArray) -> xr.DataArray:
    """Turn coordinates of times with a zone into ``datetime64`` in UTC; the rest stays as it is.

    Examples
    --------
    >>> times = pd.date_range("2024-07-01", periods=2, tz="Europe/Paris")
    >>> field = xr.DataArray(np.zeros((2, 1)), {"time": times}, ("time", "x"))
    >>> in_utc(field).time.values.astype("datetime64[h]").astype(str).tolist()
    ['2024-06-30T22', '2024-07-01T22']
    """
    zoned = {name: coord for name, coord in field.coords.items() if _has_zone(coord)}
    if not zoned:
        return field
    encoding = field.encoding
    field = field.assign_coords({name: _utc(coord) for name, coord in zoned.items()})
    field.encoding = encoding
    return field


def _has_zone(coord: xr.DataArray) -> bool:
    """Whether all values of a coordinate are times with a zone."""
    if isinstance(coord.dtype, pd.DatetimeTZDtype):
        return True
    if coord.dtype != np.dtype(object) or not coord.size:
        return False
    values = np.ravel(coord.values)
    return all(isinstance(value, dt.datetime) and value.tzinfo is not None for value in values)


def _utc(coord: xr.DataArray) -> tuple[Any, ...]:
    listed = coord.to_index() if coord.ndim == 1 else list(np.ravel(np.asarray(coord.values, object)))
    instants = pd.to_datetime(listed, utc=True).tz_localize(None)
    return coord.dims, instants.to_numpy().reshape(coord.shape), coord.attrs
