"""Zarr's store of a folder, which reads plain files only, and metadata of a sensible depth."""

from __future__ import annotations

from pathlib import Path

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from idlat.errors import FieldError
from idlat.plainfiles import check_plain

__all__ = ["PlainStore"]

_METADATA = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
_DEEPEST = 100  # one object or list inside another


class PlainStore(LocalStore):
    """A folder to read; a pipe in it would hang whoever reads it, and deep JSON exhausts Python's stack."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, read_only=True)

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Return an object, None where it is absent.

        Raises
        ------
        FieldError
            It is no plain file, or metadata that are nested too deep.
        """
        path = self.root / key
        if path.exists() and not path.is_dir():
            check_plain(path)
        content = await super().get(key, prototype, byte_range)
        if content is not None and path.name in _METADATA and _depth(content.to_bytes()) > _DEEPEST:
            raise FieldError(f"{path}: nested more than {_DEEPEST} deep: damaged")
        return content


def _depth(content: bytes) -> int:
    """Return how deep JSON is nested, or may be: brackets in texts count, too.

    >>> _depth(b'{"a": [1, {"b": 2}]}'), _depth(b"[][][]")
    (3, 1)
    """
    depth = deepest = 0
    for byte in content:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
