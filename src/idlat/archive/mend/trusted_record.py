"""The record that a repair goes by: the archive's own, or a copy's where that is lost or an older one."""

from __future__ import annotations

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.root_document import read_record
from idlat.archive.format.zarr_documents import read_document
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError, IdlatError

__all__ = ["trusted_record"]


def trusted_record(store: ArchiveStore, source: ArchiveStore | None) -> tuple[ArchiveRecord, bool]:
    """Return the record of a complete archive, and whether it is the copy's, which is put in its place.

    Raises
    ------
    ArchiveError
        There is none, the copy is another archive, or something in the way is no file.
    IncompleteArchiveError
        The archive was never finished.
    """
    theirs = None if source is None else _record(source)
    try:
        own = read_record(store)
    except ArchiveError as error:
        if source is None or theirs is None:
            raise ArchiveError(f"{error}; without it only a copy can help: name one with --from") from None
        if not _belongs(store, theirs):
            raise ArchiveError(
                f"{store.name}: its zarr.json is lost, and nothing in it says that it is {source.name}'s: "
                "copy the whole of that"
            ) from None
        return _adopted(store, source, theirs)
    own.check_complete(store.name)
    if source is not None and theirs is not None:
        if theirs.id != own.id:
            raise ArchiveError(f"{source.name} is no copy of {store.name}: it is another archive")
        if _frames(theirs) > _frames(own) and _has_grown(store, theirs):
            return _adopted(store, source, theirs)
    return own, False


def _record(source: ArchiveStore) -> ArchiveRecord | None:
    """Return the record of a copy, None where that is damaged too."""
    try:
        record = read_record(source)
        record.check_complete(source.name)
        return record
    except (IdlatError, OSError):
        return None


def _adopted(store: ArchiveStore, source: ArchiveStore, record: ArchiveRecord) -> tuple[ArchiveRecord, bool]:
    store.put("zarr.json", source.get("zarr.json") or b"")
    return record, True


def _frames(record: ArchiveRecord) -> int:
    return sum(variable.frames for variable in record.variables)


def _belongs(store: ArchiveStore, record: ArchiveRecord) -> bool:
    """Whether any metadata of an archive are bound to a record."""
    paths = [variable.path for variable in record.variables]
    return any(
        _shape(store, path, record) is not None for each in paths for path in (each, f"{each}/latents")
    )


def _has_grown(store: ArchiveStore, record: ArchiveRecord) -> bool:
    """Whether the arrays of an archive have all the frames that a record names."""
    shapes = [(_shape(store, f"{v.path}/latents", record), v.frames) for v in record.variables]
    return all(shape is not None and shape[0] >= frames for shape, frames in shapes)


def _shape(store: ArchiveStore, path: str, record: ArchiveRecord) -> list[int] | None:
    """Return the shape of an array of an archive, nothing of a group; None where it is not whole."""
    try:
        found = read_document(store, path, record.id).get("shape", [])
        return list(found)
    except (IdlatError, OSError, TypeError):
        return None
