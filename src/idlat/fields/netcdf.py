"""Read NetCDF 3 and 4 files as fields, through dask, with their coordinates and attributes."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import H5netcdfBackendEntrypoint, ScipyBackendEntrypoint

from idlat.errors import FieldError
from idlat.fields.formats import check_dtype
from idlat.fields.layout import is_time, spatial_rank, to_canonical

_CHUNK_BYTES = 32 * 2**20
_FILL_KEYS = ("_FillValue", "missing_value")


def open_netcdf(path: Path, variable: str | None) -> xr.DataArray:
    """Open one variable of a NetCDF file, lazily.

    Floating and packed variables are decoded as xarray does (fill values become NaN, scale and offset are
    applied); plain integers stay integers, with their fill value in ``encoding``.

    Raises
    ------
    FieldError
        If the file is damaged or no NetCDF, or the variable is absent, not numeric or of another rank.
    """
    stored, kind = _open_dataset(path)
    name = _choose(stored, path, variable)
    check_dtype(stored[name].dtype, f"{path}: variable {name!r}")
    if (rank := stored[name].ndim) < 3:
        raise FieldError(
            f"{path}: variable {name!r} has rank {rank}, dimensions {_dims(stored[name])}: "
            "expected at least three"
        )
    field = _decode(stored, name)
    field = field.chunk(_chunks(field))
    field.encoding = {
        **{key: _plain(value) for key, value in field.encoding.items() if key in _KEPT},
        # Their dtype decides that of the unpacked values: kept as they are.
        **{key: field.encoding[key] for key in ("scale_factor", "add_offset") if key in field.encoding},
        "idlat_format": kind,
        "idlat_global_attrs": dict(stored.attrs),
    }
    unlimited = [str(dim) for dim in stored.encoding.get("unlimited_dims", ()) if dim in field.dims]
    if unlimited:
        field.encoding["unlimited_dims"] = unlimited
    return to_canonical(field)


_KEPT = frozenset("dtype _FillValue missing_value _Unsigned chunksizes zlib complevel shuffle".split())


def netcdf_variables(path: Path) -> list[str]:
    """List the variables of a NetCDF file that can be opened as fields, three-dimensional ones first."""
    return _candidates(_open_dataset(path)[0])


def _plain(value: Any) -> Any:
    """Turn numpy scalars into Python's, tuples into lists, dtypes into their names."""
    if isinstance(value, np.dtype):
        return value.newbyteorder("=").name
    if isinstance(value, tuple):
        return list(value)
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _open_dataset(path: Path) -> tuple[xr.Dataset, str]:
    """Open a file with nothing decoded; returns its kind too, ``netcdf3`` or ``netcdf4``."""
    with path.open("rb") as file:
        magic = file.read(8)
    plain: dict[str, Any] = dict.fromkeys(
        ("mask_and_scale", "decode_times", "decode_timedelta", "decode_coords", "concat_characters"), False
    )
    try:
        if magic.startswith(b"\x89HDF"):
            return H5netcdfBackendEntrypoint().open_dataset(os.fspath(path), **plain), "netcdf4"
        if magic[:4] in (b"CDF\x01", b"CDF\x02"):
            return ScipyBackendEntrypoint().open_dataset(os.fspath(path), **plain), "netcdf3"
    except Exception as error:  # the libraries raise anything from OSError to IndexError on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FieldError(f"{path}: the NetCDF file is damaged or cut short ({reason[:160]})") from None
    if magic[:4] == b"CDF\x05":
        raise FieldError(f"{path}: NetCDF-3 CDF-5 is not read; convert it with 'nccopy -k nc4'")
    raise FieldError(f"{path}: no NetCDF file, or damaged or cut short: it starts with {magic[:4]!r}")


def _candidates(ds: xr.Dataset) -> list[str]:
    """Variables that could be meant: numbers over three spatial dimensions, else over time and two."""
    named = " ".join(str(var.attrs.get("coordinates", "")) for var in ds.variables.values()).split()
    found = {
        str(name): spatial_rank(ds, var.dims)
        for name, var in ds.variables.items()
        if name not in ds.dims
        and name not in named
        and var.ndim >= 3
        and var.dtype.kind in "fiu"
        and 0 not in var.shape
    }
    return sorted(found, key=lambda name: (found[name] < 3, list(found).index(name)))


def _choose(ds: xr.Dataset, path: Path, variable: str | None) -> str:
    candidates = _candidates(ds)
    there = ", ".join(candidates) or "none that is a field"
    if variable is not None:
        if variable not in ds.variables:
            raise FieldError(f"{path}: there is no variable {variable!r}; there are: {there}")
        return variable
    volumes = [name for name in candidates if spatial_rank(ds, ds[name].dims) >= 3]
    choice = volumes or candidates
    if len(choice) != 1:
        raise FieldError(f"{path}: choose a variable with --variable (variable=...); there are: {there}")
    return choice[0]


def _dims(var: xr.DataArray) -> str:
    return "(" + ", ".join(f"{dim}: {size}" for dim, size in var.sizes.items()) + ")"


def _decode(stored: xr.Dataset, name: str) -> xr.DataArray:
    """Decode one variable with its coordinates by the CF conventions."""
    var = stored.variables[name]
    fills: dict[str, Any] = {}
    if var.dtype.kind in "iu" and not {"scale_factor", "add_offset"} & set(var.attrs):
        fills = {key: var.attrs[key] for key in _FILL_KEYS if key in var.attrs}
    wanted = [name, *_coordinates(stored, var)]
    ds = stored[wanted].copy()
    for key in fills:
        del ds[name].attrs[key]
    for coord in wanted[1:]:
        if stored.variables[coord].ndim <= 1:
            ds[coord].load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # xarray's remarks on the file's own oddities
        try:
            ds = xr.decode_cf(ds, decode_timedelta=False)
        except (ValueError, OverflowError, ImportError):  # a calendar beyond numpy's: keep its numbers
            ds = xr.decode_cf(ds, decode_timedelta=False, decode_times=False)
    ds = ds.set_coords(wanted[1:])
    field = ds[name]
    field.encoding.update(fills)
    return field


def _coordinates(ds: xr.Dataset, var: xr.Variable) -> list[str]:
    """Names of a variable's coordinates: of its dimensions, those it lists, its grid mapping, and scalars."""
    listed = f"{var.attrs.get('coordinates', '')} {var.attrs.get('grid_mapping', '')}".replace(
        ":", " "
    ).split()
    names: list[Hashable] = [*var.dims, *listed]
    return [
        str(name)
        for name in dict.fromkeys(names)
        if name in ds.variables and set(ds.variables[name].dims) <= set(var.dims)
    ]


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
