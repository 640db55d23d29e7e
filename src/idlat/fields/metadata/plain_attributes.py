"""Attributes in one plain form, whatever file or program they come from.

A value is a text, a number, true or false, nothing, an array of numbers, or a list or mapping of such, as
JSON has them. Bytes are texts in UTF-8 or, where they are none, in Latin-1.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import uuid
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.fields.metadata.omission_remarks import leave_out

# Written as their text.
_AS_TEXT = (
    dt.date,
    dt.time,
    dt.timedelta,
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    PurePath,
)


def text_of(value: str | bytes) -> str:
    r"""Read a text that may be bytes, or a text with bytes that are no UTF-8.

    Examples
    --------
    >>> [text_of(value) for value in ("°C", "°C".encode(), b"\xb0C", "\udcb0C")]
    ['°C', '°C', '°C', '°C']
    """
    if isinstance(value, str):
        if value.isascii():
            return str(value)
        try:
            raw = value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half a surrogate pair, which no file can hold
            raw = value.encode("utf-8", "replace")
    else:
        raw = bytes(value).rstrip(b"\0")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def tidy_value(value: Any) -> Any:
    r"""Give an attribute's value in its plain form.

    Raises
    ------
    TypeError
        If it has none; the message says what it is.

    Examples
    --------
    >>> tidy_value(b"M\xe9t\xe9o"), tidy_value(np.array(["a", "b"])), tidy_value(np.float32([1.5]))
    ('Météo', ['a', 'b'], array([1.5], dtype=float32))
    """
    if value is None:
        return None
    if isinstance(value, str | bytes | bytearray):
        return text_of(bytes(value) if isinstance(value, bytearray) else value)
    if isinstance(value, np.generic | np.ndarray):
        return _tidy_array(np.asarray(value))
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, complex):
        return np.complex128(value)
    if isinstance(value, Mapping):
        return {_key(key): tidy_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tidy_value(item) for item in value]
    if isinstance(value, _AS_TEXT):
        return str(value)
    dtype = getattr(value, "dtype", None)
    if isinstance(dtype, np.dtype) and getattr(value, "shape", ()) is None:  # HDF5's null dataspace
        return "" if dtype.kind in "SUO" else np.zeros(0, dtype)
    raise TypeError(f"a {type(value).__name__}")


def _key(key: Any) -> str:
    return text_of(key) if isinstance(key, str | bytes) else str(key)


def _tidy_array(array: NDArray[Any]) -> Any:
    kind = array.dtype.kind
    if kind in "biufc":
        if array.dtype.type in (np.longdouble, np.clongdouble):
            array = array.astype("c16" if kind == "c" else "f8")
        return array.astype(array.dtype.newbyteorder("="), copy=False)[()]
    if kind in "SUT":
        texts = [text_of(text) for text in array.ravel().tolist()]
        return texts if array.ndim else texts[0]
    if kind in "mM":
        return array.astype(str).tolist()
    if kind == "O":
        return tidy_value(array.ravel().tolist() if array.ndim else array[()])
    raise TypeError("a compound value")


def tidy_attrs(attrs: Mapping[Any, Any], owner: str) -> dict[str, Any]:
    """Give attributes in their plain form; those that have none are left out with a remark.

    Parameters
    ----------
    attrs
    owner
        What they belong to, for the remark.
    """
    found: dict[str, Any] = {}
    for key, value in attrs.items():
        try:
            found[_key(key)] = tidy_value(value)
        except (TypeError, RecursionError) as error:
            leave_out(f"attribute {_key(key)!r} of {owner} ({error})")
    return found
