"""Choose the sink that writes a field in the format of its path's suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.arrays.array_file_sink import ArraySink, npy_header
from idlat.fields.cf.cf_packing import Packing, widened
from idlat.fields.files.format_registry import format_of
from idlat.fields.grid.file_axes import FileAxes
from idlat.fields.images.image_field import image_axes, one_step
from idlat.fields.metadata.omitted_metadata import note_omitted


class Sink(Protocol):
    """One format's side of writing: takes blocks of the file's array."""

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block."""

    def close(self) -> None:
        """Finish the file."""

    def abort(self) -> None:
        """Close the file without finishing it."""


Header = Callable[[xr.DataArray, Path, tuple[int, ...], np.dtype], bytes]


def file_axes(path: Path, template: xr.DataArray) -> FileAxes:
    """Give the axes of the file to be: the format's own where it has some, else those of the field's file.

    Raises
    ------
    OutputError
        If the format cannot hold the field's several steps.
    """
    kind = format_of(path)
    if kind in ("vti", "vtk") or path.suffix.lower() == ".vtkhdf":
        one_step(template, path)
        return FileAxes.fixed(template, image_axes(template, ("z", "y", "x", "component")))
    if kind in ("nrrd", "metaimage"):
        return FileAxes.fixed(template, image_axes(template))
    return FileAxes.of(template)


def open_sink(
    path: Path, temporary: Path, template: xr.DataArray, axes: FileAxes, detached: Path | None
) -> Sink:
    """Begin a file.

    Parameters
    ----------
    path
        Its final name, which says the format.
    temporary
        What to write.
    template
        The field; its values are not read.
    axes
        From :func:`file_axes`.
    detached
        What to write the values to where `path` is a header alone.
    """
    kind = format_of(path)
    if kind in ("npy", "raw", "raw.gz"):
        note_omitted(template)
        dtype = _ordered(template, template.dtype)
        header = npy_header(axes.file_shape, dtype) if kind == "npy" else b""
        return ArraySink(temporary, axes.file_shape, dtype, header, gzipped=kind == "raw.gz")
    if kind in ("vti", "vtk", "nrrd", "metaimage"):
        return _image_sink(kind, path, temporary, template, axes.file_shape, detached)
    if kind == "netcdf":
        return _netcdf_sink(path, temporary, template, axes)
    if kind == "zarr":
        from idlat.fields.zarr.write_zarr import ZarrSink

        version: Literal[2, 3] = 2 if template.encoding.get("idlat_format") == "zarr2" else 3
        return ZarrSink(temporary, _path_inside(path, template), template, Packing.of(template), version)
    from idlat.fields.hdf5.write_hdf5 import HDF5Sink
    from idlat.fields.hdf5.write_vtkhdf import VTKHDFSink

    if path.suffix.lower() == ".vtkhdf":
        name = _label(path, template)
        return VTKHDFSink(temporary, name, template, axes.file_shape, widened(template.dtype))
    return HDF5Sink(temporary, _path_inside(path, template), template, Packing.of(template))


def _ordered(template: xr.DataArray, dtype: np.dtype) -> np.dtype:
    """Give a dtype the byte order of the field's file, little where it has none."""
    return dtype.newbyteorder(">" if template.encoding.get("idlat_byte_order") == "big" else "<")


def _image_sink(
    kind: str,
    path: Path,
    temporary: Path,
    template: xr.DataArray,
    shape: tuple[int, ...],
    detached: Path | None,
) -> ArraySink:
    from idlat.fields.images.metaimage import metaimage_header
    from idlat.fields.images.write_nrrd import nrrd_header
    from idlat.fields.vtk.read_legacy_vtk import legacy_vtk_header
    from idlat.fields.vtk.write_vti import FOOTER, vti_header

    dtype = _ordered(template, widened(template.dtype))
    if kind == "vtk":
        dtype = dtype.newbyteorder(">")
    gzipped = kind == "nrrd" and bool(template.encoding.get("idlat_gzip"))
    headers: dict[str, Header] = {
        "vti": vti_header,
        "vtk": legacy_vtk_header,
        "metaimage": metaimage_header,
        "nrrd": nrrd_header,
    }
    header = headers[kind](template, path, shape, dtype)
    footer = FOOTER if kind == "vti" else b""
    if detached is None:
        return ArraySink(temporary, shape, dtype, header, footer, gzipped)
    with temporary.open("xb") as file:
        file.write(header)
    return ArraySink(detached, shape, dtype, gzipped=gzipped)


def _netcdf_sink(path: Path, temporary: Path, template: xr.DataArray, axes: FileAxes) -> Sink:
    from idlat.fields.netcdf.write_netcdf import NetCDF3Sink, NetCDF4Sink, fits_netcdf3

    packing = Packing.of(template)
    if packing.dtype == np.float16:
        packing = Packing(widened(packing.dtype), packing.scale, packing.offset, packing.fill, packing.attrs)
    name = _label(path, template)
    if template.encoding.get("idlat_format") == "netcdf3" and fits_netcdf3(packing.stored, axes.file_shape):
        return NetCDF3Sink(temporary, name, template, packing)
    if template.encoding.get("idlat_format") == "netcdf4":
        name = _path_inside(path, template)
    return NetCDF4Sink(temporary, name, template, packing)


def _label(path: Path, template: xr.DataArray) -> str:
    """Name the variable; one named like a dimension would be its coordinate."""
    name = str(template.name or path.stem).replace("/", "_")
    names = template.encoding.get("idlat_names", {})
    taken = {str(coord) for coord in (*template.coords, *template.dims)}
    taken |= {names.get(name, name) for name in taken} | set(template.encoding.get("idlat_dims", ()))
    return f"{name}_values" if name in taken else name


def _path_inside(path: Path, template: xr.DataArray) -> str:
    """Name the variable's path: the one of the field's file where it had one and the name is still its."""
    known, name = str(template.encoding.get("idlat_path", "")), _label(path, template)
    leads_out = {"", ".", ".."} & set(known.split("/"))
    return known if known.rsplit("/", 1)[-1] == name and not leads_out else name
