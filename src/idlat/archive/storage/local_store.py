"""A folder on a local disk that is never left: no link is followed, no name leads out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from idlat.errors import ArchiveError

__all__ = ["ConfinedStore", "check_key", "inside"]


def check_key(key: str) -> None:
    """Refuse a key that could name something outside the archive, whatever the store makes of it.

    Raises
    ------
    ArchiveError
        It is absolute, or has an empty part, ``.``, ``..``, a backslash or a NUL in it.
    """
    parts = key.rstrip("/").split("/")
    if key and (any(part in ("", ".", "..") for part in parts) or set(key) & {"\\", "\0"}):
        raise ArchiveError(f"{key!a} would lie outside the archive: its metadata are damaged or forged")


def inside(root: Path, key: str) -> Path:
    """Return the path of a key, which need not be there.

    Raises
    ------
    ArchiveError
        It lies outside `root`, a link is on the way, or it is neither a file nor a folder.
    """
    check_key(key)
    path = root
    for part in filter(None, key.split("/")):
        path = path / part
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return root / key
        if stat.S_ISLNK(mode):
            raise ArchiveError(
                f"{path} is a symbolic link, which idlat does not follow: put a copy of what it names there"
            )
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ArchiveError(f"{path} is neither a file nor a folder: restore the archive from a copy")
    return root / key


class ConfinedStore(LocalStore):
    """Zarr's store of a folder, which reads, writes and deletes inside it only."""

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Return an object, None where it is absent."""
        inside(self.root, key)
        return await super().get(key, prototype, byte_range)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Return parts of objects."""
        ranges = list(key_ranges)
        for key, _ in ranges:
            inside(self.root, key)
        return await super().get_partial_values(prototype, ranges)

    async def _set(self, key: str, value: Buffer, exclusive: bool = False) -> None:
        inside(self.root, key)
        await super()._set(key, value, exclusive)

    async def delete(self, key: str) -> None:
        """Take an object away."""
        inside(self.root, key)
        await super().delete(key)

    async def delete_dir(self, prefix: str) -> None:
        """Take a folder away."""
        inside(self.root, prefix)
        await super().delete_dir(prefix)

    async def exists(self, key: str) -> bool:
        """Whether an object is there."""
        inside(self.root, key)
        return await super().exists(key)

    async def getsize(self, key: str) -> int:
        """Return an object's bytes."""
        inside(self.root, key)
        return await super().getsize(key)

    async def list(self) -> AsyncIterator[str]:
        """Yield every key; links are none."""
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield the keys under a prefix; links are none."""
        for folder, _, files in os.walk(inside(self.root, prefix)):  # does not follow links
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    yield path.relative_to(self.root).as_posix()

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield the names of files and folders in a folder."""
        folder = inside(self.root, prefix)
        async for name in super().list_dir(prefix):
            mode = os.lstat(folder / name).st_mode
            if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                yield name
