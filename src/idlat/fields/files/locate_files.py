"""Where field files are: paths with ``~`` and wildcards, series, and URLs."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from io import IOBase
from pathlib import Path
from typing import Any

from idlat.errors import FieldError, MissingFileError
from idlat.fields.files.format_registry import KNOWN, is_field_folder
from idlat.fields.files.remote_files import download, is_url
from idlat.plainfiles import check_plain

PathLike = str | os.PathLike[str]
FieldPath = Path | str
"""A local path, or the URL of a store that is read where it is."""


def locate(path: PathLike | Sequence[PathLike]) -> list[FieldPath]:
    """Find the file or files of a field.

    Parameters
    ----------
    path
        Each a path, with ``~`` or wildcards, or a URL.

    Returns
    -------
    list of Path or str
        In the order given; what wildcards match in the order of the numbers in the names.

    Raises
    ------
    MissingFileError
        If nothing is there.
    FieldError
        If a folder is no field, a file is a pipe or a device, nothing or no path is named, or a URL cannot be
        read.
    """
    given: list[Any]
    if isinstance(path, str | bytes | os.PathLike | IOBase) or not isinstance(path, Iterable):
        given = [path]
    else:
        given = list(path)
    for item in given:
        if not isinstance(item, str | os.PathLike):
            raise FieldError(
                f"expected a path, a str or a pathlib.Path, got an object of type {type(item).__name__}"
            )
    if not given:
        raise FieldError("no field file was named")
    return [place for item in given for place in _places(item)]


def _places(item: PathLike) -> list[FieldPath]:
    if isinstance(item, str) and is_url(item):
        return [place if isinstance(place, str) else _checked(place) for place in download(item)]
    path = Path(os.path.expanduser(item))  # leaves a name alone that no user has
    if path.exists() or not glob.has_magic(str(path)):
        return [_checked(path)]
    matches = sorted(glob.glob(str(path), recursive=True), key=natural_order)
    if not matches:
        raise MissingFileError(f"{item}: no file matches")
    return [_checked(Path(match)) for match in matches]


def _checked(path: Path) -> Path:
    """Return a path that is a file, or a folder of a format that is one."""
    if not path.exists():
        raise MissingFileError(f"{path}: no such file")
    if not path.is_dir():
        check_plain(path, what="a field")
    elif not is_field_folder(path):
        raise FieldError(f"{path} is a folder: a field file is expected ({KNOWN})")
    return path


def natural_order(name: str) -> list[tuple[int, str]]:
    """Give a key that sorts names by the numbers in them.

    Examples
    --------
    >>> sorted(["run_10.nc", "run_9.nc", "run_1.nc"], key=natural_order)
    ['run_1.nc', 'run_9.nc', 'run_10.nc']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
