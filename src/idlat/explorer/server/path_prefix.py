"""The path below which a proxy shows the explorer, such as a notebook server's."""

from __future__ import annotations

import re

from idlat.errors import IdlatError

__all__ = ["checked_prefix"]

_PART = re.compile(r"[\w.~@%+-]+", re.ASCII)


def checked_prefix(given: str) -> str:
    """Return a path as it stands before those of the server: with a slash before it, and none behind.

    Raises
    ------
    IdlatError
        It is no path.

    Examples
    --------
    >>> checked_prefix("/proxy/8050/"), checked_prefix("user/ada/proxy/8050"), checked_prefix("/")
    ('/proxy/8050', '/user/ada/proxy/8050', '')
    >>> checked_prefix("http://host/proxy")
    Traceback (most recent call last):
    idlat.errors.IdlatError: --prefix must be a path such as /proxy/8050/, got 'http://host/proxy'
    """
    parts = given.strip("/").split("/") if given.strip("/") else []
    if not all(_PART.fullmatch(part) and part not in (".", "..") for part in parts):
        raise IdlatError(f"--prefix must be a path such as /proxy/8050/, got {given[:60]!r}")
    return "".join(f"/{part}" for part in parts)
