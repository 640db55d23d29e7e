"""Read NetCDF 3 and 4 files as fields, through dask, with their coordinates and attributes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import xarray as xr
from xarray.backends import H5netcdfBackendEntrypoint, ScipyDataStore
from xarray.backends.store import StoreBackendEntrypoint

from idlat.errors import FieldError
from idlat.fields.cf.decode_cf import field_of, global_attrs
from idlat.fields.files.opened_once import opened
from idlat.fields.files.select_variable import Candidate, choose, described, rank
from idlat.fields.grid.canonical_axes import spatial_rank
from idlat.fields.hdf5.hdf5_probe import probe_hdf5
from idlat.fields.hdf5.hdf5_storage import check_values
from idlat.fields.metadata.plain_attributes import text_of
from idlat.fields.netcdf.netcdf_arrays import guarded

_TWICE = "idlat_twice"  # in the encoding of a variable: the dimension that it has more than once


def open_netcdf(path: Path, variable: str | None, axes: Sequence[str] | None = None) -> xr.DataArray:
    """Open one variable of a NetCDF file, lazily, decoded as :func:`idlat.fields.cf.decode_cf.field_of` says.

    Parameters
    ----------
    path
    variable
        Its name; of one in a group the path, such as ``forecast/T``, or the last part of it.
    axes
        Names of the variable's axes, slowest first.

    Raises
    ------
    FieldError
        If the file is damaged or no NetCDF, or the variable is absent, not numeric or of another rank.
    """
    groups, kind = _groups_of(path)
    exact = (variable or "").strip("/")
    group, _, name = exact.rpartition("/")
    if name not in groups.get(group, xr.Dataset()).variables:
        exact = choose(path, variable, *_ranked(groups))
        group, _, name = exact.rpartition("/")
    if kind == "netcdf4":
        check_values(path, exact)
    if axes is None and (twice := groups[group][name].encoding.get(_TWICE)):
        raise FieldError(
            f"{path}: variable {exact!r} has the dimension {twice!r} more than once: name its axes with "
            "--axes (axes=...), slowest first, such as time,y,x"
        )
    stored = _inherited(groups, group)
    unlimited = [str(dim) for dim in groups[group].encoding.get("unlimited_dims", ())]
    unlimited = [dim for dim in unlimited if dim in stored[name].dims]
    encoding = {
        "idlat_format": kind,
        "idlat_global_attrs": global_attrs(groups[""].attrs, path),
        **({"idlat_path": exact, "idlat_group_attrs": _group_attrs(groups, group, path)} if group else {}),
        **({"unlimited_dims": unlimited} if unlimited else {}),
    }
    return field_of(stored, name, path, encoding, axes)


def netcdf_variables(path: Path) -> list[str]:
    """List the variables of a NetCDF file that can be opened as fields, volumes first; groups by path."""
    return [name for names in _ranked(_groups_of(path)[0]) for name in names]


def _groups_of(path: Path) -> tuple[dict[str, xr.Dataset], str]:
    """Give the groups of a file by path, which may be changed, and its kind."""
    groups, kind = opened(path, lambda: _open_groups(path))
    return {name: group.copy() for name, group in groups.items()}, kind


def _open_groups(path: Path) -> tuple[dict[str, xr.Dataset], str]:
    """Open the groups of a file by path, the root's empty, nothing decoded; returns its kind too."""
    probe_hdf5(path)
    with path.open("rb") as file:
        magic = file.read(8)
    plain: dict[str, Any] = dict.fromkeys(
        ("mask_and_scale", "decode_times", "decode_timedelta", "decode_coords", "concat_characters"), False
    )
    try:
        if magic.startswith(b"\x89HDF"):
            with h5py.File(path, "r") as file:
                _ = file.attrs.get("_nc3_strict")  # h5netcdf prints a traceback where this fails
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Duplicate dimension names")
                found = H5netcdfBackendEntrypoint().open_groups_as_dict(os.fspath(path), **plain)
                groups = {name.strip("/"): _apart(group) for name, group in found.items()}
            return {name: guarded(group, path, "netcdf4") for name, group in groups.items()}, "netcdf4"
        if magic[:4] in (b"CDF\x01", b"CDF\x02"):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Duplicate dimension names")
                root = _apart(_open_netcdf3(path, plain))
            return {"": guarded(root, path, "netcdf3")}, "netcdf3"
    except FieldError:
        raise
    except Exception as error:  # the libraries raise anything from OSError to IndexError on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FieldError(f"{path}: the NetCDF file is damaged or cut short ({reason[:160]})") from None
    if magic[:4] == b"CDF\x05":
        raise FieldError(f"{path}: NetCDF-3 CDF-5 is not read; convert it with 'nccopy -k nc4'")
    raise FieldError(f"{path}: no NetCDF file, or damaged or cut short: it starts with {magic[:4]!r}")


