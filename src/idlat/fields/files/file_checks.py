"""The checks of paths and dtypes that all formats share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from idlat.errors import FieldError, OutputError, OutputExistsError
from idlat.fields.files.format_registry import format_of, is_field_folder, is_written
from idlat.plainfiles import check_plain

_DETACHED = (".nhdr", ".mhd")


def data_file_of(path: Path) -> Path | None:
    """Name the file of values beside a header that is a file of its own; None for every other format.

    Examples
    --------
    >>> data_file_of(Path("a.mhd")), data_file_of(Path("a.mha"))
    (PosixPath('a.raw'), None)
    """
    return path.with_suffix(".raw") if path.suffix.lower() in _DETACHED else None


def data_file_named(header: Path, name: str) -> Path:
    """Find the file of values that a header names.

    Raises
    ------
    FieldError
        If it is absent, no plain file, or outside the header's folder.
    """
    inside = Path(name)
    if not name or "\0" in name or inside.is_absolute() or ".." in inside.parts:
        raise FieldError(f"{header}: names the data file {name!r}, which must lie in the header's folder")
    data = header.parent / inside
    if not data.exists():
        raise FieldError(f"{header}: its data file {str(data)!r} is absent: put it beside the header")
    try:
        check_plain(data)
    except FieldError as error:
        raise FieldError(f"{header}: its data file {error}") from None
    return data


def stem_of(path: str | os.PathLike[str]) -> str:
    """Give the file's name without its suffixes, which names the variable of a file that names none.

    Examples
    --------
    >>> stem_of("data/run_t02.raw.gz"), stem_of("run.zarr.zip")
    ('run_t02', 'run')
    """
    path = Path(path)
    packed = path.suffix.lower() == ".gz" or path.name.lower().endswith(".zarr.zip")
    return Path(path.stem).stem if packed else path.stem


def check_output(path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Return an output path that may be written as a field.

    Raises
    ------
    OutputExistsError
        If it exists and `overwrite` is false.
    OutputError
        If its folder is absent or not writable, or its suffix unknown.
    """
    path = Path(os.path.expanduser(path))
    if path.name in ("", "..") or (path.is_dir() and not path.suffix):
        raise OutputError(f"{path} is a folder: name a file to write inside it, such as field.nc")
    try:
        kind = format_of(path)
    except FieldError as error:
        raise OutputError(str(error)) from None
    if not is_written(kind):
        raise OutputError(f"{path}: {kind} is read, not written: choose another format, such as .h5")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: the folder {str(folder)!r} does not exist; create it first")
    if path.is_dir() and not (kind == "zarr" and path.suffix.lower() == ".zarr" and is_field_folder(path)):
        raise OutputError(f"{path} is a folder: name a file to write")
    for file in filter(None, (path, data_file_of(path))):
        if file.exists() and not overwrite:
            raise OutputExistsError(f"{file} exists; pass --overwrite (overwrite=True) to replace it")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{path}: the folder {str(folder)!r} is not writable")
    return path


def check_dtype(dtype: np.dtype, where: str, *, booleans: bool = False) -> None:
    """Refuse dtypes that are no real number of 1 to 8 bytes; truth values where they are not expected.

    Raises
    ------
    FieldError
        For complex, bool, text, object, time and structured dtypes, and long doubles.
    """
    if dtype.kind in "iu" or (dtype.kind == "f" and dtype.itemsize <= 8) or (booleans and dtype.kind == "b"):
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
