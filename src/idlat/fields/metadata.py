"""A field's name, attributes and encoding as plain JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr


def pack_metadata(field: xr.DataArray) -> dict[str, Any]:
    """Express a field's attributes and encoding in JSON's own types; numpy's dtypes are kept beside them.

    Returns
    -------
    dict
        ``attrs``, ``encoding`` and, where needed, ``dtypes``: the numpy dtype of attributes by their path.

    Examples
    --------
    >>> field = xr.DataArray(np.zeros((1, 1, 1)), attrs={"units": "Pa", "level": np.int32(3)})
    >>> pack_metadata(field)
    {'attrs': {'units': 'Pa', 'level': 3}, 'encoding': {}, 'dtypes': {'attrs/level': 'int32'}}
    """
    dtypes: dict[str, str] = {}
    packed = {
        "attrs": _pack(field.attrs, "attrs", dtypes),
        "encoding": _pack(
            {key: value for key, value in field.encoding.items() if _kept(key)}, "encoding", dtypes
        ),
    }
    return {**packed, "dtypes": dtypes} if dtypes else packed


_ENCODING = frozenset(
    "dtype scale_factor add_offset _FillValue missing_value _Unsigned "
    "chunksizes zlib complevel shuffle unlimited_dims".split()
)


def _kept(key: str) -> bool:
    return key in _ENCODING or key.startswith("idlat_")


def unpack_metadata(field: xr.DataArray, packed: Mapping[str, Any]) -> xr.DataArray:
    """Give a field the attributes and encoding that :func:`pack_metadata` took from another.

    Examples
    --------
    >>> one = xr.DataArray(np.zeros((1, 1, 1)), attrs={"level": np.int32(3)})
    >>> unpack_metadata(xr.DataArray(np.ones((1, 1, 1))), pack_metadata(one)).attrs["level"]
    np.int32(3)
    """
    result = field.copy(deep=False)
    dtypes = packed.get("dtypes", {})
    result.attrs = _unpack(packed.get("attrs", {}), "attrs", dtypes)
    result.encoding = _unpack(packed.get("encoding", {}), "encoding", dtypes)
    return result


def _pack(values: Mapping[Any, Any], path: str, dtypes: dict[str, str]) -> dict[str, Any]:
    return {str(key): _pack_one(value, f"{path}/{key}", dtypes) for key, value in values.items()}


def _pack_one(value: Any, path: str, dtypes: dict[str, str]) -> Any:
    if isinstance(value, Mapping):
        return _pack(value, path, dtypes)
    if isinstance(value, np.dtype):
        return value.newbyteorder("=").name
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "fiu":
        dtypes[path] = value.dtype.newbyteorder("=").name
        value = value.tolist()
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_pack_one(item, path, {}) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        dtypes.setdefault(path, "float64")
        return repr(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _unpack(values: Mapping[str, Any], path: str, dtypes: Mapping[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in values.items():
        here = f"{path}/{key}"
        if isinstance(value, Mapping):
            result[key] = _unpack(value, here, dtypes)
        elif here in dtypes:
            result[key] = np.array(value, dtypes[here])[()]
        else:
            result[key] = value
    return result
