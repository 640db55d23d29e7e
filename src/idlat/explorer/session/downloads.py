"""Files that sessions make for the browser to fetch: each by a name that cannot be guessed, none other."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["Download", "Downloads"]

KEPT = 2**31
"""Bytes kept of each window; its oldest file goes first, its latest stays whatever its size."""


@dataclass(frozen=True)
class Download:
    """A file to fetch: what to call it, where it is, its bytes, and whose it is."""

    name: str
    path: Path
    size: int
    owner: object


class Downloads:
    """Files in a temporary folder of their own, which goes with them.

    Examples
    --------
    >>> downloads = Downloads()
    >>> key = downloads.add("notes.txt", lambda path: path.write_text("well"))
    >>> downloads.find(key).name, downloads.find("../notes.txt")
    ('notes.txt', None)
    >>> downloads.close()
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="idlat-explore-"))
        self._files: dict[str, Download] = {}
        self._lock = threading.Lock()  # jobs of all windows add

    def add(self, name: str, write: Callable[[Path], object], owner: object = None) -> str:
        """Let `write` fill a file of a window's, `owner`; return the key that fetches it."""
        key = secrets.token_urlsafe(18)
        folder = self._folder / key
        folder.mkdir()
        path = folder / name
        try:
            write(path)
            made = Download(name, path, path.stat().st_size, owner)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self._files[key] = made
            self._bound(owner)
        return key

    def release(self, owner: object) -> None:
        """Keep the files of a window that closed for a while: all closed ones share what is kept."""
        with self._lock:
            for key, file in self._files.items():
                if file.owner is owner:
                    self._files[key] = replace(file, owner=None)
            self._bound(None)

    def _bound(self, owner: object) -> None:
        own = [(key, file.size) for key, file in self._files.items() if file.owner is owner]
        total = sum(size for _, size in own)
        for key, size in own[:-1]:
            if total <= KEPT:
                return
            self._drop(key)
            total -= size

    def find(self, key: str) -> Download | None:
        """Return the file of a key, None where there is none."""
        return self._files.get(key)

    def _drop(self, key: str) -> None:
        shutil.rmtree(self._files.pop(key).path.parent, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        self._files.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
