"""Attributes and coordinates as each format can hold them; the rest is left out with a remark."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.plain_attributes import tidy_attrs

_BOOKKEEPING = frozenset(
    "DIMENSION_LIST REFERENCE_LIST CLASS NAME DIMENSION_LABELS "
    "_Netcdf4Dimid _Netcdf4Coordinates _nc3_strict _NCProperties".split()
)
_STORAGE = ("chunksizes", "zlib", "complevel", "shuffle")
_MARKS = ("_FillValue", "missing_value")


class UnstorableError(Exception):
    """A format has no form for a value."""


@dataclass(frozen=True)
class FormatLimits:
    """How a format holds attributes and coordinates.

    Attributes
    ----------
    name
        Whether a name is legal.
    value
        Turns a plain value into one that the format holds; raises :class:`UnstorableError` where
        there is none.
    variable
        Does so with the values of an encoded coordinate.
    """

    name: Callable[[str], bool]
    value: Callable[[Any], Any]
    variable: Callable[[xr.Variable], xr.Variable]

    def fit(self, attrs: Mapping[Any, Any], owner: str) -> dict[str, Any]:
        """Give the attributes of `owner` that the format holds."""
        found: dict[str, Any] = {}
        for key, value in tidy_attrs(attrs, owner).items():
            try:
                if not self.name(key):
                    raise UnstorableError("an illegal name")
                found[key] = self.value(value)
            except (UnstorableError, OverflowError):
                leave_out(f"attribute {key!r} of {owner}")
        return found

    def fit_variables(self, variables: Mapping[str, xr.Variable]) -> dict[str, xr.Variable]:
        """Give the encoded coordinates that the format holds."""
        found = {}
        for name, var in variables.items():
            try:
                spaced = len(name.split()) > 1 and var.dims != (name,)  # no attribute could name it
                dots = name.strip(".") == "" or name.startswith("__")  # which paths have for themselves
                if not self.name(name) or "/" in name or spaced or dots:
                    raise UnstorableError("an illegal name")
                result = self.variable(var)
            except UnstorableError:
                leave_out(f"coordinate {name!r}")
                continue
            marks = {key: result.attrs.pop(key) for key in _MARKS if key in result.attrs}
            result.attrs = self.fit(result.attrs, name)
            for key, mark in marks.items():  # as numbers of the variable's own type, whatever the format
                result.attrs[key] = np.asarray(mark).astype(result.dtype)[()]
            found[name] = result
        return found


def array_of(value: Any) -> NDArray[Any]:
    """Give numbers, or a list of them, as an array.

    Raises
    ------
    UnstorableError
        If they are not all numbers, or a list of lists of several lengths.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:  # lists of several lengths
        raise UnstorableError from error
    words = array.dtype.kind in "SUO" or (isinstance(value, list) and _holds_text(value))
    if words or array.dtype.kind not in "biufc":
        raise UnstorableError("no numbers")
    return array


def _holds_text(values: list[Any]) -> bool:
    return any(_holds_text(item) if isinstance(item, list) else isinstance(item, str) for item in values)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _one_way(value: Any) -> Any:
    """Give a list of one axis as its array, a number as itself."""
    array = array_of(value)
    if array.ndim > 1:
        raise UnstorableError("several axes")
    return array if array.ndim else array[()]


def _netcdf_name(name: str) -> bool:
    """Whether NetCDF allows a name.

    >>> [_netcdf_name(name) for name in ("units", "°", "a/b", "end ", "CLASS")]
    [True, True, False, False, False]
    """
    plain = re.fullmatch(r"[A-Za-z0-9_\u0080-\U0010ffff][^/\x00-\x1f\x7f]*", name) is not None
    return plain and name == name.rstrip() and len(name.encode()) <= 255 and name not in _BOOKKEEPING


def _netcdf4_value(value: Any) -> Any:
    if isinstance(value, str) or _texts(value):
        if "\0" in "".join(value):
            raise UnstorableError("a NUL")
        return value
    number = _one_way(value)
    if number.dtype.kind == "c":
        raise UnstorableError("complex")
    if number.dtype.kind == "b":
        return number.astype(np.int8)
    return number.astype(np.float32) if number.dtype == np.float16 else number


def _netcdf3_value(value: Any) -> Any:
    result = _netcdf4_value(value)
    if isinstance(result, list):
        raise UnstorableError("a list of texts")
    return result if isinstance(result, str) else narrowed(result)


