"""A local store whose metadata the disk has before they take the place of former ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

from zarr.core.buffer import Buffer

from idlat.archive.storage.local_store import ConfinedStore, inside
from idlat.outputs import flush_file, flush_folder

__all__ = ["DurableStore"]


class DurableStore(ConfinedStore):
    """Writes JSON objects, which are few, through to the disk one by one; chunks are flushed all at once.

    So that a loss of power never leaves a record whose file is empty, or one that is ahead of what it names.
    """

    async def set(self, key: str, value: Buffer) -> None:
        """Write an object, whole or not at all."""
        if key.endswith(".json"):
            self._check_writable()
            await asyncio.to_thread(_replace, inside(self.root, key), value.to_bytes())
        else:
            await super().set(key, value)


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.partial")  # one job writes, and one task an object
    try:
        temporary.unlink(missing_ok=True)  # what a killed job left, or a link to somewhere else
        with temporary.open("xb") as file:
            file.write(content)
        flush_file(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)
