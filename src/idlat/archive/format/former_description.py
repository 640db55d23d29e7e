"""What a variable's group said before an append, kept beside it until the archive's record is replaced.

::

    <variable>/zarr.json     of the steps that are, and those that are appended
    <variable>/former.json   a copy of what it was

A group can be described only once, and its description is written before the record that goes with it.
Between the two, readers take the copy; an append that fails puts it back.
"""

from __future__ import annotations

from typing import Any

from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import Document, check_document, document_key, parse_document
from idlat.archive.storage.archive_store import ArchiveStore

__all__ = ["describes", "drop_former", "keep_former", "put_former_back", "read_former"]


def describes(attributes: Document, variable: VariableRecord) -> bool:
    """Whether the attributes of a group are of just the steps that a record has."""
    return bool(attributes.get("labels") == [part.labels for part in variable.parts])


def keep_former(store: ArchiveStore, variable: VariableRecord) -> None:
    """Copy the document of a group before it becomes one of more steps; a copy that is there stays."""
    key = _key(variable)
    content = None if store.exists(key) else store.get(document_key(variable.path))
    if content is not None:
        store.put(key, content)


def read_former(store: ArchiveStore, variable: VariableRecord, archive: str) -> dict[str, Any] | None:
    """Return the attributes in the copy; None where there is none, or it is of other steps.

    Raises
    ------
    ArchiveError
        It is damaged, or another archive's.
    """
    content = store.get(_key(variable))
    if content is None:
        return None
    where = f"{store.name}: {_key(variable)}"
    document = parse_document(content, where)
    check_document(document, archive, variable.path, where)
    attributes: dict[str, Any] = document["attributes"]
    return attributes if describes(attributes, variable) else None


def put_former_back(store: ArchiveStore, variable: VariableRecord, archive: str) -> None:
    """Make the document of a variable's group what it was, and take the copy away."""
    former = store.get(_key(variable))
    if former is None:
        return
    if read_former(store, variable, archive) and store.get(document_key(variable.path)) != former:
        store.put(document_key(variable.path), former)
    drop_former(store, variable)


def drop_former(store: ArchiveStore, variable: VariableRecord) -> None:
    """Take the copy away, if there is one."""
    if store.exists(_key(variable)):
        store.delete(_key(variable))


def _key(variable: VariableRecord) -> str:
    return f"{variable.path}/former.json"
