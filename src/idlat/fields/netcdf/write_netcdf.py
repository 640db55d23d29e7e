"""Write NetCDF files: version 4 block by block, version 3 (small by its own limits) in one go.

xarray writes coordinates and attributes. The values themselves it can only write whole, and its packing
turns valid ones that round to the fill value into missing ones: so they are packed and stored here.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.cf.cf_packing import Packing
from idlat.fields.cf.encode_cf import FileTemplate, field_attributes, file_template
from idlat.fields.cf.format_limits import NETCDF3, NETCDF4, FormatLimits
from idlat.fields.hdf5.hdf5_chunks import UNCACHED, storage_of

_NETCDF3_DTYPES = ("int8", "int16", "int32", "float32", "float64")


def fits_netcdf3(dtype: np.dtype, shape: tuple[int, ...]) -> bool:
    """Tell whether NetCDF 3 can hold a variable: its dtypes, and at most 2 GiB.

    Examples
    --------
    >>> fits_netcdf3(np.dtype("float32"), (10, 10, 10)), fits_netcdf3(np.dtype("int64"), (1, 1, 1))
    (True, False)
    """
    return dtype.name in _NETCDF3_DTYPES and math.prod(shape) * dtype.itemsize < 2**31


def _dataset(frame: FileTemplate, form: FormatLimits) -> xr.Dataset:
    """Give a dataset of the coordinates and attributes that a version of NetCDF can hold."""
    variables = form.fit_variables(frame.variables)
    for var in variables.values():
        if var.dtype.kind == "f" and "_FillValue" not in var.attrs:
            var.encoding["_FillValue"] = None
    ds = xr.Dataset(variables, attrs=form.fit(frame.attrs, "the file")).drop_indexes(
        [dim for dim in variables if variables[dim].dims == (dim,)]
    )
    return ds.set_coords(list(variables))


class NetCDF4Sink:
    """A NetCDF 4 file whose one variable is filled block by block.

    Parameters
    ----------
    path
        The temporary file to make.
    name
        The variable's name, or its path where it lies in a group.
    template
        The field, for its coordinates, attributes and encoding.
    packing
        How values are stored.
    """

    def __init__(self, path: Path, name: str, template: xr.DataArray, packing: Packing) -> None:
        self._packing = packing
        frame = file_template(template)
        inside, _, short = name.rpartition("/")
        field, ds = frame.field, _dataset(frame, NETCDF4)
        attrs, ds.attrs = dict(ds.attrs), {}
        ds.encoding = {"unlimited_dims": frame.unlimited & set(map(str, ds.dims))}
        ds.to_netcdf(os.fspath(path), mode="w", engine="h5netcdf", group=inside or None)
        self._file = h5netcdf.File(path, "a", **UNCACHED)
        group = self._file[inside] if inside else self._file
        # A dataset of coordinates alone carries this list; it belongs to the variable.
        if "coordinates" in group.attrs:
            del group.attrs["coordinates"]
        self._file.attrs.update(attrs)
        for other, known in template.encoding.get("idlat_group_attrs", {}).items():
            if f"{inside}/".startswith(f"{other}/"):
                self._file[other].attrs.update(NETCDF4.fit(known, other))
        for dim, size in field.sizes.items():
            if dim not in group.dimensions:
                unlimited = dim in frame.unlimited
                group.dimensions[str(dim)] = None if unlimited else size
                if unlimited:
                    group.resize_dimension(str(dim), size)
        attrs = NETCDF4.fit(field_attributes(frame, packing), name)
        self._variable = group.create_variable(
            short,
            tuple(map(str, field.dims)),
            packing.stored,
            fillvalue=attrs.pop("_FillValue", None),
            **storage_of(field),
        )
        for key, value in attrs.items():
            self._variable.attrs[key] = value

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block, packed."""
        self._variable[region] = self._packing.pack(block)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is left unfinished."""
        self._file.close()


class NetCDF3Sink:
    """A NetCDF 3 file, kept in memory until it is complete; parameters as for :class:`NetCDF4Sink`."""

    def __init__(self, path: Path, name: str, template: xr.DataArray, packing: Packing) -> None:
        self._path, self._name, self._packing = path, name, packing
        self._frame = file_template(template)
        self._dataset = _dataset(self._frame, NETCDF3)
        self._attrs = NETCDF3.fit(field_attributes(self._frame, packing), name)
        self._values = np.empty(self._frame.field.shape, packing.stored)

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Keep a block, packed."""
        self._values[region] = self._packing.pack(block)

    def close(self) -> None:
        """Write the file."""
        variable = xr.Variable(self._frame.field.dims, self._values, self._attrs)
        variable.encoding = {} if "_FillValue" in variable.attrs else {"_FillValue": None}
        extra = variable.attrs.pop("coordinates", None)
        variable.encoding["coordinates"] = extra
        self._dataset[self._name] = variable
        self._dataset.encoding = {"unlimited_dims": self._frame.unlimited}
        self._dataset.to_netcdf(os.fspath(self._path), engine="scipy", format="NETCDF3_64BIT")

    def abort(self) -> None:
        """Drop the values."""
        del self._values
