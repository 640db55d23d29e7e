"""The ``zarr.json`` of groups and arrays, read and written under the checksum that binds them.

Zarr decides what they contain: a document is made by Zarr in memory, gets its checksum, and is put into the
archive whole. What is read is parsed once, compared with its checksum, and only then believed.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import MemoryStore, StorePath

from idlat.archive.format.integrity import CHECKSUM, document_checksum
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key, one_line
from idlat.errors import ArchiveError, IdlatError

__all__ = [
    "Document",
    "array_document",
    "check_document",
    "document_key",
    "group_document",
    "opened_array",
    "parse_document",
    "read_document",
    "read_whole",
    "sealed_document",
    "write_document",
    "write_whole",
]

_SMALL, _MOST = 2**24, 10**5  # values that are tried whatever the object holds, and for each byte of it

Document: TypeAlias = dict[str, Any]
"""A parsed ``zarr.json``."""


def group_document(attributes: Mapping[str, Any]) -> Document:
    """Return the document of a group."""
    return {"attributes": dict(attributes), "zarr_format": 3, "node_type": "group"}


def array_document(**described: Any) -> Document:
    """Return the document of an array; the parameters are those of :func:`zarr.create_array`."""
    memory = ArchiveStore(MemoryStore(), "a new array")
    zarr.create_array(memory.store, filters=None, zarr_format=3, **described)
    return _fetched(memory, "")


def parse_document(content: bytes, where: str) -> Document:
    """Parse a JSON object.

    Raises
    ------
    ArchiveError
        It is none.
    """
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"{where} is damaged: {one_line(error)}: restore it from a copy") from None
    if not isinstance(parsed, dict):
        raise ArchiveError(f"{where} is damaged: it is no JSON object: restore it from a copy")
    return parsed


def document_key(path: str) -> str:
    """Return the key of the document of a group or array; the root's path is empty.

    >>> document_key(""), document_key("speed/latents")
    ('zarr.json', 'speed/latents/zarr.json')
    """
    return f"{path}/zarr.json" if path else "zarr.json"


def sealed_document(document: Document, archive: str, path: str, content: bytes = b"") -> tuple[bytes, str]:
    """Return the bytes of a document that holds its checksum, and the checksum."""
    checksum = document_checksum(document, archive, path, content)
    attributes = {**document.get("attributes", {}), CHECKSUM: checksum}
    sealed = {**document, "attributes": dict(sorted(attributes.items()))}
    return json.dumps(sealed, separators=(",", ":")).encode(), checksum


def write_document(
    store: ArchiveStore, path: str, document: Document, archive: str, content: bytes = b""
) -> str:
    """Write the ``zarr.json`` of a group or an array, whole; return its checksum."""
    sealed, checksum = sealed_document(document, archive, path, content)
    store.put(document_key(path), sealed)
    return checksum


def check_document(document: Document, archive: str, path: str, where: str, content: bytes = b"") -> None:
    """Compare a document with its checksum.

    Raises
    ------
    ArchiveError
        They differ, or there is no checksum.
    """
    attributes = document.get("attributes")
    try:
        expected = document_checksum(document, archive, path, content)
    except (RecursionError, ValueError) as error:
        raise ArchiveError(f"{where} is damaged: {one_line(error)}: restore it from a copy") from None
    if not isinstance(attributes, dict) or attributes.get(CHECKSUM) != expected:
        raise ArchiveError(
            f"{where} is damaged or belongs to another archive, its checksum does not match: restore it "
            "from a copy"
        )


def _fetched(store: ArchiveStore, path: str) -> Document:
    key = document_key(path)
    content = store.get(key)
    if content is None:
        raise ArchiveError(f"{store.name}: {key} is missing: restore it from a copy")
    return parse_document(content, f"{store.name}: {key}")


def read_document(store: ArchiveStore, path: str, archive: str) -> Document:
    """Read the ``zarr.json`` of a group, or of an array whose objects carry tags.

    Raises
    ------
    ArchiveError
        It is missing, damaged, or another's; the message names it.
    """
    document = _fetched(store, path)
    check_document(document, archive, path, f"{store.name}: {document_key(path)}")
    return document


def opened_array(store: ArchiveStore, path: str, archive: str) -> zarr.Array[Any]:
    """Open an array whose objects carry tags.

    Raises
    ------
    ArchiveError
        As :func:`read_document`, or this Zarr cannot read it.
    """
    return _array(StorePath(store.store, path), read_document(store, path, archive), store.name, path)


def _array(place: StorePath, document: Document, name: str, path: str) -> zarr.Array[Any]:
    try:
        return zarr.Array.from_dict(place, dict(document))
    except IdlatError as error:
        raise ArchiveError(f"{name}: {path}: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise ArchiveError(f"{name}: {path}/zarr.json cannot be read: {one_line(error)}") from None


def write_whole(store: ArchiveStore, path: str, values: NDArray[Any], archive: str, **described: Any) -> str:
    """Write an array as a single object, which its document's checksum covers; return the checksum."""
    memory, only = ArchiveStore(MemoryStore(), "a new array"), (0,) * values.ndim
    array = zarr.create_array(
        memory.store,
        shape=values.shape,
        chunks=values.shape,
        dtype=values.dtype,
        filters=None,
        config={"write_empty_chunks": True},
        **described,
    )
    array[...] = values
    content = memory.get(chunk_key("", only)) or b""
    store.put(chunk_key(path, only), content)
    return write_document(store, path, _fetched(memory, ""), archive, content)


def read_whole(
    store: ArchiveStore, path: str, archive: str, checksum: str | None = None
) -> tuple[Document, NDArray[Any]]:
    """Read an array of a single object.

    Parameters
    ----------
    store, path
        Where it is.
    archive
        The archive's id.
    checksum
        What its checksum should be, where that is known.

    Raises
    ------
    ArchiveError
        It is missing, damaged, or another's; the message names it.
    """
    document, where = _fetched(store, path), f"{store.name}: {path}"
    shape = document.get("shape")
    if not isinstance(shape, list):
        raise ArchiveError(f"{where}/zarr.json is damaged: 'shape' is no list: restore it from a copy")
    key = chunk_key(path, (0,) * len(shape))
    content = store.get(key)
    if content is None:
        raise ArchiveError(f"{store.name}: {key} is missing: restore it from a copy")
    check_document(document, archive, path, f"{where} (its zarr.json or its values)", content)
    if checksum is not None and document["attributes"][CHECKSUM] != checksum:
        raise ArchiveError(f"{where} is not the one that its variable names: restore it from a copy")
    _check_extent(shape, content, where)
    memory = ArchiveStore(MemoryStore(), store.name)
    memory.put(chunk_key("", (0,) * len(shape)), content)
    array = _array(StorePath(memory.store), document, store.name, path)
    if array.nchunks > 1:
        raise ArchiveError(
            f"{where}/zarr.json is damaged: it announces more than one object; restore it from a copy"
        )
    try:
        return document, np.asarray(array[...])
    except (ValueError, RuntimeError, MemoryError) as error:
        raise ArchiveError(f"{where} is damaged: {one_line(error)}: restore it from a copy") from None


def _check_extent(shape: list[Any], content: bytes, where: str) -> None:
    """Refuse an array far larger than its object can hold.

    Raises
    ------
    ArchiveError
        So it is.
    """
    if not all(isinstance(n, int) for n in shape) or math.prod(shape) > _SMALL + _MOST * len(content):
        raise ArchiveError(
            f"{where}/zarr.json announces the shape {reprlib.repr(shape)} for {len(content)} bytes: it is "
            "damaged; restore it from a copy"
        )
