"""The formats of field files: names, suffixes, how their content begins, and the modules that open them.

A new format is one entry of :data:`FORMATS`. A file is known by its content where that is unmistakable, else
by its suffix; a name that the caller states is taken at its word.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from idlat.errors import FieldError


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    name
        As ``--format`` takes it.
    suffixes
    module
        ``ROOM.read_NAME`` of :mod:`idlat.fields`, with functions ``open_NAME`` and ``NAME_variables``; empty
        where a file holds one array, which :mod:`idlat.fields.open_files` opens itself.
    magic
        How its files begin, any of them; none where that does not tell.
    written
        Whether fields are written in it too.
    """

    name: str
    suffixes: tuple[str, ...] = ()
    module: str = ""
    magic: tuple[bytes, ...] = ()
    written: bool = True


FORMATS = (
    Format("npy", (".npy",), magic=(b"\x93NUMPY",)),
    Format("raw", (".raw", ".bin", ".dat")),
    Format("raw.gz", (".raw.gz", ".bin.gz", ".dat.gz")),
    Format("fortran", written=False),
    Format("netcdf", (".nc", ".nc4", ".cdf"), "netcdf.read_netcdf", (b"CDF\x01", b"CDF\x02", b"CDF\x05")),
    Format("hdf5", (".h5", ".hdf5", ".hdf", ".vtkhdf"), "hdf5.read_hdf5"),
    Format("zarr", (".zarr",), "zarr.read_zarr"),
    Format("nrrd", (".nrrd", ".nhdr"), magic=(b"NRRD000",)),
    Format("vti", (".vti",), "vtk.read_vti"),
    Format("vtr", (".vtr",), "vtk.read_vti", written=False),
    Format("pvti", (".pvti",), "vtk.read_pvti", written=False),
    Format("pvtr", (".pvtr",), "vtk.read_pvti", written=False),
    Format("pvd", (".pvd",), "vtk.read_pvd", written=False),
    Format("vtk", (".vtk",), "vtk.read_legacy_vtk", (b"# vtk DataFile",)),
    Format("metaimage", (".mha", ".mhd")),
    Format("amrex", (), "images.read_amrex", written=False),
)
_ALIASES = {"netcdf3": "netcdf", "netcdf4": "netcdf", "numpy": "npy", "plotfile": "amrex", "zarr.zip": "zarr"}
_BY_NAME = {known.name: known for known in FORMATS}
_BY_SUFFIX = {suffix: known.name for known in FORMATS for suffix in known.suffixes}
KNOWN = (
    ".npy, .raw/.bin/.dat (also with .gz), .nc/.nc4/.cdf, .h5/.hdf5/.hdf/.vtkhdf, .zarr, .nrrd/.nhdr, .vti, "
    ".vtr, .pvti, .pvtr, .pvd, .vtk, .mha/.mhd and AMReX plotfiles"
)

ZARR_MARKS = ("zarr.json", ".zgroup", ".zarray")
_AMREX_MARK = "Header"
_HEAD_BYTES = 4096
_HDF5 = b"\x89HDF\r\n\x1a\n"
_XML_TYPES = {
    "ImageData": "vti",
    "RectilinearGrid": "vtr",
    "PImageData": "pvti",
    "PRectilinearGrid": "pvtr",
    "Collection": "pvd",
}
_FOREIGN = {
    b"\x1f\x8b": "is compressed by gzip: unpack it first, or name it --format raw.gz",
    b"BZh": "is compressed by bzip2: unpack it first",
    b"\xfd7zXZ": "is compressed by xz: unpack it first",
    b"GRIB": "is GRIB: convert it to NetCDF first, for instance with cdo or eccodes",
    b"\x0e\x03\x13\x01": "is HDF4: convert it to HDF5 first, with h4toh5",
    b"SIMPLE  =": "is FITS: save its array as .npy or NetCDF first",
    b"II*\0": "is TIFF: save it as .nrrd, .mha or .npy first",
    b"MM\0*": "is TIFF: save it as .nrrd, .mha or .npy first",
    b"PK\x03\x04": "is a zip file, of which only a Zarr store is read: unpack it, save an array as .npy",
}
_FOREIGN_INSIDE = {
    (344, b"n+1\0"): "is NIfTI: save it as .nrrd or .mha first",
    (128, b"DICM"): "is DICOM: save its series as .nrrd or .mha first",
}


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
    kind = _folder_kind(path) or _suffix_kind(path)
    if kind is None:
        shown = path.suffix.lower() or "(no suffix)"
        raise FieldError(f"{path}: unknown format {shown!r}; the known ones are {KNOWN}")
    return kind


def recognise(path: Path | str, named: str | None = None, *, raw: bool = False) -> str:
    """Name the format of a file that is there.

    Parameters
    ----------
    path
        A text is the URL of a Zarr store.
    named
        What the caller calls it: a format's name or one of its suffixes. It is taken at its word.
    raw
        Whether the caller describes a raw file: such a suffix then counts before the content, and an unknown
        file is raw.

    Raises
    ------
    FieldError
        If no such format is known, or neither content nor suffix tells.
    """
    if named is not None:
        return named_format(named)
    if isinstance(path, str):
        return "zarr"
    if (kind := _folder_kind(path)) is not None:
        return kind
    by_suffix = _suffix_kind(path)
    if raw and by_suffix in ("raw", "raw.gz"):
        return by_suffix
    head = _head(path)
    kind = _content_kind(path, head, by_suffix) or by_suffix
    if kind is None and raw:
        return "raw.gz" if head.startswith(b"\x1f\x8b") else "raw"
    if kind is None:
        raise FieldError(f"{path}: {_foreign(head) or _unknown(path)}")
    return kind


