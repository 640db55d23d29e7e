"""Coordinates, attributes and encoding of a field: into the archive and back, in xarray's convention.

Numbers and times are arrays at the root, with dimension names and CF attributes, so that any xarray reads
them; texts, for which Zarr v3 has no standard type, are kept in the attributes of the variable's group. So
are the exact attributes and encoding. What is the same at all time steps is kept once.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from idlat.archive.format.array_paths import coordinate_path, free_path, is_coordinate_path
from idlat.archive.format.encoded_labels import EncodedLabel
from idlat.archive.format.encoded_labels import labels as labels_by_name
from idlat.archive.format.former_description import describes, read_former
from idlat.archive.format.integrity import CHECKSUM, json_hash
from idlat.archive.format.losses import NO_LOSSES, Losses
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import (
    document_key,
    group_document,
    read_document,
    read_whole,
    write_document,
    write_whole,
)
from idlat.archive.storage.archive_store import ArchiveStore, one_line
from idlat.errors import ArchiveError
from idlat.fields import pack_metadata, unpack_metadata
from idlat.fields.metadata.json_metadata import unpack_attrs
from idlat.fields.metadata.related_variables import KEY as COMPANIONS

_SHUFFLED_BYTES = 2**16

__all__ = [
    "coordinate_paths",
    "is_described",
    "label_field",
    "labels_hash",
    "read_description",
    "write_labels",
]


def describe_field(
    field: xr.DataArray, places: Mapping[str, Mapping[str, str]], *, deflate: bool = True
) -> dict[str, Any]:
    """Return what the group of a variable remembers of its field, as JSON.

    ``attrs`` and ``encoding`` of :func:`idlat.fields.pack_metadata`; of each label, ``coordinates`` that are
    arrays, with the `places` where they are, and those that are ``texts``.
    """
    arrays, texts = {}, {}
    for name, label in labels_by_name(field).items():
        known: dict[str, Any] = {
            "metadata": pack_metadata(label.variable, name, deflate=deflate),
            "dims": list(map(str, label.variable.dims)),
            "companion": name not in field.coords,
        }
        if label.texts is not None:
            texts[name] = {**known, "values": label.texts}
        else:
            arrays[name] = {**known, "kind": label.kind, "repeated": label.repeated, **places.get(name, {})}
    return {**pack_metadata(field, deflate=deflate), "coordinates": arrays, "texts": texts}


def labels_hash(field: xr.DataArray) -> str:
    """Return a hash of the coordinates, attributes and encoding of a field, 32 hexadecimal digits."""
    coordinates = {}
    for name, label in labels_by_name(field).items():
        if label.texts is None:
            values, dims, attributes = label.encoded
            held = hashlib.sha256(values.tobytes()).hexdigest()
            coordinates[name] = [values.dtype.name, list(values.shape), dims, attributes, held]
    return json_hash([describe_field(field, {}, deflate=False), coordinates])[:32]


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
        Where coordinates are, or will be; derived from their names unless given. Existing arrays stay.
    """
    known = paths or {}
    arrays = {name: label for name, label in labels_by_name(field).items() if label.texts is None}
    taken = {variable.path, *arrays, *known.values()}
    places: dict[str, dict[str, str]] = {}
    for name, label in arrays.items():
        path = known.get(name) or coordinate_path(name, taken)
        places[name] = _write_coordinate(store, path, label, archive, taken)
        taken.add(places[name]["path"])
    labels = [part.labels for part in variable.parts]
    document = group_document({**describe_field(field, places), "labels": labels})
    write_document(store, variable.path, document, archive)


def _write_coordinate(
    store: ArchiveStore, path: str, label: EncodedLabel, archive: str, taken: set[str]
) -> dict[str, str]:
    """Write a coordinate as an array of the root, unless it exists; return its path and checksum.

    Another variable's coordinate of that name may be another one, such as a height: then its path is other.
    """
    values, dims, attributes = label.encoded
    while store.exists(f"{path}/zarr.json"):
        if (checksum := _standing(store, path, label, archive)) is not None:
            return {"path": path, "checksum": checksum}
        path = free_path(f"{path}_", taken)
    checksum = write_whole(
        store,
        path,
        values,
        archive,
        compressors=[_codec(values), Crc32cCodec()],
        fill_value=_unlikely(values.dtype),
        dimension_names=dims,
        attributes=attributes,
    )
    return {"path": path, "checksum": checksum}


def _standing(store: ArchiveStore, path: str, label: EncodedLabel, archive: str) -> str | None:
    """Return the checksum of the array at a path where it is this very coordinate."""
    try:
        document, held = read_whole(store, path, archive)
    except (ArchiveError, LookupError):  # a group, or damaged
        return None
    values, dims, attributes = label.encoded
    found = {key: value for key, value in document["attributes"].items() if key != CHECKSUM}
    same = (held.dtype, held.shape, held.tobytes()) == (values.dtype, values.shape, values.tobytes())
    same &= list(document.get("dimension_names") or ()) == dims and found == attributes
    return str(document["attributes"][CHECKSUM]) if same else None


def _codec(values: NDArray[Any]) -> ZstdCodec | BloscCodec:
    """Return what compresses an array: large ones byte by byte of the numbers, which neighbours share."""
    if values.nbytes < _SHUFFLED_BYTES or values.itemsize == 1:
        return ZstdCodec()
    return BloscCodec(typesize=values.itemsize, cname="zstd", clevel=5, shuffle="shuffle")


