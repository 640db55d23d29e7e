"""Names of hidden files beside an output."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

__all__ = ["beside", "hidden_name"]

_LONGEST = 200  # bytes of a name that leave room for what is added: most file systems take 255


def hidden_name(path: Path) -> str:
    """Return the beginning of the names of hidden files that belong to an output.

    Examples
    --------
    >>> hidden_name(Path("data/run.npy"))
    '.run.npy'
    """
    name = os.fsencode(path.name)
    if len(name) <= _LONGEST:
        return f".{path.name}"
    return f".{hashlib.sha256(name).hexdigest()}"


def beside(path: Path, suffix: str) -> Path:
    """Return the hidden file beside an output.

    Examples
    --------
    >>> beside(Path("run.npy"), "lock").name
    '.run.npy.lock'
    """
    return path.parent / f"{hidden_name(path)}.{suffix}"