def named_format(name: str) -> str:
    """Find a format by its name or a suffix of its files.

    Raises
    ------
    FieldError
        If there is none.

    Examples
    --------
    >>> named_format("netcdf"), named_format("nc"), named_format(".mha")
    ('netcdf', 'netcdf', 'metaimage')
    """
    plain = name.strip().lower().lstrip(".")
    plain = _ALIASES.get(plain, plain)
    if plain in _BY_NAME:
        return plain
    if f".{plain}" in _BY_SUFFIX:
        return _BY_SUFFIX[f".{plain}"]
    raise FieldError(f"format {name!r} is unknown: expected one of {', '.join(_BY_NAME)}")


def is_field_folder(path: Path) -> bool:
    """Whether a folder holds a Zarr store or an AMReX plotfile."""
    return _folder_kind(path) is not None


def holds_several(kind: str) -> bool:
    """Whether files of a format may hold several variables."""
    return bool(_BY_NAME[kind].module)


def is_written(kind: str) -> bool:
    """Whether fields can be written in a format."""
    return _BY_NAME[kind].written


def reader_functions(kind: str) -> tuple[Callable[..., Any], Callable[[Any], list[str]]]:
    """Give what opens a variable of a format that holds several, and what lists them; loaded on use."""
    name = _BY_NAME[kind].module
    module = import_module(f"idlat.fields.{name}")
    short = name.partition(".read_")[2]
    return getattr(module, f"open_{short}"), getattr(module, f"{short}_variables")


def _folder_kind(path: Path) -> str | None:
    if not path.is_dir():
        return None
    if any((path / mark).is_file() for mark in ZARR_MARKS):
        return "zarr"
    return "amrex" if (path / _AMREX_MARK).is_file() else None


def _suffix_kind(path: Path) -> str | None:
    """Name the format of the longest suffix that is known."""
    name = path.name.lower()
    return next((_BY_SUFFIX[s] for s in sorted(_BY_SUFFIX, key=len, reverse=True) if _ends(name, s)), None)


def _ends(name: str, suffix: str) -> bool:
    return name.endswith(suffix) and len(name) > len(suffix)


def _head(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _content_kind(path: Path, head: bytes, by_suffix: str | None) -> str | None:
    """Name the format by the file's first bytes; None where they do not tell."""
    for known in FORMATS:
        if head.startswith(known.magic):
            return known.name
    if head.startswith(_HDF5) or (by_suffix is None and _has_user_block(path)):
        return by_suffix if by_suffix in ("netcdf", "hdf5") else _hdf5_kind(path)
    if head.startswith(b"PK\x03\x04") and _is_zipped_store(path):
        return "zarr"
    if by_suffix is None and re.match(rb"\s*(ObjectType|NDims)\s*=", head):
        return "metaimage"
    tag = re.search(rb"<VTKFile[^>]*\btype\s*=\s*[\"'](\w+)", head)
    return _XML_TYPES.get(tag[1].decode()) if tag else None


def _has_user_block(path: Path) -> bool:
    """Whether HDF5 begins after a block that is the user's own."""
    size = path.stat().st_size if path.is_file() else 0
    places = [512 << power for power in range(16) if 512 << power < size]
    if not places:
        return False
    with path.open("rb") as file:
        return any(file.seek(place) == place and file.read(8) == _HDF5 for place in places)


def _hdf5_kind(path: Path) -> str:
    """Tell NetCDF 4 from other HDF5: it marks its file, or its dimensions."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            names = set(file.attrs)
            scales = (item for item in file.values() if isinstance(item, h5py.Dataset))
            marked = any("_Netcdf4Dimid" in item.attrs or b"netCDF" in _name_of(item) for item in scales)
            return "netcdf" if marked or names & {"_NCProperties", "_nc3_strict"} else "hdf5"
    except Exception:  # damaged: the reader says how
        return "hdf5"


def _name_of(item: Any) -> bytes:
    name = item.attrs.get("NAME", b"")
    return name if isinstance(name, bytes) else str(name).encode()


def _is_zipped_store(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as packed:
            return any(name.rsplit("/", 1)[-1] in ZARR_MARKS for name in packed.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _foreign(head: bytes) -> str | None:
    begins = [what for magic, what in _FOREIGN.items() if head.startswith(magic)]
    return next(
        iter(begins + [what for (at, m), what in _FOREIGN_INSIDE.items() if head[at:].startswith(m)]), None
    )


def _unknown(path: Path) -> str:
    shown = path.suffix.lower() or "(no suffix)"
    return (
        f"unknown format {shown!r}; the known ones are {KNOWN}, and its content is none of theirs: name it "
        "with --format (format=...), or describe a raw file with --shape and --dtype"
    )
