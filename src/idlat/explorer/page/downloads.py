"""Files that sessions make for the browser to fetch: each by a name that cannot be guessed, none other."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Download", "Downloads"]

KEPT = 24
"""Files kept at a time; the oldest goes first."""


@dataclass(frozen=True)
class Download:
    """A file to fetch: what to call it, and where it is."""

    name: str
    path: Path


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

    def add(self, name: str, write: Callable[[Path], object]) -> str:
        """Let `write` fill a file, and return the key that fetches it."""
        key = secrets.token_urlsafe(18)
        folder = self._folder / key
        folder.mkdir()
        path = folder / name
        write(path)
        self._files[key] = Download(name, path)
        while len(self._files) > KEPT:
            self._drop(next(iter(self._files)))
        return key

    def find(self, key: str) -> Download | None:
        """Return the file of a key, None where there is none."""
        return self._files.get(key)

    def _drop(self, key: str) -> None:
        shutil.rmtree(self._files.pop(key).path.parent, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        self._files.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
