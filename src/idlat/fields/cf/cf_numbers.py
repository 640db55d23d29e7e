"""Numbers among a CF variable's attributes, in the form in which the values are in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from idlat.fields.arrays.missing_values import in_dtype

__all__ = ["fills_in_memory", "numeric_packing"]


def fills_in_memory(attrs: Mapping[Any, Any], dtype: DTypeLike) -> dict[str, Any]:
    """Give the marks of missing values of plain integers; of ``_Unsigned`` ones by their bits.

    Parameters
    ----------
    attrs
        As in the file.
    dtype
        The file's.

    Examples
    --------
    >>> fills_in_memory({"_FillValue": np.int8(-1), "_Unsigned": "true"}, "int8")
    {'_FillValue': 255}
    """
    stored = np.dtype(dtype).newbyteorder("=")
    kind = {"true": "u", "false": "i"}.get(str(attrs.get("_Unsigned", "")).lower(), stored.kind)
    memory = np.dtype(f"{kind}{stored.itemsize}")
    fills: dict[str, Any] = {}
    for key in ("_FillValue", "missing_value"):
        values = np.asarray(attrs[key]) if key in attrs else None
        if values is None or values.dtype.kind not in "iuf":
            continue
        exact = [in_dtype(value, stored) for value in values.ravel()]
        known = values.size and all(value is not None for value in exact)
        bits = np.array(exact, stored).view(memory).reshape(values.shape).tolist() if known else attrs[key]
        fills[key] = bits
    return fills


def numeric_packing(attrs: Mapping[Any, Any]) -> dict[Any, Any]:
    """Give attributes with a ``scale_factor`` or ``add_offset`` that is written out as text as a number.

    Examples
    --------
    >>> numeric_packing({"scale_factor": "0.5", "units": "2"})
    {'scale_factor': np.float64(0.5), 'units': '2'}
    """
    found = dict(attrs)
    for key in ("scale_factor", "add_offset"):
        try:
            if isinstance(attrs.get(key), str | bytes):
                found[key] = np.float64(attrs[key])
        except ValueError:
            continue
    return found
