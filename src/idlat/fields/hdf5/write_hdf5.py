"""Write HDF5 files block by block: one dataset with labelled axes, its coordinates as dimension scales."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.cf.cf_packing import Packing
from idlat.fields.cf.encode_cf import field_attributes, file_template
from idlat.fields.cf.format_limits import HDF5
from idlat.fields.hdf5.hdf5_chunks import UNCACHED, storage_of
from idlat.fields.metadata.omission_remarks import leave_out

# HDF5 1.8 and later hold attributes beyond 64 KiB.
OPTIONS: dict[str, Any] = {**UNCACHED, "libver": ("v108", "latest")}


class HDF5Sink:
    """An HDF5 file whose one dataset, beside its coordinates, is filled block by block.

    Parameters
    ----------
    path
        The temporary file to make.
    name
        The dataset's path in the file.
    template
        The field, for its coordinates, attributes and encoding.
    packing
        How values are stored.
    """

    def __init__(self, path: Path, name: str, template: xr.DataArray, packing: Packing) -> None:
        self._packing = packing
        frame = file_template(template)
        field = frame.field
        self._file = h5py.File(path, "w", **OPTIONS)
        set_attrs(self._file, frame.attrs, "the file")
        stored = (
            packing.stored.newbyteorder(">") if field.encoding.get("idlat_big_endian") else packing.stored
        )
        attrs = field_attributes(frame, packing)
        self._dataset = self._file.create_dataset(
            name, field.shape, stored, fillvalue=attrs.get("_FillValue"), **storage_of(field)
        )
        set_attrs(self._dataset, attrs, name)
        for axis, dim in enumerate(field.dims):
            self._dataset.dims[axis].label = str(dim)
        group = self._dataset.parent
        for coord, variable in HDF5.fit_variables(frame.variables).items():
            self._add_coordinate(group, coord, variable, list(map(str, field.dims)))

    def _add_coordinate(self, group: Any, name: str, coordinate: xr.Variable, dims: list[str]) -> None:
        if name in group:
            leave_out(f"coordinate {name!r}, whose name is taken")
            return
        values = np.asarray(coordinate.values)
        dtype = h5py.string_dtype() if values.dtype.kind == "O" else values.dtype
        dataset = group.create_dataset(name, data=values, dtype=dtype, **storage_of(coordinate))
        set_attrs(dataset, coordinate.attrs, name)
        for axis, dim in enumerate(coordinate.dims):
            dataset.dims[axis].label = str(dim)
        if coordinate.dims == (name,) and name in dims:
            dataset.make_scale(name)
            self._dataset.dims[dims.index(name)].attach_scale(dataset)

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block, packed."""
        self._dataset[region] = self._packing.pack(block)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is left unfinished."""
        self._file.close()


def set_attrs(item: Any, attrs: Mapping[Any, Any], owner: str) -> None:
    """Set the attributes that HDF5 can hold."""
    for key, value in HDF5.fit(attrs, owner).items():
        item.attrs[key] = value
