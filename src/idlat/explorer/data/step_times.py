"""What the steps of a series are called on the page: their times, as short as tells them apart."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

__all__ = ["shown_times"]


def shown_times(template: xr.DataArray) -> list[str]:
    """Return the time of each step with its unit; none where the field has no time coordinate.

    Examples
    --------
    >>> import pandas as pd
    >>> shown_times(xr.DataArray([0, 0], {"time": [0.5, 1.0]}, ["time"]))
    ['0.5', '1']
    >>> times = pd.date_range("2004-09-13", periods=2, freq="6h")
    >>> shown_times(xr.DataArray([0, 0], {"time": times}, ["time"]))
    ['2004-09-13 00:00', '2004-09-13 06:00']
    """
    if "time" not in template.coords:
        return []
    coordinate = template.coords["time"]
    values = np.atleast_1d(coordinate.values)
    if values.dtype.kind == "M":
        return _dates([str(value) for value in values.astype("datetime64[s]")])
    if values.dtype.kind not in "iuf":
        return [str(value)[:32] for value in values]
    unit = str(coordinate.attrs.get("units", "")).strip()
    unit = "" if unit in ("", "1") else f" {unit[:24]}"
    return [f"{value:.6g}{unit}" for value in values.astype(float)]


def _dates(texts: list[str]) -> list[str]:
    """Shorten ISO times: without seconds, and without hours, where none has any."""
    for tail in (r":00$", r"T00:00$"):
        if all(re.search(tail, text) for text in texts):
            texts = [re.sub(tail, "", text) for text in texts]
    return [text.replace("T", " ") for text in texts]
