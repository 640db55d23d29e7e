"""Read ``.npy`` and raw files, in parts on demand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.lib import format as npy_format
from numpy.typing import DTypeLike

from idlat.errors import FieldError
from idlat.fields.array_file import ArrayFile, inflate, shape_text
from idlat.fields.formats import check_dtype, format_of, stem_of
from idlat.fields.layout import DIMS, name_axes, to_canonical


def open_npy(path: Path) -> ArrayFile:
    """Read the header of a ``.npy`` file and check its length.

    Raises
    ------
    FieldError
        If it is no ``.npy`` file, is cut short, or holds a dtype or rank that is no field's.
    """
    try:
        with path.open("rb") as file:
            version = npy_format.read_magic(file)
            if version == (1, 0):
                shape, fortran, dtype = npy_format.read_array_header_1_0(file)
            else:
                shape, fortran, dtype = npy_format.read_array_header_2_0(file)
            offset = file.tell()
    except Exception as error:  # NumPy parses the header as Python: anything may come of a damaged one
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise FieldError(f"{path}: no .npy file, or its header is damaged or cut short ({reason})") from None
    check_dtype(dtype, str(path))
    _check_rank(path, shape)
    return ArrayFile(path, offset, shape, dtype, "F" if fortran else "C").checked()


def open_raw(
    path: Path,
    shape: Sequence[int] | None,
    dtype: DTypeLike | None,
    byte_order: str = "little",
) -> ArrayFile:
    """Describe a headerless file of numbers and check its length.

    Parameters
    ----------
    path : Path
        The file; a name that ends in ``.gz`` is decompressed.
    shape : sequence of int
        ``(z, y, x)`` or ``(time, z, y, x)``; x runs fastest.
    dtype : dtype
        For instance ``"float32"``.
    byte_order : {"little", "big"}
        Ignored where `dtype` itself names one, as ``">f4"`` does.

    Raises
    ------
    FieldError
        If `shape` or `dtype` is missing or wrong, or the file is of another size.
    """
    if shape is None or dtype is None:
        missing = " and ".join(
            [
                *(["--shape z,y,x"] if shape is None else []),
                *(["--dtype, such as float32"] if dtype is None else []),
            ]
        )
        raise FieldError(f"{path}: a raw file says nothing about its content: pass {missing}")
    shape = tuple(int(size) for size in shape)
    _check_rank(path, shape)
    stored = _stored_dtype(dtype, byte_order)
    check_dtype(stored, str(path))
    file = ArrayFile(path, 0, shape, stored, compressed=path.suffix.lower() == ".gz")
    if file.compressed:
        file = replace(file, content=inflate(path))
    found = path.stat().st_size if file.content is None else len(file.content)
    expected = math.prod(shape) * stored.itemsize
    if found != expected:
        raise FieldError(
            f"{path}: expected {expected} bytes for {shape_text(shape)} {stored.name}, found {found}"
            f"{_hint(found, shape, stored)}"
        )
    return file


def _stored_dtype(dtype: DTypeLike, byte_order: str) -> np.dtype:
    if byte_order not in ("little", "big"):
        raise FieldError(f"byte order {byte_order!r}: expected little or big")
    try:
        stored = np.dtype(dtype)
    except (TypeError, ValueError):
        raise FieldError(
            f"dtype {dtype!r} is unknown: expected one such as float32, uint8 or int16"
        ) from None
    explicit = isinstance(dtype, str) and dtype[:1] in "<>"
    return stored if explicit else stored.newbyteorder("<" if byte_order == "little" else ">")


def _check_rank(path: Path, shape: Sequence[int]) -> None:
    if len(shape) not in (3, 4, 5):
        raise FieldError(
            f"{path}: rank {len(shape)}, shape {shape_text(shape)}: expected (z, y, x) or (time, z, y, x)"
        )
    if min(shape) < 1:
        raise FieldError(f"{path}: shape {shape_text(shape)}: every axis needs at least one voxel")


def _hint(found: int, shape: Sequence[int], stored: np.dtype) -> str:
    voxels = math.prod(shape)
    others = [
        name
        for name in ("uint8", "uint16", "float32", "float64")
        if np.dtype(name).itemsize * voxels == found
    ]
    if others:
        return f"; is its dtype {' or '.join(others)}?"
    steps, rest = divmod(found, voxels * stored.itemsize)
    if rest == 0 and steps > 1 and len(shape) == 3:
        return f"; {steps} time steps? then --shape {steps},{','.join(map(str, shape))}"
    return "; check --shape and --dtype, or whether the file has a header or is cut short"


def array_field(file: ArrayFile, *, axes: Sequence[str] | None = None, lazy: bool = False) -> xr.DataArray:
    """Make a field of an array file; `axes` names those of the file, slowest first.

    Raises
    ------
    FieldError
        If there are five axes or more without names, or another number of names.
    """
    if axes is None and file.ndim > len(DIMS):
        raise FieldError(
            f"{file.path}: rank {file.ndim}, shape {shape_text(file.shape)}: expected (z, y, x) or "
            "(time, z, y, x); name other axes with --axes"
        )
    dims = name_axes(axes, ("extra", *DIMS)[-file.ndim :], str(file.path))
    result = xr.DataArray(file.data(lazy=lazy), dims=dims, name=stem_of(file.path))
    result.encoding = {
        "idlat_format": format_of(file.path),
        "idlat_byte_order": "big" if file.stored.str[0] == ">" else "little",
    }
    return to_canonical(result)