def _unlikely(dtype: np.dtype[Any]) -> Any:
    """Return the fill value of a coordinate: NaN, or the smallest integer."""
    return np.iinfo(dtype).min if dtype.kind in "iu" else dtype.type(np.nan if dtype.kind in "fc" else 0)


def label_field(
    values: NDArray[Any],
    store: ArchiveStore,
    variable: VariableRecord,
    archive: str,
    losses: Losses = NO_LOSSES,
) -> xr.DataArray:
    """Give decoded values their coordinates, attributes and encoding.

    Parameters
    ----------
    values
        Of the whole field, or anything of its shape.
    store, variable, archive
        The archive's store, the variable's record, and the archive's id.
    losses
        What the archive has lost: such coordinates are left out.

    Raises
    ------
    ArchiveError
        What :func:`write_labels` wrote is missing, damaged, or another's.
    """
    path, dims = variable.path, variable.dims
    if document_key(path) in losses:
        return xr.DataArray(values, dims=dims)
    description = read_description(store, variable, archive)
    sizes = dict(zip(dims, values.shape, strict=True))
    try:
        labels = {
            name: _read_coordinate(store, name, known, archive, sizes)
            for name, known in description["coordinates"].items()
            if document_key(known["path"]) not in losses
        }
        for name, known in description["texts"].items():
            texts = xr.Variable(known["dims"], np.array(known["values"], dtype=np.str_))
            labels[name] = _with_metadata(texts, known)
        fitting = {name: _fitting(label, sizes) for name, label in labels.items()}
        described = {**description["coordinates"], **description["texts"]}
        companions = {name: label for name, label in fitting.items() if described[name]["companion"]}
        coordinates = {name: label for name, label in fitting.items() if name not in companions}
        field = unpack_metadata(xr.DataArray(values, coordinates, dims), description)
        if companions:
            field.encoding[COMPANIONS] = companions
        return field
    except ArchiveError:
        raise
    except (FileNotFoundError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveError(
            f"{store.name}: {path}/zarr.json or a coordinate is damaged: {one_line(error)}"
        ) from None


def read_description(store: ArchiveStore, variable: VariableRecord, archive: str) -> dict[str, Any]:
    """Return the attributes of a variable's group; those of before, where an append has not ended.

    A record that was read before an append has ended finds them gone: then those of more steps serve it.
    """
    description: dict[str, Any] = read_document(store, variable.path, archive)["attributes"]
    if describes(description, variable):
        return description
    if (former := read_former(store, variable, archive)) is not None:
        return former
    labels = [part.labels for part in variable.parts]
    described = description.get("labels")
    if not isinstance(described, list) or described[: len(labels)] != labels:
        raise ArchiveError(
            f"{store.name}: {variable.path}/zarr.json belongs to other steps: restore it from a copy"
        )
    return description


def is_described(store: ArchiveStore, variable: VariableRecord, archive: str) -> bool:
    """Whether :func:`write_labels` has finished for all steps of a variable."""
    try:
        return bool(read_description(store, variable, archive))
    except ArchiveError:
        return False


def coordinate_paths(store: ArchiveStore, variable: VariableRecord, archive: str) -> dict[str, str]:
    """Return where the coordinates of a variable are, by name.

    Raises
    ------
    ArchiveError
        What tells it is missing or damaged.
    """
    coordinates = read_description(store, variable, archive)["coordinates"]
    return {name: _inside(store, name, array) for name, array in coordinates.items()}


def _inside(store: ArchiveStore, name: str, array: Mapping[str, str]) -> str:
    if not is_coordinate_path(array["path"]):
        raise ArchiveError(
            f"{store.name}: the path {array['path']!a} of coordinate {name} is none inside the archive"
        )
    return array["path"]


def _fitting(coordinate: xr.Variable, sizes: Mapping[str, int]) -> xr.Variable:
    """Cut off the steps that an append under way has added."""
    cuts: dict[Any, Any] = {dim: slice(sizes[str(dim)]) for dim in coordinate.dims if dim in sizes}
    if "time" in coordinate.dims and "time" not in sizes:
        cuts["time"] = 0
    return coordinate.isel(cuts)


def _read_coordinate(
    store: ArchiveStore, name: str, known: Mapping[str, Any], archive: str, sizes: Mapping[str, int]
) -> xr.Variable:
    path = _inside(store, name, known)
    try:
        document, values = read_whole(store, path, archive, known["checksum"])
    except ArchiveError as error:
        raise ArchiveError(f"{error} (coordinate {name})") from None
    attributes = {key: value for key, value in document["attributes"].items() if key != CHECKSUM}
    dims, kind = document.get("dimension_names") or (), known["kind"]
    stored = xr.Variable(dims, values, attributes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dates beyond NumPy's become those of cftime
        variable: xr.Variable = xr.conventions.decode_cf_variable(
            name, stored, decode_times=kind == "M", decode_timedelta=kind == "m"
        ).load()
    if known["repeated"]:
        lengths = {**variable.sizes, "time": sizes.get("time", 1)}
        variable = variable.set_dims({dim: lengths[dim] for dim in known["dims"]})
    return _with_metadata(variable, known)


def _with_metadata(variable: xr.Variable, known: Mapping[str, Any]) -> xr.Variable:
    attrs, encoding = (unpack_attrs(known["metadata"], part) for part in ("attrs", "encoding"))
    return xr.Variable(variable.dims, variable._data, attrs, encoding)
