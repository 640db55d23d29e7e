"""Values of coordinates in one plain form: numbers, times or texts, whatever array holds them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.metadata.plain_attributes import text_of


def plain_labels(var: xr.Variable) -> xr.Variable | None:
    """Give a coordinate as numbers, truth values, times, texts or dates of another calendar.

    Returns
    -------
    xarray.Variable or None
        None where its values are anything else.

    Examples
    --------
    >>> plain_labels(xr.Variable("x", np.array([b"a", "b"], object))).values
    array(['a', 'b'], dtype='<U1')
    """
    kind = getattr(var.dtype, "kind", "O")
    if isinstance(var.dtype, np.dtype) and kind in "biufcmMU":
        wide = var.dtype.type in (np.longdouble, np.clongdouble)
        return var.astype("c16" if kind == "c" else "f8") if wide else var
    values = _plain_array(np.asarray(var.values))
    return None if values is None else xr.Variable(var.dims, values, var.attrs, var.encoding)


def _plain_array(values: NDArray[Any]) -> NDArray[Any] | None:
    if values.dtype.kind in "biufcmMU":
        return values
    if values.dtype.kind in "ST":
        return texts_of(values)
    if values.dtype.kind != "O" or values.size == 0:
        return None
    items = values.ravel().tolist()
    if all(isinstance(item, str | bytes) for item in items):
        return texts_of(values)
    if is_dates(values):
        return values
    if all(isinstance(item, bool | int | float | complex | np.number | np.bool_) for item in items):
        numbers = np.array(items).reshape(values.shape)
        return numbers if numbers.dtype.kind in "biufc" else None
    return None


def single_indexes(da: xr.DataArray) -> xr.DataArray:
    """Turn an index of several levels, which no file can hold, into a coordinate for each level."""
    several = [dim for dim in da.dims if dim in da.indexes and da.indexes[dim].nlevels > 1]
    if not several:
        return da
    plain = da.reset_index(several)
    plain.encoding = da.encoding
    return plain


def is_dates(values: Any) -> bool:
    """Whether an array holds dates of the package cftime, which has calendars that NumPy has not."""
    dtype = getattr(values, "dtype", None)
    if dtype != np.dtype(object) or 0 in values.shape:
        return False
    first = np.asarray(values[(0,) * len(values.shape)]).item()
    return type(first).__module__.partition(".")[0] == "cftime"


def texts_of(values: NDArray[Any]) -> NDArray[Any]:
    r"""Read an array of texts or bytes.

    Examples
    --------
    >>> texts_of(np.array([b"M\xe9t\xe9o", b"x"]))
    array(['Météo', 'x'], dtype='<U5')
    """
    texts = np.array([text_of(text) for text in values.ravel().tolist()], dtype=np.str_)
    return texts.reshape(values.shape)


def lasting_encoding(var: xr.Variable) -> dict[str, Any]:
    """Give the encoding of a label that further steps share: how texts are kept, no units, no packing."""
    return {key: var.encoding[key] for key in ("char_dim_name", "idlat_characters") if key in var.encoding}


def joined_characters(var: xr.Variable, dims: tuple[Hashable, ...]) -> xr.Variable:
    """Give texts for a variable that has one axis more, of their characters, as NetCDF keeps them.

    ``encoding`` remembers that axis, as xarray has it.

    Parameters
    ----------
    var
        Any; what holds no characters is given back as it is.
    dims
        Dimensions that are none of characters: those of the field.

    Examples
    --------
    >>> letters = xr.Variable(("z", "strlen"), np.array([[b"a", b"b"], [b"c", b""]]))
    >>> joined_characters(letters, ("z",)).values
    array(['ab', 'c'], dtype='<U2')
    """
    if var.dtype != np.dtype("S1") or not var.ndim or var.dims[-1] in dims or 0 in var.shape:
        return var
    letters = np.ascontiguousarray(np.asarray(var.values))
    size = letters.shape[-1]
    words = letters.view(f"S{size}").reshape(letters.shape[:-1])
    attrs = {key: value for key, value in var.attrs.items() if key not in ("_Encoding", "_FillValue")}
    encoding = {"dtype": np.dtype("S1"), "char_dim_name": str(var.dims[-1]), "idlat_characters": size}
    return xr.Variable(var.dims[:-1], texts_of(words), attrs, {**encoding, **_named_encoding(var)})


def _named_encoding(var: xr.Variable) -> dict[str, Any]:
    return {"_Encoding": var.attrs["_Encoding"]} if "_Encoding" in var.attrs else {}
