"""A place in memory that nobody else knows, for archives that never reach a disk under their own name."""

from __future__ import annotations

from dataclasses import dataclass, field

from zarr.core.sync import sync
from zarr.storage import MemoryStore

from idlat.archive.storage.archive_store import ArchiveStore

__all__ = ["MemoryLocation"]


@dataclass(frozen=True)
class MemoryLocation:
    """An archive's objects in a dictionary, gone with the last reference to it.

    Its calls end on Zarr's loop itself: none waits for a thread, of which Zarr has few, so that codecs may
    use it on these.

    Attributes
    ----------
    name
        What errors call it.
    """

    name: str
    _store: MemoryStore = field(default_factory=MemoryStore, repr=False)

    def beside(self, suffix: str) -> MemoryLocation:
        """Return another such place."""
        return MemoryLocation(self.name + suffix)

    def exists(self) -> bool:
        """Whether anything is there."""
        return bool(self.open().entries())

    def root_document(self) -> bytes | None:
        """Return the ``zarr.json`` of the group that is there; None where there is none."""
        return self.open().get("zarr.json")

    def open(self) -> ArchiveStore:
        """Open it for reading and writing."""
        return ArchiveStore(self._store, self.name)

    def remove_unfinished(self) -> None:
        """Nothing is ever half written."""

    def remove(self) -> None:
        """Take away everything that is there."""
        sync(self._store.clear())

    def flush(self) -> None:
        """Nothing to wait for."""

    def move_to(self, other: MemoryLocation) -> None:
        """Copy the objects, and take them away here."""
        other.remove()
        store, copy = self.open(), other.open()
        for key in store.keys(""):
            copy.put(key, store.get(key) or b"")
        self.remove()

    def recover(self) -> None:
        """Nothing can have been cut in two."""
