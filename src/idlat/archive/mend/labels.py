"""Mending what describes a variable: its group, and the coordinates that the group names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.array_paths import is_coordinate_path
from idlat.archive.format.stored_coordinates import read_description
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import document_key, read_whole
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import IdlatError

__all__ = ["copy_whole", "mend_labels"]


def mend_labels(
    store: ArchiveStore, source: ArchiveStore | None, variable: VariableRecord, record: ArchiveRecord
) -> Iterator[tuple[str, bool]]:
    """Restore what describes a variable.

    Yields
    ------
    key, restored
        Of the group's document, and of the document of each coordinate, that was missing or damaged; whether
        the copy had it.
    """
    key = document_key(variable.path)
    description = _description(store, variable, record.id)
    if description is None:
        description = None if source is None else _description(source, variable, record.id)
        if source is not None and description is not None:
            store.put(key, source.get(key) or b"")
        yield key, description is not None
    for known in ({} if description is None else description["coordinates"]).values():
        path, checksum = known["path"], known["checksum"]
        if not is_coordinate_path(path) or _is_whole(store, path, record.id, checksum):
            continue
        there = source is not None and _is_whole(source, path, record.id, checksum)
        if source is not None and there:
            copy_whole(store, source, path)
        yield document_key(path), there


def copy_whole(store: ArchiveStore, source: ArchiveStore, path: str) -> None:
    """Copy an array of a single object, whose document comes last."""
    for key in sorted(source.keys(path), key=lambda key: key == document_key(path)):
        store.put(key, source.get(key) or b"")


def _description(store: ArchiveStore, variable: VariableRecord, archive: str) -> dict[str, Any] | None:
    try:
        found = read_description(store, variable, archive)
        return found if isinstance(found["coordinates"], dict) else None
    except (IdlatError, OSError, LookupError, TypeError):
        return None


def _is_whole(store: ArchiveStore, path: str, archive: str, checksum: str) -> bool:
    try:
        read_whole(store, path, archive, checksum)
    except (IdlatError, OSError, LookupError, TypeError):
        return False
    return True
