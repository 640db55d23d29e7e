"""Writing a file so that it is there as a whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idlat.errors import OutputError

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; the file takes its name once written, and an error leaves nothing.

    Raises
    ------
    OutputError
        The folder does not exist, or cannot be written to.
    """
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path.parent} is no folder: make it first")
    partial = path.with_name(f".{secrets.token_hex(4)}.{path.name}"[:255])
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
