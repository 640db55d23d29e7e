"""The file formats by suffix, and the checks of paths and dtypes that all of them share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from idlat.errors import FieldError, MissingFileError, OutputError, OutputExistsError

KNOWN = ".npy, .raw/.bin/.dat (also with .gz) and .nc/.nc4/.cdf"

_SUFFIXES = {
    ".npy": "npy",
    ".raw": "raw",
    ".bin": "raw",
    ".dat": "raw",
    ".nc": "netcdf",
    ".nc4": "netcdf",
    ".cdf": "netcdf",
}


def format_of(path: str | os.PathLike[str]) -> str:
    """Name the format that a path's suffix stands for: ``npy``, ``raw``, ``raw.gz`` or ``netcdf``.

    Raises
    ------
    FieldError
        If the suffix is unknown; the message lists the known ones.

    Examples
    --------
    >>> format_of("run.nc"), format_of("run.raw.gz")
    ('netcdf', 'raw.gz')
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".gz" and _SUFFIXES.get(Path(path.stem).suffix.lower()) == "raw":
        return "raw.gz"
    if suffix not in _SUFFIXES:
        raise FieldError(f"{path}: unknown format {suffix or '(no suffix)'!r}; the known ones are {KNOWN}")
    return _SUFFIXES[suffix]


def stem_of(path: str | os.PathLike[str]) -> str:
    """Give the file's name without its suffixes, which names the variable of a file that names none.

    Examples
    --------
    >>> stem_of("data/run_t02.raw.gz")
    'run_t02'
    """
    path = Path(path)
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem


def check_input(path: str | os.PathLike[str]) -> Path:
    """Return an input path that is a file.

    Raises
    ------
    MissingFileError
        If nothing is there.
    FieldError
        If it is a folder.
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError(f"{path}: no such file")
    if path.is_dir():
        raise FieldError(f"{path} is a folder: a field file is expected ({KNOWN})")
    return path


def check_output(path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Return an output path that may be written as a field.

    Raises
    ------
    OutputExistsError
        If it exists and `overwrite` is false.
    OutputError
        If its folder is absent or not writable, or its suffix unknown.
    """
    path = Path(path)
    try:
        format_of(path)
    except FieldError as error:
        raise OutputError(str(error)) from None
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: the folder {str(folder)!r} does not exist; create it first")
    if path.is_dir():
        raise OutputError(f"{path} is a folder: name a file to write")
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} exists; pass --overwrite (overwrite=True) to replace it")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{path}: the folder {str(folder)!r} is not writable")
    return path


def check_dtype(dtype: np.dtype, where: str) -> None:
    """Refuse dtypes that are no real number of 1 to 8 bytes.

    Raises
    ------
    FieldError
        For complex, bool, text, object, time and structured dtypes, and long doubles.
    """
    if dtype.kind in "iu" or (dtype.kind == "f" and dtype.itemsize <= 8):
        return
    hints = {
        "c": "; store its real and imaginary parts, or its magnitude, as fields of their own",
        "b": "; convert it to uint8 first",
        "f": "; convert it to float64 first",
    }
    raise FieldError(
        f"{where} has dtype {dtype}: expected float16, float32, float64 or an integer"
        f"{hints.get(dtype.kind, '')}"
    )
