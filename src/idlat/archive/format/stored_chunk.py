"""Reading the stored object of a chunk; errors name the object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from idlat.archive.codecs.sealed_objects import open_object
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError, CorruptStreamError

__all__ = ["chunk_object", "damaged_chunk", "is_stored", "opened_chunk"]


def chunk_object(store: ArchiveStore, key: str) -> bytes:
    """Return a stored object.

    Raises
    ------
    ArchiveError
        It is missing.
    """
    stored = store.get(key)
    if stored is None:
        raise ArchiveError(f"{store.name}: chunk {key} is missing: restore it from a copy")
    return stored


def damaged_chunk(store: ArchiveStore, key: str, error: CorruptStreamError) -> ArchiveError:
    """Return the error that names a damaged object."""
    return ArchiveError(f"{store.name}: chunk {key} is damaged, {error}: restore it from a copy")


@contextmanager
def opened_chunk(store: ArchiveStore, key: str, tag: bytes) -> Iterator[bytes]:
    """Give the payload of an object to the ``with`` block that decodes it.

    Raises
    ------
    ArchiveError
        The object is missing, its checksum fails, it has another tag, or the block finds its payload corrupt.
    """
    stored = chunk_object(store, key)
    try:
        yield open_object(stored, tag)
    except CorruptStreamError as error:
        raise damaged_chunk(store, key, error) from None


def is_stored(store: ArchiveStore, key: str, tag: bytes) -> bool:
    """Whether an object exists, passes its checksum, and has this tag: it is of this job."""
    try:
        open_object(store.get(key) or b"", tag)
    except CorruptStreamError:
        return False
    return True
