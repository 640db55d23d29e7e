"""Write NetCDF files: version 4 block by block, version 3 (small by its own limits) in one go."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.layout import to_original
from idlat.fields.missing import in_dtype
from idlat.fields.packing import Packing

# Without a cache a chunk that the disk refuses fails where it is written. In the cache it fails again
# whenever HDF5 lets go of it, which ends the process.
UNCACHED = {"rdcc_nbytes": 0}

_NETCDF3_DTYPES = ("int8", "int16", "int32", "float32", "float64")


def fits_netcdf3(dtype: np.dtype, shape: tuple[int, ...]) -> bool:
    """Tell whether NetCDF 3 can hold a variable: its dtypes, and at most 2 GiB.

    Examples
    --------
    >>> fits_netcdf3(np.dtype("float32"), (10, 10, 10)), fits_netcdf3(np.dtype("int64"), (1, 1, 1))
    (True, False)
    """
    return dtype.name in _NETCDF3_DTYPES and math.prod(shape) * dtype.itemsize < 2**31


def frame_of(template: xr.DataArray) -> tuple[xr.DataArray, xr.Dataset]:
    """Give the field as the file has it, without values, and a dataset of its coordinates and attributes."""
    hollow = template.copy(data=np.broadcast_to(np.zeros((), template.dtype), template.shape))
    hollow.encoding = template.encoding
    field = to_original(hollow)
    frame = field.coords.to_dataset()
    frame.attrs = dict(field.encoding.get("idlat_global_attrs", {}))
    frame.encoding = {
        "unlimited_dims": {dim for dim in field.encoding.get("unlimited_dims", ()) if dim in field.dims}
    }
    for name in frame.variables:
        coord = frame[name]
        coord.encoding = {key: value for key, value in coord.encoding.items() if key in _COORD_ENCODING}
        if "_FillValue" in coord.encoding:
            coord.encoding.pop("missing_value", None)  # xarray refuses two that differ
        elif coord.dtype.kind == "f":
            coord.encoding["_FillValue"] = None
    return field, frame


_COORD_ENCODING = frozenset("dtype units calendar scale_factor add_offset _FillValue missing_value".split())


def field_attributes(field: xr.DataArray, packing: Packing) -> dict[str, Any]:
    """Give the variable's attributes, packing and coordinates included."""
    extra = " ".join(str(name) for name in field.coords if name not in field.dims)
    attrs = {str(key): value for key, value in field.attrs.items() if value is not None}
    named = in_dtype(field.encoding.get("idlat_missing", np.nan), packing.stored)
    if named is not None and np.isfinite(named) and packing.fill is None and packing.unscaled:
        attrs["missing_value"] = named  # what the user declared missing is so in the file
    return {**attrs, **packing.attrs, **({"coordinates": extra} if extra else {})}


class NetCDF4Sink:
    """A NetCDF 4 file whose one variable is filled block by block.

    Parameters
    ----------
    path : Path
        The temporary file to make.
    name : str
        The variable's name.
    template : xarray.DataArray
        The field, for its coordinates, attributes and encoding.
    packing : Packing
        How values are stored.
    """

    def __init__(self, path: Path, name: str, template: xr.DataArray, packing: Packing) -> None:
        self._packing = packing
        field, frame = frame_of(template)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # steps that the first file's time units do not divide evenly
            frame.to_netcdf(os.fspath(path), mode="w", engine="h5netcdf")
        self._file = h5netcdf.File(path, "a", **UNCACHED)
        # A dataset of coordinates alone carries this list; it belongs to the variable.
        if "coordinates" in self._file.attrs:
            del self._file.attrs["coordinates"]
        for dim, size in field.sizes.items():
            if dim not in self._file.dimensions:
                unlimited = dim in frame.encoding["unlimited_dims"]
                self._file.dimensions[str(dim)] = None if unlimited else size
                if unlimited:
                    self._file.resize_dimension(str(dim), size)
        attrs = field_attributes(field, packing)
        self._variable = self._file.create_variable(
            name,
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
        """Let go of the file."""
        self._file.close()


def storage_of(field: xr.DataArray) -> dict[str, Any]:
    """Give HDF5's chunks and compression as the original file had them."""
    encoding = field.encoding
    options: dict[str, Any] = {}
    chunks = encoding.get("chunksizes")
    if chunks and len(chunks) == field.ndim:
        options["chunks"] = tuple(
            min(int(chunk), size) for chunk, size in zip(chunks, field.shape, strict=True)
        )
    if encoding.get("zlib"):
        options |= {"compression": "gzip", "compression_opts": int(encoding.get("complevel", 4))}
        options["shuffle"] = bool(encoding.get("shuffle", True))
    return options


class NetCDF3Sink:
    """A NetCDF 3 file, kept in memory until it is complete; parameters as for :class:`NetCDF4Sink`."""

    def __init__(self, path: Path, name: str, template: xr.DataArray, packing: Packing) -> None:
        self._path, self._name, self._packing = path, name, packing
        self._field, self._frame = frame_of(template)
        self._values = np.empty(self._field.shape, packing.stored)

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Keep a block, packed."""
        self._values[region] = self._packing.pack(block)

    def close(self) -> None:
        """Write the file."""
        variable = xr.Variable(self._field.dims, self._values, field_attributes(self._field, self._packing))
        variable.encoding = {} if "_FillValue" in variable.attrs else {"_FillValue": None}
        extra = variable.attrs.pop("coordinates", None)
        variable.encoding["coordinates"] = extra
        self._frame[self._name] = variable
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._frame.to_netcdf(os.fspath(self._path), engine="scipy", format="NETCDF3_64BIT")

    def abort(self) -> None:
        """Let go of the values."""
        del self._values