def _apart(ds: xr.Dataset) -> xr.Dataset:
    """Give a dimension that a variable has more than once a name of its own at each place but the first."""
    for name in [name for name, var in ds.variables.items() if len(set(var.dims)) < len(var.dims)]:
        var = ds.variables[name]
        dims = [f"{dim}_{at}" if dim in var.dims[:at] else dim for at, dim in enumerate(var.dims)]
        twice = next(dim for dim in var.dims if var.dims.count(dim) > 1)
        own = xr.Variable(dims, var._data, var.attrs, {**var.encoding, _TWICE: str(twice)})
        ds = ds.drop_vars([name]).assign({name: own})
    return ds


def _open_netcdf3(path: Path, plain: dict[str, Any]) -> xr.Dataset:
    """Open a file of version 3; xarray would replace letters of texts that are no UTF-8."""
    store = ScipyDataStore(os.fspath(path))
    ds = StoreBackendEntrypoint().open_dataset(store, **plain)
    ds.attrs.update(_texts_in(store.ds))
    for name, var in ds.variables.items():
        var.attrs.update(_texts_in(store.ds.variables[name]))
    return ds


def _texts_in(item: Any) -> dict[str, str]:
    return {key: text_of(value) for key, value in item._attributes.items() if isinstance(value, bytes)}


def _parents(group: str) -> list[str]:
    """List a group's path and those of the groups that it lies in, from the root on.

    Examples
    --------
    >>> _parents("forecast/atm")
    ['', 'forecast', 'forecast/atm']
    """
    parts = group.split("/") if group else []
    return ["/".join(parts[:count]) for count in range(len(parts) + 1)]


def _inherited(groups: Mapping[str, xr.Dataset], group: str) -> xr.Dataset:
    """Give a group with what it inherits: the variables of outer groups on its own dimensions."""
    stored = groups[group]
    for outer in reversed(_parents(group)[:-1]):
        for name, variable in groups[outer].variables.items():
            sizes = {**variable.sizes, **stored.sizes}
            if name not in stored.variables and all(sizes[dim] == n for dim, n in variable.sizes.items()):
                stored = stored.assign({name: variable})
    return stored


def _group_attrs(groups: Mapping[str, xr.Dataset], group: str, path: Path) -> dict[str, dict[str, Any]]:
    """Give the attributes of a group and of those that it lies in, but for the root's."""
    return {name: global_attrs(groups[name].attrs, path) for name in _parents(group)[1:]}


def _ranked(groups: Mapping[str, xr.Dataset]) -> list[list[str]]:
    """Rank the variables that could be meant: numbers over two axes of space at least."""
    beside: set[str] = set()
    numbers: list[Candidate] = []
    booleans: list[Candidate] = []
    for group, ds in groups.items():
        attributes = [variable.attrs for variable in ds.variables.values()]
        beside |= {f"{group}/{name}".lstrip("/") for name in described(attributes)}
        for name, var in ds.variables.items():
            if name not in ds.dims and var.dtype.kind in "fiub" and 0 not in var.shape:
                found = booleans if var.dtype.kind == "b" else numbers
                path = f"{group}/{name}".lstrip("/")
                found.append(Candidate(path, var.ndim, spatial_rank(ds, var.dims)))
    return rank(numbers or booleans, beside)
