"""From variables as a file stores them, with CF attributes, to a field: for NetCDF, HDF5 and Zarr."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.cf.cf_numbers import fills_in_memory, numeric_packing
from idlat.fields.cf.tolerant_decoding import decode_cf
from idlat.fields.files.file_checks import check_dtype
from idlat.fields.files.locate_files import FieldPath
from idlat.fields.grid.canonical_axes import is_time, name_axes, to_canonical
from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.plain_attributes import tidy_attrs
from idlat.fields.metadata.related_variables import (
    KEY,
    RelatedVariables,
    find_related,
    load_small,
    split_related,
    unnamed_of,
)

_CHUNK_BYTES = 32 * 2**20
_KEPT = frozenset(
    "dtype _FillValue missing_value _Unsigned coordinates chunksizes zlib complevel shuffle".split()
)


def field_of(
    stored: xr.Dataset,
    name: str,
    path: FieldPath,
    encoding: Mapping[str, Any],
    axes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Make a field of one variable of a dataset of which nothing is decoded, lazily.

    Floating and packed variables are decoded as xarray does (fill values become NaN, scale and offset are
    applied); plain integers stay integers, with their fill value in ``encoding``.

    Parameters
    ----------
    stored
        The variable and its coordinates as they are in the file.
    name
    path
        The file, for messages.
    encoding
        What the field shall remember of its file besides.
    axes
        What the variable's dimensions mean, in their order; coordinates and names stay the file's.

    Raises
    ------
    FieldError
        If the variable is not numeric or of another rank.
    """
    check_dtype(stored[name].dtype, f"{path}: variable {name!r}", booleans=True)
    if (rank := stored[name].ndim) < 2:
        raise FieldError(
            f"{path}: variable {name!r} has rank {rank}, dimensions {_dims(stored[name])}: "
            "expected at least two"
        )
    given = None if axes is None else name_axes(axes, tuple(map(str, stored[name].dims)), str(path))
    with remarks_on(str(path), "idlat cannot carry it"):
        field, related = _decode(stored, name)
    own = field.encoding
    beside = [coord.variable for coord in field.coords.values() if coord.name not in field.indexes]
    for coordinate in beside:
        load_small(coordinate)
    field = field.copy(data=field.chunk(_chunks(field)).data)  # which would chunk coordinates, too
    field.encoding = {
        **{key: plain(value) for key, value in own.items() if key in _KEPT},
        # Their dtype decides that of the unpacked values: kept as they are.
        **{key: own[key] for key in ("scale_factor", "add_offset") if key in own},
        **({KEY: related} if related else {}),
        **encoding,
    }
    return to_canonical(field, given)


def global_attrs(attrs: Mapping[Any, Any], path: FieldPath) -> dict[str, Any]:
    """Give a file's own attributes in their plain form."""
    with remarks_on(str(path), "idlat cannot carry it"):
        return tidy_attrs(attrs, "the file")


def plain(value: Any) -> Any:
    """Turn numpy scalars into Python's, tuples into lists, dtypes into their names."""
    if isinstance(value, np.dtype):
        return value.newbyteorder("=").name
    if isinstance(value, tuple):
        return list(value)
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _dims(var: xr.DataArray) -> str:
    return "(" + ", ".join(f"{dim}: {size}" for dim, size in var.sizes.items()) + ")"


def _decode(stored: xr.Dataset, name: str) -> tuple[xr.DataArray, RelatedVariables]:
    """Decode one variable by the CF conventions, with what its attributes name."""
    var = stored.variables[name].copy(deep=False)
    var.attrs = numeric_packing(tidy_attrs(var.attrs, name))
    fills: dict[str, Any] = {}
    if var.dtype.kind in "iu" and not {"scale_factor", "add_offset"} & set(var.attrs):
        fills = fills_in_memory(var.attrs, var.dtype)
    found = find_related(var, lambda other: stored.variables.get(other) if other != name else None)
    ds = xr.Dataset({name: var, **{other: load_small(found[other]) for other in found}})
    ds[name].attrs = {key: value for key, value in var.attrs.items() if key not in fills}
    for other in found:
        ds[other].attrs = tidy_attrs(ds[other].attrs, other)
    field, related = split_related(decode_cf(ds), name, unnamed_of(var, found))
    field.encoding.update(fills)
    return field, related


def _chunks(field: xr.DataArray) -> Mapping[Hashable, int]:
    """Choose chunks: whole layers, about 32 MiB, aligned with the file's own chunks."""
    own = field.encoding.get("chunksizes") or (1,) * field.ndim
    own = dict(zip(field.dims, own, strict=True))
    chunks = dict(field.sizes)
    size = math.prod(chunks.values()) * field.dtype.itemsize
    for dim in field.dims[:-2]:
        if size <= _CHUNK_BYTES:
            break
        step = min(own[dim], chunks[dim])
        if is_time(field, dim) and step * size // chunks[dim] > _CHUNK_BYTES:
            step = 1
        whole = size // chunks[dim] * step
        steps = step * max(1, _CHUNK_BYTES // whole)
        size = size // chunks[dim] * steps
        chunks[dim] = steps
    return chunks
