"""A file opened once for all of its variables: to open a NetCDF file of many takes as long as to read one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["opened", "opening_once"]

T = TypeVar("T")

_OPENED: ContextVar[dict[Path, Any] | None] = ContextVar("_OPENED", default=None)


@contextmanager
def opening_once() -> Iterator[None]:
    """Open each file once within the block; nothing of it is kept beyond, so that files may be written anew.

    Examples
    --------
    >>> with opening_once():
    ...     opened(Path("run.nc"), list), opened(Path("run.nc"), list) is opened(Path("run.nc"), list)
    ([], True)
    """
    token = _OPENED.set({})
    try:
        yield
    finally:
        _OPENED.reset(token)


def opened(path: Path, opener: Callable[[], T]) -> T:
    """Return what `opener` gives, or gave for this path before, where that is to be asked once."""
    known = _OPENED.get()
    if known is None:
        return opener()
    if path not in known:
        known[path] = opener()
    found: T = known[path]
    return found
