"""Write HDF5 files block by block: one dataset with labelled axes, its coordinates as dimension scales."""

from __future__ import annotations

import math
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
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.hdf5.hdf5_chunks import UNCACHED, storage_of
from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted

# HDF5 1.8 and later hold attributes beyond 64 KiB.
_OPTIONS: dict[str, Any] = {**UNCACHED, "libver": ("v108", "latest")}


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
        self._file = h5py.File(path, "w", **_OPTIONS)
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


class VTKHDFSink:
    """A VTKHDF image: VTK's own HDF5 layout, which ParaView opens; parameters as for :class:`HDF5Sink`.

    ``shape`` is (z, y, x), with the components last. VTK's reader wants an array without the flat axes.
    """

    def __init__(
        self, path: Path, name: str, template: xr.DataArray, shape: tuple[int, ...], dtype: np.dtype
    ) -> None:
        note_omitted(template, PLACE, attributes=True)
        place = Placement.of(template).upright()
        self._file = h5py.File(path, "w", **_OPTIONS)
        root = self._file.create_group("VTKHDF")
        root.attrs["Version"] = np.array([2, 0], np.int64)
        root.attrs.create("Type", b"ImageData", dtype=h5py.string_dtype("ascii", len("ImageData")))
        extent = [edge for size in reversed(shape[:3]) for edge in (0, size - 1)]
        root.attrs["WholeExtent"] = np.array(extent, np.int64)
        root.attrs["Origin"] = np.array(place.origin)
        root.attrs["Spacing"] = np.array(place.spacing)
        root.attrs["Direction"] = np.reshape(place.direction, (3, 3)).T.reshape(-1)
        deep_axes = [axis for axis in range(3) if shape[axis] > 1] or [0]
        self._axes = [*deep_axes, *range(3, len(shape))]
        deep = tuple(shape[axis] for axis in self._axes)
        chunks = (1, *deep[1:]) if math.prod(deep[1:]) * dtype.itemsize < 2**22 else True
        self._dataset = root.create_dataset(f"PointData/{name}", deep, dtype, chunks=chunks)
        set_attrs(self._dataset, template.attrs, name)
        if "idlat_missing" in template.encoding:
            self._dataset.attrs["missing_value"] = np.array(template.encoding["idlat_missing"], dtype)

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block."""
        flat = tuple(axis for axis in range(block.ndim) if axis not in self._axes)
        self._dataset[tuple(region[axis] for axis in self._axes)] = block.squeeze(flat)

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
