"""A field's name, attributes and encoding as plain JSON, and back.

Texts, whole numbers, finite floats, true, false, null and lists stand as they are. The rest says what it is:
``{"dtype": "int16", "value": 3}`` is NumPy's, ``{"float": "nan"}`` Python's, ``{"object": {…}}`` a mapping; a
long one, such as a file's global attributes, which each variable carries, is ``{"deflated": "…"}``.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.plain_attributes import tidy_attrs
from idlat.fields.metadata.related_variables import KEY

_LONG = 1_000  # bytes of a mapping, as JSON, from which it is deflated
_LONGEST = 2**24  # bytes of JSON that are believed of a deflated one


def pack_metadata(
    field: xr.DataArray | xr.Variable, name: str | None = None, *, deflate: bool = True
) -> dict[str, Any]:
    """Express a field's attributes and encoding in JSON's own types.

    What has no such form, such as a function, is left out with a remark.

    Parameters
    ----------
    field
    name
        For the remark.
    deflate
        Whether long mappings are deflated; other versions of zlib may give other bytes.

    Returns
    -------
    dict
        ``attrs`` and ``encoding``.

    Examples
    --------
    >>> field = xr.DataArray(np.zeros((1, 1, 1)), attrs={"units": "Pa", "level": np.int32(3)})
    >>> pack_metadata(field)
    {'attrs': {'units': 'Pa', 'level': {'dtype': 'int32', 'value': 3}}, 'encoding': {}}
    """
    label = repr(name or str(getattr(field, "name", None) or "field"))
    encoding = {key: _named(value) for key, value in field.encoding.items() if _kept(key)}
    with remarks_on(label, "an archive cannot hold it"):
        packed = {"attrs": tidy_attrs(field.attrs, label), "encoding": tidy_attrs(encoding, label)}
    return {
        part: {key: _pack(value, deflate) for key, value in items.items()} for part, items in packed.items()
    }


_ENCODING = frozenset(
    "dtype scale_factor add_offset _FillValue missing_value _Unsigned coordinates units calendar "
    "chunksizes zlib complevel shuffle unlimited_dims char_dim_name".split()
)


def _kept(key: Any) -> bool:
    return isinstance(key, str) and (key in _ENCODING or (key.startswith("idlat_") and key != KEY))


def _named(value: Any) -> Any:
    """Name a dtype; Python's own types, which xarray puts for texts, mean nothing here."""
    if isinstance(value, np.dtype):
        value = value.newbyteorder("=")
        return value.name if value.kind in "biufc" else value.str
    return None if isinstance(value, type) else value


def unpack_metadata(field: xr.DataArray, packed: Mapping[str, Any]) -> xr.DataArray:
    """Give a field the attributes and encoding that :func:`pack_metadata` took from another.

    Examples
    --------
    >>> one = xr.DataArray(np.zeros((1, 1, 1)), attrs={"level": np.int32(3)})
    >>> unpack_metadata(xr.DataArray(np.ones((1, 1, 1))), pack_metadata(one)).attrs["level"]
    np.int32(3)
    """
    result = field.copy(deep=False)
    result.attrs, result.encoding = unpack_attrs(packed, "attrs"), unpack_attrs(packed, "encoding")
    return result


def unpack_attrs(packed: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Give the attributes or the encoding, as `part` says, that :func:`pack_metadata` packed."""
    found = {key: _unpack(value) for key, value in packed.get(part, {}).items()}
    return {key: value for key, value in found.items() if part == "attrs" or value is not None}


def _pack(value: Any, deflate: bool) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        array = np.asarray(value)
        plain = np.stack([array.real, array.imag], -1) if array.dtype.kind == "c" else array
        shape = {"shape": list(array.shape)} if array.ndim and array.size == 0 else {}
        return {"dtype": array.dtype.name, "value": _finite(plain.tolist()), **shape}
    if isinstance(value, Mapping):
        packed = {key: _pack(item, deflate) for key, item in value.items()}
        return _shorter(packed) if deflate else {"object": packed}
    if isinstance(value, list):
        return [_pack(item, deflate) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": repr(value)}
    return value


def _shorter(packed: dict[str, Any]) -> dict[str, Any]:
    """Write a mapping as JSON, deflated where it is long."""
    text = json.dumps(packed, separators=(",", ":")).encode()
    if not _LONG <= len(text) <= _LONGEST:
        return {"object": packed}
    return {"deflated": base64.b64encode(zlib.compress(text, 9)).decode("ascii")}


def _inflated(text: Any) -> dict[str, Any]:
    """Read what :func:`_shorter` deflated.

    Raises
    ------
    ValueError
        It is damaged, or far too long.
    """
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(base64.b64decode(text, validate=True), _LONGEST)
        found = json.loads(content)
    except (TypeError, ValueError, RecursionError, zlib.error) as error:
        raise ValueError(f"attributes cannot be inflated: {error}") from None
    if not stream.eof or not isinstance(found, dict):
        raise ValueError("attributes cannot be inflated: they are cut, too long, or no mapping")
    return found


def _finite(value: Any) -> Any:
    """Write what is not finite as its name, which NumPy reads back."""
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return repr(value) if isinstance(value, float) and not np.isfinite(value) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "object" in value:
        return {key: _unpack(item) for key, item in value["object"].items()}
    if "deflated" in value:
        return {key: _unpack(item) for key, item in _inflated(value["deflated"]).items()}
    if "float" in value:
        return float(value["float"])
    dtype = np.dtype(value["dtype"])
    if dtype.kind not in "biufc":
        raise ValueError(f"an attribute has the dtype {dtype}")
    if dtype.kind != "c":
        return np.array(value["value"], dtype).reshape(value.get("shape") or np.shape(value["value"]))[()]
    parts = np.array(value["value"], dtype.type(0).real.dtype)
    return parts.view(dtype)[..., 0][()] if parts.size else np.zeros(value["shape"], dtype)
