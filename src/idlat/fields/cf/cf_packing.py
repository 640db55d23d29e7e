"""Pack physical values into a NetCDF variable's stored numbers (CF conventions, Section 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import DTypeLike, NDArray

from idlat.fields.arrays.missing_values import cast_values, in_dtype, keep_off


@dataclass(frozen=True)
class Packing:
    """How a field's values are stored in a file.

    Attributes
    ----------
    dtype
        The stored dtype.
    scale, offset
        physical = stored · scale + offset.
    fill
        The stored number of a missing value.
    attrs
        The attributes that say so in the file.
    """

    dtype: np.dtype
    scale: float
    offset: float
    fill: Any
    attrs: dict[str, Any]

    @classmethod
    def of(cls, field: xr.DataArray) -> Packing:
        """Read the packing off a field's ``encoding``; without one, values are stored as they are."""
        encoding = field.encoding
        packed = "scale_factor" in encoding or "add_offset" in encoding
        dtype = _stored_dtype(field.dtype, encoding.get("dtype")) if packed or _masked(field) else field.dtype
        attrs: dict[str, Any] = {}
        for key in ("scale_factor", "add_offset"):
            if key in encoding:
                attrs[key] = (
                    encoding[key] if isinstance(encoding[key], np.floating) else np.float64(encoding[key])
                )
        signed = dtype
        if str(encoding.get("_Unsigned", "")).lower() == "true" and dtype.kind in "iu":
            attrs["_Unsigned"] = "true"
            signed = np.dtype(f"i{dtype.itemsize}")
            dtype = np.dtype(f"u{dtype.itemsize}")
        fill = None
        for key in ("missing_value", "_FillValue"):
            known = np.ravel(encoding.get(key, ()))
            values = [_reinterpret(value, signed, dtype) for value in known if known.dtype.kind in "iuf"]
            values = [value for value in values if value is not None]
            if values:
                fill = values[0]
                stored = np.array(values, dtype).view(signed)
                attrs[key] = stored[0] if len(values) == 1 else stored
        scale, offset = float(encoding.get("scale_factor", 1.0)), float(encoding.get("add_offset", 0.0))
        return cls(dtype, scale, offset, fill, attrs)

    @property
    def stored(self) -> np.dtype:
        """The dtype of the file's variable (signed where the file marks it ``_Unsigned``)."""
        return np.dtype(f"i{self.dtype.itemsize}") if "_Unsigned" in self.attrs else self.dtype

    @property
    def unscaled(self) -> bool:
        """Whether stored values are the physical ones."""
        return (self.scale, self.offset) == (1.0, 0.0)

    def pack(self, values: NDArray[Any]) -> NDArray[Any]:
        """Turn physical values into stored ones: rounded, clipped, missing ones as the fill value.

        A valid value never becomes the fill value.

        Examples
        --------
        >>> field = xr.DataArray(np.zeros((1, 1, 1)))
        >>> field.encoding = {"dtype": "int16", "scale_factor": 0.5, "add_offset": 10.0, "_FillValue": -1}
        >>> Packing.of(field).pack(np.array([10.0, 11.3, np.nan, 9.4]))
        array([ 0,  3, -1, -2], dtype=int16)
        """
        if not self.unscaled:
            values = (values.astype(np.float64) - self.offset) / self.scale
        floating = values.dtype.kind == "f"
        missing = np.isnan(values) if floating and self.fill is not None else None
        result = cast_values(values, self.dtype)
        if floating and self.fill is not None and self.dtype.kind in "iu":
            keep_off(result, [self.fill], values)
        if missing is not None and missing.any():
            result = result.copy() if result is values else result
            result[missing] = self.fill
        return result.view(self.stored)


def _masked(field: xr.DataArray) -> bool:
    """Whether reading turned fill values of an integer variable into NaN."""
    return field.dtype.kind == "f" and "_FillValue" in field.encoding


def _stored_dtype(memory: np.dtype, stored: Any) -> np.dtype:
    return memory if stored is None else np.dtype(stored).newbyteorder("=")


def _reinterpret(value: Any, signed: np.dtype, dtype: np.dtype) -> Any:
    """Express a fill value in `dtype`; a negative one of an ``_Unsigned`` variable by its bits."""
    number = in_dtype(value, signed)
    if number is not None and signed != dtype:
        bits: Any = np.array(number, signed).view(dtype)[()]
        return bits
    return in_dtype(value, dtype)


def original_dtype(field: xr.DataArray) -> np.dtype:
    """Give the dtype in which a field's file stores it: the packed one for a packed NetCDF variable.

    The size of a field in its file is the number of voxels times this dtype's item size.

    Examples
    --------
    >>> field = xr.DataArray(np.zeros((1, 1, 1), np.float32))
    >>> field.encoding = {"dtype": "int16", "scale_factor": 0.5}
    >>> original_dtype(field)
    dtype('int16')
    """
    return Packing.of(field).stored


def widened(dtype: DTypeLike) -> np.dtype:
    """Widen float16, which NetCDF and the image formats do not have, to float32."""
    dtype = np.dtype(dtype)
    return np.dtype(np.float32) if dtype == np.float16 else dtype


_PACKING = ("dtype", "scale_factor", "add_offset", "_FillValue", "missing_value", "_Unsigned")


def common_encoding(encodings: Sequence[Mapping[str, Any]], dtype: DTypeLike) -> dict[str, Any]:
    """Give the encoding of the steps of a series: the first's, without a packing that not all share.

    Integers in memory are as they are in the file: what marks their missing values stays.

    Examples
    --------
    >>> common_encoding([{"scale_factor": 0.5, "zlib": True}, {"scale_factor": 2.0}], "f8")
    {'zlib': True}
    """
    first = dict(encodings[0])
    packed = any(key in one for one in encodings for key in ("scale_factor", "add_offset"))
    if np.dtype(dtype).kind in "iu" and not packed:
        return first
    for other in encodings[1:]:
        if not all(np.array_equal(_known(first, key), _known(other, key)) for key in _PACKING):
            return {key: value for key, value in first.items() if key not in _PACKING}
    return first


def _known(encoding: Mapping[str, Any], key: str) -> Any:
    value = encoding.get(key)
    return None if value is None else np.dtype(value).newbyteorder("=").name if key == "dtype" else value
