"""Coordinates, attributes and encoding of a field: into the archive and back, in xarray's convention.

Numbers and times are arrays at the root, with dimension names and CF attributes, so that any xarray reads
them; texts, for which Zarr v3 has no settled type, are kept in the attributes of the variable's group.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from idlat.archive.stores import ArchiveStore, chunk_key, one_line
from idlat.errors import ArchiveError
from idlat.fields import pack_metadata, unpack_metadata

__all__ = ["coordinate_paths", "describe_field", "label_field", "write_coordinates"]


def describe_field(field: xr.DataArray, paths: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the group of a variable remembers of its field, as JSON.

    ``attrs``, ``encoding`` and ``dtypes`` of :func:`idlat.fields.pack_metadata`, the kinds of ``coordinates``
    that are arrays and the `paths` where they are (their names unless told), and those that are ``texts``.
    """
    arrays = [(str(name), c.dtype.kind) for name, c in sorted_coords(field) if _as_array(name, c)]
    return {
        **pack_metadata(field),
        "coordinates": {name: {"kind": kind, "path": (paths or {}).get(name, name)} for name, kind in arrays},
        "texts": {str(name): _text_to_json(c) for name, c in sorted_coords(field) if not _as_array(name, c)},
    }


def sorted_coords(field: xr.DataArray) -> list[tuple[Hashable, xr.DataArray]]:
    """Return the coordinates by name."""
    return sorted(field.coords.items(), key=lambda item: str(item[0]))


def _as_array(name: Hashable, coordinate: xr.DataArray) -> bool:
    return coordinate.dtype.kind in "biufmM" and "/" not in str(name)


def _text_to_json(coordinate: xr.DataArray) -> dict[str, Any]:
    values = coordinate.to_numpy().astype(str)
    dims = [str(dim) for dim in coordinate.dims]
    return {"dims": dims, "metadata": pack_metadata(coordinate), "values": values.tolist()}


def write_coordinates(group: zarr.Group, field: xr.DataArray, paths: Mapping[str, str] | None = None) -> None:
    """Write the numeric coordinates of a field as arrays of the root group; those that are there stay."""
    for name, coordinate in sorted_coords(field):
        path = (paths or {}).get(str(name), str(name))
        if not _as_array(name, coordinate) or path in group:
            continue
        variable = xr.conventions.encode_cf_variable(coordinate.variable, name=name)
        values = np.asarray(variable.data)
        values = values.astype(values.dtype.newbyteorder("="))
        array = group.create_array(
            path,
            shape=values.shape,
            chunks=values.shape,
            dtype=values.dtype,
            filters=None,
            compressors=[ZstdCodec(), Crc32cCodec()],
            fill_value=_unlikely(values.dtype),
            dimension_names=[str(dim) for dim in variable.dims],
            attributes=_plain(variable.attrs),
            config={"write_empty_chunks": True},
        )
        array[...] = values


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return CF attributes as plain JSON numbers and texts, as every xarray reads them."""
    plain = {}
    for key, value in sorted(attributes.items(), key=lambda item: str(item[0])):
        value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        if isinstance(value, str | int | list) or (isinstance(value, float) and math.isfinite(value)):
            plain[str(key)] = value
    return plain


def _unlikely(dtype: np.dtype[Any]) -> Any:
    """Return the fill value of a coordinate: NaN, or the smallest integer."""
    return np.nan if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def label_field(values: NDArray[Any], dims: tuple[str, ...], store: ArchiveStore, path: str) -> xr.DataArray:
    """Give decoded values their coordinates, attributes and encoding.

    Parameters
    ----------
    values
        Of the whole field, or anything of its shape.
    dims
        Names of its axes.
    store, path
        The archive and the variable's group.

    Raises
    ------
    ArchiveError
        What :func:`describe_field` and :func:`write_coordinates` wrote is missing or damaged.
    """
    try:
        group = zarr.open_group(store.store, path=path, mode="r", zarr_format=3)
        description: dict[str, Any] = dict(group.attrs)
        coordinates = {
            name: _read_coordinate(store, name, array["path"], array["kind"])
            for name, array in description["coordinates"].items()
        }
        for name, text in description["texts"].items():
            labels = xr.DataArray(np.array(text["values"]), dims=text["dims"])
            coordinates[name] = unpack_metadata(labels, text["metadata"]).variable
        sizes = dict(zip(dims, values.shape, strict=True))
        fitting = {name: _fitting(coordinate, sizes) for name, coordinate in coordinates.items()}
        return unpack_metadata(xr.DataArray(values, fitting, dims), description)
    except ArchiveError:
        raise
    except (FileNotFoundError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveError(
            f"{store.name}: {path}/zarr.json or a coordinate is damaged: {one_line(error)}"
        ) from None


def coordinate_paths(store: ArchiveStore, path: str) -> dict[str, str]:
    """Return where the coordinates of the variable at `path` are, by name."""
    attributes: dict[str, Any] = dict(zarr.open_group(store.store, path=path, mode="r", zarr_format=3).attrs)
    return {name: array["path"] for name, array in attributes["coordinates"].items()}


def _fitting(coordinate: xr.Variable, sizes: Mapping[str, int]) -> xr.Variable:
    """Cut off the steps that an append under way has added."""
    cuts: dict[Any, Any] = {dim: slice(sizes[str(dim)]) if dim in sizes else 0 for dim in coordinate.dims}
    return coordinate.isel(cuts)


def _read_coordinate(store: ArchiveStore, name: str, path: str, kind: str) -> xr.Variable:
    array = store.array(path)
    if not store.exists(chunk_key(path, (0,) * array.ndim)):
        raise ArchiveError(
            f"{store.name}: the values of coordinate {name} are missing: restore them from a copy"
        )
    try:
        values = np.asarray(array[...])
    except ValueError as error:
        raise ArchiveError(f"{store.name}: coordinate {name} is damaged: {one_line(error)}") from None
    dims = array.metadata.dimension_names  # type: ignore[union-attr]
    variable = xr.Variable(dims or (), values, dict(array.attrs))
    return xr.conventions.decode_cf_variable(
        name, variable, decode_times=kind == "M", decode_timedelta=kind == "m"
    )
