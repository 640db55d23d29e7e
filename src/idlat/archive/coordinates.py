"""Coordinates, attributes and encoding of a field: into the archive and back, in xarray's convention.

Numbers and times are arrays at the root, with dimension names and CF attributes, so that any xarray reads
them; texts, for which Zarr v3 has no settled type, are kept in the attributes of the variable's group.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from idlat.archive.documents import group_document, read_document, read_whole, write_document, write_whole
from idlat.archive.names import coordinate_path, is_coordinate_path
from idlat.archive.seals import CHECKSUM, json_hash
from idlat.archive.stores import ArchiveStore, one_line
from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError
from idlat.fields import pack_metadata, unpack_metadata

__all__ = ["coordinate_paths", "is_described", "label_field", "labels_hash", "write_labels"]


def describe_field(field: xr.DataArray, places: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return what the group of a variable remembers of its field, as JSON.

    ``attrs``, ``encoding`` and ``dtypes`` of :func:`idlat.fields.pack_metadata`, the kinds of ``coordinates``
    that are arrays with the `places` where they are, and those that are ``texts``.
    """
    arrays = [(str(name), c.dtype.kind) for name, c in sorted_coords(field) if _as_array(name, c)]
    return {
        **pack_metadata(field),
        "coordinates": {name: {"kind": kind, **places.get(name, {})} for name, kind in arrays},
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


def labels_hash(field: xr.DataArray) -> str:
    """Return a hash of the coordinates, attributes and encoding of a field, 32 hexadecimal digits."""
    coordinates = {}
    for name, coordinate in sorted_coords(field):
        if _as_array(name, coordinate):
            values, dims, attributes = _encoded(name, coordinate)
            held = hashlib.sha256(values.tobytes()).hexdigest()
            coordinates[str(name)] = [values.dtype.name, list(values.shape), dims, attributes, held]
    return json_hash([describe_field(field, {}), coordinates])[:32]


def write_labels(
    store: ArchiveStore,
    variable: VariableRecord,
    field: xr.DataArray,
    archive: str,
    paths: Mapping[str, str] | None = None,
) -> None:
    """Write the numeric coordinates of a variable's field, and what its group remembers.

    Parameters
    ----------
    store, variable, archive
        The archive's store, the variable's record, and the archive's id.
    field
        The labels of all its steps.
    paths
        Where coordinates are to be, or are; what has their names unless told. Arrays that stand there stay.
    """
    known = paths or {}
    arrays = {str(name): c for name, c in sorted_coords(field) if _as_array(name, c)}
    taken = {variable.path, *arrays, *known.values()}
    places: dict[str, dict[str, str]] = {}
    for name, coordinate in arrays.items():
        path = known.get(name) or coordinate_path(name, taken)
        taken.add(path)
        places[name] = {"path": path, "checksum": _write_coordinate(store, path, name, coordinate, archive)}
    labels = [part.labels for part in variable.parts]
    document = group_document({**describe_field(field, places), "labels": labels})
    write_document(store, variable.path, document, archive)


def _write_coordinate(
    store: ArchiveStore, path: str, name: str, coordinate: xr.DataArray, archive: str
) -> str:
    """Write a coordinate as an array of the root, unless it stands; return the array's checksum."""
    if store.exists(f"{path}/zarr.json"):
        document, _ = read_whole(store, path, archive)
        return str(document["attributes"][CHECKSUM])
    values, dims, attributes = _encoded(name, coordinate)
    return write_whole(
        store,
        path,
        values,
        archive,
        compressors=[ZstdCodec(), Crc32cCodec()],
        fill_value=_unlikely(values.dtype),
        dimension_names=dims,
        attributes=attributes,
    )


def _encoded(name: Hashable, coordinate: xr.DataArray) -> tuple[NDArray[Any], list[str], dict[str, Any]]:
    """Return values, axes and attributes of a coordinate as CF has them."""
    variable = xr.conventions.encode_cf_variable(coordinate.variable, name=name)
    values = np.asarray(variable.data)
    values = values.astype(values.dtype.newbyteorder("="))
    return values, [str(dim) for dim in variable.dims], _plain(variable.attrs)


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


def label_field(
    values: NDArray[Any], store: ArchiveStore, variable: VariableRecord, archive: str
) -> xr.DataArray:
    """Give decoded values their coordinates, attributes and encoding.

    Parameters
    ----------
    values
        Of the whole field, or anything of its shape.
    store, variable, archive
        The archive's store, the variable's record, and the archive's id.

    Raises
    ------
    ArchiveError
        What :func:`write_labels` wrote is missing, damaged, or another's.
    """
    path, dims = variable.path, variable.dims
    description = _description(store, variable, archive)
    try:
        coordinates = {
            name: _read_coordinate(store, name, array, archive)
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


def _description(store: ArchiveStore, variable: VariableRecord, archive: str) -> dict[str, Any]:
    """Return the attributes of a variable's group; an append may have made them those of more steps."""
    description: dict[str, Any] = read_document(store, variable.path, archive)["attributes"]
    labels = [part.labels for part in variable.parts]
    if description.get("labels", [])[: len(labels)] != labels:
        raise ArchiveError(
            f"{store.name}: {variable.path}/zarr.json belongs to other steps: restore it from a copy"
        )
    return description


def is_described(store: ArchiveStore, variable: VariableRecord, archive: str) -> bool:
    """Whether :func:`write_labels` came to its end for all steps of a variable."""
    try:
        return bool(_description(store, variable, archive))
    except ArchiveError:
        return False


def coordinate_paths(store: ArchiveStore, variable: VariableRecord, archive: str) -> dict[str, str]:
    """Return where the coordinates of a variable are, by name.

    Raises
    ------
    ArchiveError
        What tells it is missing or damaged.
    """
    coordinates = _description(store, variable, archive)["coordinates"]
    return {name: _inside(store, name, array) for name, array in coordinates.items()}


def _inside(store: ArchiveStore, name: str, array: Mapping[str, str]) -> str:
    if not is_coordinate_path(array["path"]):
        raise ArchiveError(
            f"{store.name}: the path {array['path']!a} of coordinate {name} is none inside the archive"
        )
    return array["path"]


def _fitting(coordinate: xr.Variable, sizes: Mapping[str, int]) -> xr.Variable:
    """Cut off the steps that an append under way has added."""
    cuts: dict[Any, Any] = {dim: slice(sizes[str(dim)]) if dim in sizes else 0 for dim in coordinate.dims}
    return coordinate.isel(cuts)


def _read_coordinate(store: ArchiveStore, name: str, array: Mapping[str, str], archive: str) -> xr.Variable:
    path = _inside(store, name, array)
    try:
        document, values = read_whole(store, path, archive, array["checksum"])
    except ArchiveError as error:
        raise ArchiveError(f"{error} (coordinate {name})") from None
    attributes = {key: value for key, value in document["attributes"].items() if key != CHECKSUM}
    variable = xr.Variable(document.get("dimension_names") or (), values, attributes)
    return xr.conventions.decode_cf_variable(
        name, variable, decode_times=array["kind"] == "M", decode_timedelta=array["kind"] == "m"
    )
