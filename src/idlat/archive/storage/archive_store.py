"""The store that holds an archive: a directory, a finished ``.zip``, or any fsspec URL."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import FsspecStore, ZipStore

from idlat.archive.storage.local_store import ConfinedStore, check_key
from idlat.errors import ArchiveError, IdlatError, MissingFileError
from idlat.plainfiles import check_plain

__all__ = ["ArchiveStore", "chunk_key", "local_path", "one_line", "open_store"]

T = TypeVar("T")


def chunk_key(array: str, index: tuple[int, ...]) -> str:
    """Return the key of a chunk in Zarr's default encoding.

    Examples
    --------
    >>> chunk_key("pressure/latents", (0, 0, 1, 2, 3))
    'pressure/latents/c/0/0/1/2/3'
    """
    return "/".join([*filter(None, [array]), "c", *map(str, index)])


@dataclass(frozen=True)
class ArchiveStore:
    """A Zarr store with the archive's name, for errors, and plain calls for its objects.

    Attributes
    ----------
    store
        Where the objects are.
    name
        The path or URL that the user gave.
    """

    store: Store
    name: str

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the store; what a remote one raises becomes an error of ours."""
        try:
            return sync(work)
        except (IdlatError, OSError):
            raise
        except Exception as error:
            if isinstance(self.store, FsspecStore):  # each file system has its own exceptions
                raise ArchiveError(f"{self.name} cannot be reached: {one_line(error)}") from error
            raise

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, None where it is absent."""
        check_key(key)
        buffer = self._done(self.store.get(key, default_buffer_prototype()))
        return None if buffer is None else buffer.to_bytes()

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whole or not at all."""
        check_key(key)
        self._done(self.store.set(key, default_buffer_prototype().buffer.from_bytes(data)))

    def delete(self, key: str) -> None:
        """Take an object away, if it is there."""
        check_key(key)
        self._done(self.store.delete(key))

    def delete_folder(self, prefix: str) -> None:
        """Take away every object under a prefix."""
        check_key(prefix)
        self._done(self.store.delete_dir(prefix))

    def entries(self) -> list[str]:
        """Return the names at the root, of objects and of folders."""

        async def listed() -> list[str]:
            return [name async for name in self.store.list_dir("")]

        return sorted(set(self._done(listed())) - {"", ".", ".."})  # a zip file may hold such

    def exists(self, key: str) -> bool:
        """Whether an object is there."""
        check_key(key)
        return self._done(self.store.exists(key))

    def size(self, prefix: str) -> int:
        """Return the bytes of every object under a prefix."""
        check_key(prefix)
        return self._done(self.store.getsize_prefix(prefix))

    def size_on_disk(self) -> int:
        """Return the bytes of the whole archive: of its files, or of the zip file."""
        if isinstance(self.store, ZipStore):
            return self.store.path.stat().st_size
        return self.size("")

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys under a prefix, in alphabetical order."""

        async def listed() -> list[str]:
            return [key async for key in self.store.list_prefix(prefix)]

        yield from sorted(self._done(listed()))

    def no_archive(self) -> ArchiveError:
        """Return the error for what is no archive at all, or many."""
        if (Path(self.name) / "blocks.json").is_file():
            return ArchiveError(
                f"{self.name} holds the blocks of a parallel run, each an archive: give one of them"
            )
        return ArchiveError(
            f"{self.name} is not an idlat archive: expected a Zarr v3 group, a directory or a .zip"
        )

    def close(self) -> None:
        """Close the store's files."""
        self.store.close()


def one_line(error: BaseException) -> str:
    """Return an error's message on one line, 200 characters at most."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


class _ZipReader(ZipStore):
    """A finished zip file whose damage is an error of ours, whoever reads it."""

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        try:
            return await super().get(key, prototype, byte_range)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise ArchiveError(f"{self.path}: {key} is damaged: {one_line(error)}") from None


def open_store(path: str | os.PathLike[str]) -> ArchiveStore:
    """Open the store of an archive for reading.

    Parameters
    ----------
    path
        A directory, a ``.zip`` file, or a URL that fsspec knows, such as ``s3://bucket/out.idlat``.

    Raises
    ------
    MissingFileError
        There is nothing at `path`.
    ArchiveError
        What is there is neither a directory nor a whole zip file.
    """
    name, local = os.fspath(path), local_path(path)
    if local is None:
        return ArchiveStore(_open_url(name), name)
    if local.is_dir():
        return ArchiveStore(ConfinedStore(local, read_only=True), name)
    if not local.exists():
        raise MissingFileError(f"{name} does not exist: expected an idlat archive")
    check_plain(local, ArchiveError, "an archive")
    empty = ArchiveStore(ConfinedStore(local.parent, read_only=True), name)
    if not zipfile.is_zipfile(local):
        if local.suffix == ".zip":
            raise ArchiveError(f"{name} is not a whole zip file (cut short?): restore it from a copy")
        raise empty.no_archive()
    try:
        store = _ZipReader(local, mode="r")
        sync(store._open())
    except (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError) as error:
        raise ArchiveError(f"{name} is a damaged zip file: {one_line(error)}") from None
    return ArchiveStore(store, name)


def local_path(path: str | os.PathLike[str]) -> Path | None:
    """Return the path of what is on a local disk, with ``~`` as the home folder; None for another URL.

    Examples
    --------
    >>> str(local_path("file:///tmp/a.idlat")), local_path("s3://bucket/a.idlat")
    ('/tmp/a.idlat', None)
    """
    name = os.fspath(path)
    if not name:
        raise ArchiveError("the path of the archive is empty: name a folder, a .zip file or a URL")
    if name.startswith(("file://", "local://")):
        return Path(name.split("://", 1)[1])
    return None if "://" in name else Path(os.path.expanduser(name))


def _open_url(url: str) -> Store:
    """Open a folder, or a ``.zip`` file, of a file system that fsspec knows."""
    try:
        if url.endswith(".zip") and not url.startswith(("zip:", "simplecache:", "blockcache:", "filecache:")):
            return FsspecStore.from_url(f"zip://::{url}", read_only=True)
        return FsspecStore.from_url(url, read_only=True)
    except FileNotFoundError:
        raise MissingFileError(f"{url} does not exist: expected an idlat archive") from None
    except zipfile.BadZipFile:
        raise ArchiveError(f"{url} is not a whole zip file (cut short?): restore it from a copy") from None
    except Exception as error:  # unknown protocol, missing package, or what its file system raises
        raise ArchiveError(f"{url} cannot be opened: {one_line(error)}") from None
