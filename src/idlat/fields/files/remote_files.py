"""Field files at URLs, through fsspec: a store is read where it is, a file is brought here first."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from idlat.errors import FieldError, MissingFileError
from idlat.fields.files.format_registry import ZARR_MARKS


def is_url(text: str) -> bool:
    """Tell whether a text is a URL, not a path.

    Examples
    --------
    >>> is_url("s3://bucket/run.zarr"), is_url("C:/run.nc"), is_url("run.nc")
    (True, False, False)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]+(://|::)", text) is not None


def download(url: str) -> list[Path | str]:
    """Find what a URL names: local paths, or the URL itself where a Zarr store is read in place.

    Files are copied to a temporary folder, which goes when the program ends. ``*`` stands for any name.

    Raises
    ------
    MissingFileError
        If nothing is there.
    FieldError
        If the protocol is unknown or needs a package that is missing, or the server refuses.
    """
    try:
        system, inner = _system(url)
        found = sorted(system.glob(inner)) if "*" in inner else [inner]
        return [_bring_one(url, system, str(path)) for path in found] or _absent(url)
    except (FieldError, MissingFileError):
        raise
    except FileNotFoundError:
        raise MissingFileError(f"{url}: no such file") from None
    except Exception as error:  # servers and their packages raise whatever they like
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FieldError(f"{url}: cannot be read ({reason[:200]})") from None


def _absent(url: str) -> list[Path | str]:
    raise MissingFileError(f"{url}: no such file")


def _system(url: str) -> tuple[Any, str]:
    """Give the file system of a URL, and the path in it."""
    from fsspec.core import url_to_fs

    system, inner = url_to_fs(url)
    return system, str(inner)


def _bring_one(url: str, system: Any, inner: str) -> Path | str:
    protocol = system.protocol if isinstance(system.protocol, str) else system.protocol[0]
    if protocol in ("file", "local"):
        return Path(inner)
    if any(system.exists(f"{inner.rstrip('/')}/{mark}") for mark in ZARR_MARKS):
        return url if "*" not in url else str(system.unstrip_protocol(inner))
    if not system.exists(inner):
        raise MissingFileError(f"{url}: no such file")
    target = Path(tempfile.mkdtemp(dir=_folder())) / inner.rstrip("/").rsplit("/", 1)[-1].split("?")[0]
    system.get(inner, str(target), recursive=system.isdir(inner))
    return target


@cache
def _folder() -> str:
    """Make a folder for copies, which goes when the program ends."""
    folder = tempfile.mkdtemp(prefix="idlat-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
