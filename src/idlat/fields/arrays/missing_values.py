"""Missing values: which voxels carry no number, of what kind, and how to put them back.

A mask of kinds is an array of uint8 on the field's grid: :data:`VALID`, :data:`NAN`,
:data:`POSITIVE_INFINITY`, :data:`NEGATIVE_INFINITY`, and :data:`SENTINEL` for the first fill value, one more
for each further one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from idlat.errors import FieldError

if TYPE_CHECKING:
    import xarray as xr

VALID = 0
NAN = 1
POSITIVE_INFINITY = 2
NEGATIVE_INFINITY = 3
SENTINEL = 4

_FILL_KEYS = ("_FillValue", "missing_value")
_ROUNDING = 4  # units in the last place by which unpacking may miss the number that a user writes


def valid_mask(array: NDArray[Any], fill_values: Iterable[float] = ()) -> NDArray[np.uint8]:
    """Tell valid voxels from missing ones.

    Parameters
    ----------
    array
        Values of any shape, integer or floating.
    fill_values
        Values that stand for a missing one, compared in the array's own dtype.

    Returns
    -------
    ndarray of uint8
        0 valid, 1 NaN, 2 +infinity, 3 −infinity, 4 the first fill value, 5 the second, and so on.

    Examples
    --------
    >>> valid_mask(np.array([1.0, np.nan, np.inf, -np.inf, -999.0]), [-999.0])
    array([0, 1, 2, 3, 4], dtype=uint8)
    """
    array = np.asarray(array)
    kinds = np.zeros(array.shape, np.uint8)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        kinds[np.isnan(array)] = NAN
        kinds[np.isposinf(array)] = POSITIVE_INFINITY
        kinds[np.isneginf(array)] = NEGATIVE_INFINITY
    for index, fill in enumerate(fill_values):
        value = in_dtype(fill, array.dtype)
        if value is not None and np.isfinite(value):
            kinds[(array == value) & (kinds == VALID)] = SENTINEL + index
    return kinds


def nan_where_missing(
    values: NDArray[Any], fill_values: Iterable[float] = (), dtype: DTypeLike | None = None
) -> NDArray[np.floating[Any]]:
    """Give values as floating numbers, NaN where they are missing.

    Parameters
    ----------
    values
        Integer or floating.
    fill_values
        Values that stand for a missing one.
    dtype
        Floating; that of floating values if left out, else float64.

    Returns
    -------
    ndarray
        `values` themselves where nothing changes.

    Examples
    --------
    >>> nan_where_missing(np.array([1, -9, 3], np.int16), [-9])
    array([ 1., nan,  3.])
    """
    if dtype is None:
        dtype = values.dtype if values.dtype.kind == "f" else np.float64
    result: NDArray[np.floating[Any]] = values.astype(dtype, copy=False)
    missing = valid_mask(values, fill_values) != VALID
    if missing.any():
        result = result.copy() if result is values else result
        result[missing] = np.nan
    return result


def in_dtype(value: Any, dtype: DTypeLike) -> Any:
    """Express a value in a dtype, or None where the dtype cannot hold it.

    Floating dtypes round, as a file that stores 1e35 in float32 does; integers must match exactly.

    Examples
    --------
    >>> in_dtype(1e35, np.float32)
    np.float32(1e+35)
    >>> in_dtype(1e35, np.int16) is None
    True
    """
    dtype = np.dtype(dtype)
    number = np.asarray(value)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            cast: Any = number.astype(dtype)[()]
        return None if np.isfinite(number) and not np.isfinite(cast) else cast
    if not np.isfinite(number) or number != np.floor(number):
        return None
    limits = np.iinfo(dtype)
    whole = int(number)
    if not limits.min <= whole <= limits.max:
        return None
    integer: Any = np.array(whole, dtype)[()]
    return integer


def fill_values_of(field: xr.DataArray) -> tuple[float, ...]:
    """List the values that stand for a missing one in a field as it is in memory.

    They come from ``_FillValue`` and ``missing_value`` in ``encoding`` or ``attrs``, and from the ``missing``
    of :func:`idlat.fields.open_field`. A packed variable's fill value is in packed units and so not among
    them: unpacking has made those voxels NaN.

    Examples
    --------
    >>> import xarray as xr
    >>> field = xr.DataArray(np.zeros((1, 1, 2), np.int16), dims=("z", "y", "x"), attrs={"_FillValue": -1})
    >>> fill_values_of(field)
    (-1,)
    """
    found: list[Any] = [field.encoding["idlat_missing"]] if "idlat_missing" in field.encoding else []
    if "scale_factor" not in field.encoding and "add_offset" not in field.encoding:
        for source in (field.encoding, field.attrs):
            for key in _FILL_KEYS:
                found.extend(np.ravel(np.asarray(source[key])).tolist() if key in source else ())
    numbers = (value for value in found if isinstance(value, int | float) and np.isfinite(value))
    return tuple(dict.fromkeys(numbers))


def declared_missing(missing: float, field: xr.DataArray) -> float:
    """Express a missing value that the caller names as the number that the field has for it.

    In a packed field that is the nearest number that unpacking gives, if it differs by rounding alone:
    ``-3.0111`` is stored as -30111 and unpacked, times 0.0001, to -3.0111000000000003.

    Raises
    ------
    FieldError
        If no value of the field's dtype equals `missing`.

    Examples
    --------
    >>> import xarray as xr
    >>> field = xr.DataArray(np.zeros((1, 1, 1)))
    >>> field.encoding = {"dtype": "int16", "scale_factor": 0.0001}
    >>> declared_missing(-3.0111, field)
    -3.0111000000000003
    """
    if in_dtype(missing, field.dtype) is None:
        raise FieldError(f"missing value {missing:g} cannot occur in a field of dtype {field.dtype}")
    if field.dtype.kind in "iu":
        return int(missing)
    scale = np.float64(field.encoding.get("scale_factor", 1))
    offset = np.float64(field.encoding.get("add_offset", 0))
    if not scale or (scale == 1 and offset == 0):
        return float(missing)
    unpacked = np.array([np.rint((missing - offset) / scale)], field.dtype)
    unpacked *= scale.astype(field.dtype)
    unpacked += offset.astype(field.dtype)
    rounding = _ROUNDING * np.finfo(field.dtype).eps * (abs(offset) + abs(missing))
    return float(unpacked[0] if abs(unpacked[0] - missing) <= rounding else missing)


def cast_values(values: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Cast to a dtype: integers rounded and clipped to its range, floats clipped to its finite range.

    NaN and infinities stay in floating dtypes; in integers NaN becomes 0 and infinities the limits.

    Examples
    --------
    >>> cast_values(np.array([-3.0, 1.5, 300.0]), np.uint8)
    array([  0,   2, 255], dtype=uint8)
    """
    dtype = np.dtype(dtype)
    if values.dtype == dtype:
        return values
    if dtype.kind == "f":
        info = np.finfo(dtype)
        if values.dtype.kind == "f" and values.dtype.itemsize > dtype.itemsize:
            limit = values.dtype.type(info.max)
            values = np.where(np.isfinite(values), np.clip(values, -limit, limit), values)
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    if values.dtype.kind in "iu":
        source = np.iinfo(values.dtype)
        low, high = max(limits.min, source.min), min(limits.max, source.max)
        clipped: NDArray[Any] = np.clip(values, low, high).astype(dtype)
        return clipped
    rounded = np.rint(values.astype(np.float64, copy=False))
    rounded = np.where(np.isnan(rounded), 0.0, rounded)
    # float(2**63 - 1) is 2**63, which does not fit: what lies there or above is set after the cast.
    above = rounded >= float(limits.max)
    below = rounded <= float(limits.min)
    cast = np.where(above | below, 0.0, rounded).astype(dtype)
    cast[above] = limits.max
    cast[below] = limits.min
    return cast


