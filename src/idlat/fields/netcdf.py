"""Read NetCDF 3 and 4 files as fields, through dask, with their coordinates and attributes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from xarray.backends import H5netcdfBackendEntrypoint, ScipyBackendEntrypoint

from idlat.errors import FieldError
from idlat.fields.cf import field_of
from idlat.fields.choosing import choose
from idlat.fields.hdf5_storage import check_values
from idlat.fields.layout import spatial_rank


def open_netcdf(path: Path, variable: str | None, axes: Sequence[str] | None = None) -> xr.DataArray:
    """Open one variable of a NetCDF file, lazily, decoded as :func:`idlat.fields.cf.field_of` says.

    Raises
    ------
    FieldError
        If the file is damaged or no NetCDF, or the variable is absent, not numeric or of another rank.
    """
    stored, kind = _open_dataset(path)
    candidates = _candidates(stored)
    if variable is not None and variable in stored.variables:
        name = variable
    else:
        volumes = [name for name in candidates if spatial_rank(stored, stored[name].dims) >= 3]
        name = choose(path, variable, volumes, [name for name in candidates if name not in volumes])
    if kind == "netcdf4":
        check_values(path, name)
    unlimited = [str(dim) for dim in stored.encoding.get("unlimited_dims", ()) if dim in stored[name].dims]
    encoding = {
        "idlat_format": kind,
        "idlat_global_attrs": dict(stored.attrs),
        **({"unlimited_dims": unlimited} if unlimited else {}),
    }
    return field_of(stored, name, path, encoding, axes)


def netcdf_variables(path: Path) -> list[str]:
    """List the variables of a NetCDF file that can be opened as fields, three-dimensional ones first."""
    return _candidates(_open_dataset(path)[0])


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
