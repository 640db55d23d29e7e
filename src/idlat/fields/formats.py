"""The file formats by suffix, and the checks of paths and dtypes that all of them share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from idlat.errors import FieldError, MissingFileError, OutputError, OutputExistsError
from idlat.plainfiles import check_plain

KNOWN = (
    ".npy, .raw/.bin/.dat (also with .gz), .nc/.nc4/.cdf, .h5/.hdf5/.hdf/.vtkhdf, .zarr, .nrrd/.nhdr, .vti, "
    ".vtk, .mha/.mhd and AMReX plotfiles"
)

_SUFFIXES = {
    ".npy": "npy",
    ".raw": "raw",
    ".bin": "raw",
    ".dat": "raw",
    ".nc": "netcdf",
    ".nc4": "netcdf",
    ".cdf": "netcdf",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
    ".vtkhdf": "hdf5",
    ".zarr": "zarr",
    ".nrrd": "nrrd",
    ".nhdr": "nrrd",
    ".vti": "vti",
    ".vtk": "vtk",
    ".mha": "metaimage",
    ".mhd": "metaimage",
}
_ZARR_MARKS = ("zarr.json", ".zgroup", ".zarray")
_AMREX_MARK = "Header"
_DETACHED = (".nhdr", ".mhd")


def format_of(path: str | os.PathLike[str]) -> str:
    """Name the format of a path: by its suffix, or by what a folder holds.

    Raises
    ------
    FieldError
        If it is unknown; the message lists the known ones.

    Examples
    --------
    >>> format_of("run.nc"), format_of("run.raw.gz"), format_of("run.h5")
    ('netcdf', 'raw.gz', 'hdf5')
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if path.is_dir():
        if any((path / mark).is_file() for mark in _ZARR_MARKS):
            return "zarr"
        if (path / _AMREX_MARK).is_file():
            return "amrex"
    if suffix == ".gz" and _SUFFIXES.get(Path(path.stem).suffix.lower()) == "raw":
        return "raw.gz"
    if suffix not in _SUFFIXES:
        raise FieldError(f"{path}: unknown format {suffix or '(no suffix)'!r}; the known ones are {KNOWN}")
    return _SUFFIXES[suffix]


def data_file_of(path: Path) -> Path | None:
    """Name the file of values beside a header that is a file of its own; None for every other format.

    Examples
    --------
    >>> data_file_of(Path("a.mhd")), data_file_of(Path("a.mha"))
    (PosixPath('a.raw'), None)
    """
    return path.with_suffix(".raw") if path.suffix.lower() in _DETACHED else None


def companion(header: Path, name: str) -> Path:
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
    >>> stem_of("data/run_t02.raw.gz")
    'run_t02'
    """
    path = Path(path)
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem


def check_input(path: str | os.PathLike[str]) -> Path:
    """Return an input path that is a file, or a folder of a format that is one.

    Raises
    ------
    MissingFileError
        If nothing is there.
    FieldError
        If it is another folder, a pipe, a socket or a device.
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError(f"{path}: no such file")
    if path.is_dir():
        if not _is_field_folder(path):
            raise FieldError(f"{path} is a folder: a field file is expected ({KNOWN})")
    else:
        check_plain(path, what="a field")
    return path


def _is_field_folder(path: Path) -> bool:
    """Whether a folder holds a Zarr store or an AMReX plotfile."""
    return any((path / mark).is_file() for mark in (*_ZARR_MARKS, _AMREX_MARK))


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
        kind = format_of(path)
    except FieldError as error:
        raise OutputError(str(error)) from None
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: the folder {str(folder)!r} does not exist; create it first")
    if path.is_dir() and not (kind == "zarr" and path.suffix.lower() == ".zarr" and _is_field_folder(path)):
        raise OutputError(f"{path} is a folder: name a file to write")
    for file in filter(None, (path, data_file_of(path))):
        if file.exists() and not overwrite:
            raise OutputExistsError(f"{file} exists; pass --overwrite (overwrite=True) to replace it")
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