def restore_missing(
    values: NDArray[Any],
    kinds: NDArray[np.uint8] | None,
    dtype: DTypeLike,
    fill_values: float | Sequence[float] = (),
    kept: Sequence[float] = (),
) -> NDArray[Any]:
    """Cast reconstructed values and put the missing ones back where the mask has them.

    A valid integer that would round to a fill value is moved by one, so that it stays valid.

    Parameters
    ----------
    values
        Reconstructed values; those at missing voxels do not matter.
    kinds
        From :func:`valid_mask`; None where nothing is missing.
    dtype
        The field's dtype.
    fill_values
        As given to :func:`valid_mask`.
    kept
        Valid values that the mask tells, too: of the categories that follow the fill values'.

    Returns
    -------
    ndarray of `dtype`

    Examples
    --------
    >>> restore_missing(np.array([1.2, 7.0, 7.0]), np.array([0, 1, 4], np.uint8), np.float32, [-999.0])
    array([   1.2,     nan, -999. ], dtype=float32)
    >>> restore_missing(np.array([0.2, 5.0]), np.array([0, 4], np.uint8), np.uint8, 0)
    array([1, 0], dtype=uint8)
    """
    dtype = np.dtype(dtype)
    listed = fill_values if isinstance(fill_values, Sequence) else np.ravel(fill_values).tolist()
    fills = [in_dtype(fill, dtype) for fill in listed]
    result = cast_values(values, dtype)
    if result is values:
        result = result.copy()
    if dtype.kind in "iu":
        keep_off(result, [fill for fill in fills if fill is not None], values)
    if kinds is None or not kinds.any():
        return result
    if dtype.kind == "f":
        result[kinds == NAN] = np.nan
        result[kinds == POSITIVE_INFINITY] = np.inf
        result[kinds == NEGATIVE_INFINITY] = -np.inf
    for index, fill in enumerate(fills):
        if fill is not None:
            result[kinds == SENTINEL + index] = fill
    if kept:
        apart = kinds >= SENTINEL + len(fills)
        known = np.array([in_dtype(value, dtype) for value in kept], dtype)
        result[apart] = known[kinds[apart] - (SENTINEL + len(fills))]
    return result


def keep_off(integers: NDArray[Any], fills: Sequence[Any], exact: ArrayLike) -> None:
    """Move integers that equal a fill value to the neighbour nearer to `exact`, in place."""
    limits = np.iinfo(integers.dtype)
    taken = {int(fill) for fill in fills}
    for fill in taken:
        at = integers == fill
        if not at.any():
            continue
        down, up = fill - 1, fill + 1
        while down in taken:
            down -= 1
        while up in taken:
            up += 1
        if down < limits.min or up > limits.max:
            integers[at] = up if down < limits.min else down
        else:
            integers[at] = np.where(np.asarray(exact)[at] < fill, down, up)