def narrowed(values: Any) -> Any:
    """Give numbers in a type of NetCDF 3 that holds them exactly.

    Raises
    ------
    UnstorableError
        If there is none.

    Examples
    --------
    >>> [narrowed(np.int64(value)).dtype.name for value in (7, 2**40)]
    ['int32', 'float64']
    """
    if values.dtype.kind not in "iu" or values.dtype.name in ("int8", "int16", "int32"):
        return values
    for dtype in ("i2", "i4", "f8") if values.dtype.itemsize < 4 else ("i4", "f8"):
        with np.errstate(invalid="ignore"):
            result = values.astype(dtype)
            fits = np.array_equal(result.astype(object), values.astype(object))
        if fits:
            return result
    raise UnstorableError("beyond 2⁵³")


def _hdf5_value(value: Any) -> Any:
    if isinstance(value, str):
        # A text of variable length ends at the first NUL; one of fixed length does not.
        return np.bytes_(value.encode()) if "\0" in value else value
    if _texts(value):
        if "\0" in "".join(value):
            raise UnstorableError("a NUL")
        return value
    array = array_of(value)
    return array if array.ndim else array[()]


def _json_value(value: Any) -> Any:
    """Give a value as JSON has it: no NaN, no infinity, no complex number."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise UnstorableError("no number of JSON")
    return value


def _as(var: xr.Variable, values: Any, **encoding: Any) -> xr.Variable:
    return xr.Variable(var.dims, values, dict(var.attrs), encoding)


def _words(var: xr.Variable, *, ends_at_nul: bool = True) -> xr.Variable:
    """Give texts of any length each."""
    values = np.asarray(var.values).astype(object)
    if ends_at_nul and any("\0" in text for text in values.ravel()):
        raise UnstorableError("a NUL")
    return _as(var, values)


def _characters(var: xr.Variable) -> xr.Variable:
    """Give texts as bytes of one length, which xarray writes as characters along one more axis."""
    words = [text.encode() for text in np.asarray(var.values).ravel().tolist()]
    size = max(1, var.encoding.get("idlat_characters", 1), *map(len, words))
    values = np.array(words, f"S{size}").reshape(var.shape)
    axis = var.encoding.get("char_dim_name", f"string{size}")
    if size != var.encoding.get("idlat_characters", size):
        axis = f"{axis}_{size}"
    result = _as(var, values, char_dim_name=axis)
    if any(not word.isascii() for word in words):
        result.attrs["_Encoding"] = "utf-8"
    return result


def _netcdf4_variable(var: xr.Variable) -> xr.Variable:
    if var.dtype.kind == "U":
        return _characters(var) if "char_dim_name" in var.encoding else _words(var)
    if var.dtype.kind not in "iuf":
        raise UnstorableError("no number")
    storage = {key: var.encoding[key] for key in _STORAGE if key in var.encoding and var.ndim}
    chunks = storage.pop("chunksizes", None) or ()
    if len(chunks) == var.ndim > 0:
        storage["chunksizes"] = tuple(map(min, zip(chunks, var.shape, strict=True)))
    return _as(var, var.astype("f4")._data if var.dtype == np.float16 else var._data, **storage)


def _netcdf3_variable(var: xr.Variable) -> xr.Variable:
    if var.dtype.kind == "U":
        return _characters(var)
    result = _netcdf4_variable(var)
    return _as(var, narrowed(np.asarray(result.values)))


def _hdf5_variable(var: xr.Variable) -> xr.Variable:
    return _words(var) if var.dtype.kind == "U" else _as(var, var._data, **var.encoding)


def _zarr_variable(var: xr.Variable) -> xr.Variable:
    return _words(var, ends_at_nul=False) if var.dtype.kind == "U" else _as(var, var._data)


NETCDF4 = FormatLimits(_netcdf_name, _netcdf4_value, _netcdf4_variable)
NETCDF3 = FormatLimits(_netcdf_name, _netcdf3_value, _netcdf3_variable)
HDF5 = FormatLimits(
    lambda name: name != "" and "\0" not in name and name not in _BOOKKEEPING, _hdf5_value, _hdf5_variable
)
ZARR = FormatLimits(lambda name: name not in ("", "_ARRAY_DIMENSIONS"), _json_value, _zarr_variable)
