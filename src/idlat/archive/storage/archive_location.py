"""Places where an archive can be written: a local path, or a URL of any file system that fsspec knows."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

from zarr.storage import FsspecStore

from idlat.archive.storage.archive_store import ArchiveStore, local_path, one_line
from idlat.archive.storage.durable_store import DurableStore
from idlat.archive.storage.local_store import inside
from idlat.errors import ArchiveError, OutputError
from idlat.outputs import flush_folder, flush_tree, put_in_place, recover_folder
from idlat.plainfiles import check_plain

__all__ = ["LocalLocation", "Location", "RemoteLocation", "location_of"]


class Location(Protocol):
    """Where an archive is, or will be."""

    @property
    def name(self) -> str:
        """The path or URL."""

    def beside(self, suffix: str) -> Self:
        """Return the place whose name has a suffix more."""

    def exists(self) -> bool:
        """Whether the location holds anything but unfinished temporary objects."""

    def root_document(self) -> bytes | None:
        """Return the ``zarr.json`` of the group that is there; None where there is none."""

    def open(self) -> ArchiveStore:
        """Open what is there, or will be, for writing."""

    def remove_unfinished(self) -> None:
        """Take away objects that a killed job had not finished writing."""

    def remove(self) -> None:
        """Take away everything that is there."""

    def flush(self) -> None:
        """Wait until the disk has everything that was written."""

    def move_to(self, other: Self) -> None:
        """Put what is here in another place, instead of what is there."""

    def recover(self) -> None:
        """Undo a move to here that a kill has cut in two, or take away what it left."""


@dataclass(frozen=True)
class LocalLocation:
    """A folder, or a file to be that ends in ``.zip``."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def beside(self, suffix: str) -> LocalLocation:
        """Return the path whose name has a suffix more."""
        return LocalLocation(self.path.with_name(self.path.name + suffix))

    def exists(self) -> bool:
        """Whether there is a file, or a folder with anything but unfinished objects in it."""
        if not self.path.is_dir():
            return self.path.exists() or self.path.is_symlink()
        return any(entry.suffix != ".partial" for entry in self.path.iterdir())

    def root_document(self) -> bytes | None:
        """Return the ``zarr.json`` of the group that is there; None where there is none."""
        try:
            if self.path.is_dir():
                return inside(self.path, "zarr.json").read_bytes()
            check_plain(self.path, ArchiveError)
            with zipfile.ZipFile(self.path) as packed:
                return packed.read("zarr.json")
        except (ArchiveError, OSError, KeyError, zipfile.BadZipFile):
            return None

    def open(self) -> ArchiveStore:
        """Open the folder for writing."""
        return ArchiveStore(DurableStore(self.path), self.name)

    def remove_unfinished(self) -> None:
        """Take away objects that a killed job had not finished writing."""
        for unfinished in self.path.rglob("*.partial"):
            if unfinished.is_symlink() or not unfinished.is_dir():
                unfinished.unlink()

    def remove(self) -> None:
        """Take the folder away, or the link or file."""
        if self.path.is_symlink() or self.path.is_file():
            self.path.unlink()
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def flush(self) -> None:
        """Wait until the disk has every file, and every name."""
        flush_tree(self.path)
        flush_folder(self.path.absolute().parent)

    def move_to(self, other: LocalLocation) -> None:
        """Rename the folder; what was there is removed once the new one is in place."""
        put_in_place(self.path, other.path)

    def recover(self) -> None:
        """Give back its name to what was to be replaced, unless its successor has the name already."""
        recover_folder(self.path)


@dataclass(frozen=True)
class RemoteLocation:
    """A folder of a file system that fsspec knows, such as ``s3://bucket/out.idlat``.

    Objects are written whole or not at all, as object stores do; a rename may be a copy.
    """

    url: str

    @property
    def name(self) -> str:
        """The URL."""
        return self.url

    @cached_property
    def _store(self) -> FsspecStore:
        try:
            return FsspecStore.from_url(self.url, read_only=False)
        except (ImportError, ValueError) as error:
            raise OutputError(f"{self.url} cannot be written: {one_line(error)}") from None

    @cached_property
    def _system(self) -> Any:
        """The file system, in its blocking form."""
        from fsspec.core import url_to_fs

        system, _ = url_to_fs(self.url)
        return system

    @property
    def _path(self) -> str:
        return self._store.path

    def beside(self, suffix: str) -> RemoteLocation:
        """Return the URL with a suffix more."""
        return RemoteLocation(self.url.rstrip("/") + suffix)

    def exists(self) -> bool:
        """Whether anything is there."""
        _ = self._store  # an unknown protocol is an error that says so
        try:
            self._system.invalidate_cache()
            return bool(self._system.exists(self._path))
        except Exception as error:  # each file system has its own exceptions: refused, unknown, unreachable
            raise OutputError(f"{self.url} cannot be written: {one_line(error)}") from error

    def root_document(self) -> bytes | None:
        """Return the ``zarr.json`` of the group that is there; None where there is none."""
        return self.open().get("zarr.json")

    def open(self) -> ArchiveStore:
        """Open the folder for writing."""
        return ArchiveStore(self._store, self.url)

    def remove_unfinished(self) -> None:
        """Nothing is ever half written."""

    def remove(self) -> None:
        """Take the folder away."""
        if self.exists():
            self._system.rm(self._path, recursive=True)

    def flush(self) -> None:
        """Nothing to wait for: an object that is written is durable."""

    def move_to(self, other: RemoteLocation) -> None:
        """Copy the objects; what was there goes first, and the root comes last: until then readers see none.

        What is here is removed once all of it is there, so that a job killed on the way can be resumed.
        """
        other.remove()
        system, start = self._system, len(self._path)
        keys = [key[start:] for key in system.find(self._path)]
        for key in sorted(keys, key=lambda key: key == "/zarr.json"):
            system.copy(self._path + key, other._path + key)
        self.remove()
        system.invalidate_cache()

    def recover(self) -> None:
        """Nothing: a move that was cut is made again from its beginning."""


def location_of(path: str | os.PathLike[str]) -> LocalLocation | RemoteLocation:
    """Return the place that a path or a URL names.

    Examples
    --------
    >>> location_of("memory://bucket/out.idlat").beside(".partial").name
    'memory://bucket/out.idlat.partial'
    """
    local = local_path(path)
    return RemoteLocation(os.fspath(path)) if local is None else LocalLocation(local)
