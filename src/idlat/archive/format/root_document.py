"""The record of an archive, as the root's ``zarr.json`` holds it, and as an append under way notes it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from idlat.archive.format.archive_record import FORMAT, ArchiveRecord
from idlat.archive.format.zarr_documents import (
    check_document,
    group_document,
    parse_document,
    sealed_document,
)
from idlat.archive.storage.archive_location import Location
from idlat.archive.storage.archive_store import ArchiveStore

__all__ = ["JOURNAL", "is_archive", "read_journal", "read_record", "write_record"]

JOURNAL = "appending.json"
"""The object that holds the record to be while something is appended."""


def is_archive(location: Location) -> bool:
    """Whether an idlat archive is there, complete or not."""
    content = location.root_document()
    try:
        return content is not None and bool(json.loads(content)["attributes"]["format"] == FORMAT)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def read_record(store: ArchiveStore) -> ArchiveRecord:
    """Read the root attributes of an archive, complete or not.

    Raises
    ------
    ArchiveError
        The store holds no archive, a damaged one, or one of another format version.
    """
    content = store.get("zarr.json")
    if content is None:
        raise store.no_archive()
    return _parsed(store, content, "zarr.json")


def write_record(store: ArchiveStore, record: ArchiveRecord, key: str = "zarr.json") -> None:
    """Replace the root attributes, or the record that an append notes, whole or not at all."""
    content, _ = sealed_document(group_document(record.to_json()), "", key)
    store.put(key, content)


def read_journal(store: ArchiveStore) -> ArchiveRecord | None:
    """Return the record that an unfinished append is writing; None where there is none.

    Raises
    ------
    ArchiveError
        It is damaged.
    """
    content = store.get(JOURNAL)
    return None if content is None else _parsed(store, content, JOURNAL)


def _parsed(store: ArchiveStore, content: bytes, key: str) -> ArchiveRecord:
    """Parse a record; nothing but its format and version is believed before its checksum is."""
    where = f"{store.name}: {key}"
    document = parse_document(content, where)
    attributes = document.get("attributes")
    if not isinstance(attributes, Mapping):
        attributes = {}
    ArchiveRecord.check_version(attributes, store.name, where)
    check_document(document, "", key, where)
    return ArchiveRecord.from_json(attributes, where)
