"""Read ``.npy`` and raw files, in parts on demand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.lib import format as npy_format
from numpy.typing import DTypeLike

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile, shape_text
from idlat.fields.arrays.compressed_streams import inflate
from idlat.fields.files.file_checks import check_dtype, stem_of
from idlat.fields.grid.canonical_axes import DIMS, name_axes, to_canonical
from idlat.fields.raw.fortran_records import RecordArray, find_records


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
    check_dtype(dtype, str(path), booleans=True)
    _check_rank(path, shape)
    return ArrayFile(path, offset, shape, dtype, "F" if fortran else "C").checked()


@dataclass(frozen=True)
class RawLayout:
    """What a caller says of a file that says nothing of itself.

    Attributes
    ----------
    shape
        ``(y, x)``, ``(z, y, x)`` or ``(time, z, y, x)``; x runs fastest.
    dtype
        For instance ``"float32"``.
    byte_order
        One of "little", "big".
        Ignored where `dtype` itself names one, as ``">f4"`` does.
    offset
        Bytes of a header before the first value; of a compressed file, of what it holds.
    """

    shape: Sequence[int] | None = None
    dtype: DTypeLike | None = None
    byte_order: str = "little"
    offset: int = 0

    @property
    def given(self) -> bool:
        """Whether anything is said."""
        return self.shape is not None or self.dtype is not None or self.offset != 0

    def checked(self, path: Path) -> tuple[tuple[int, ...], np.dtype]:
        """Give shape and stored dtype.

        Raises
        ------
        FieldError
            If one is missing or wrong.
        """
        if self.shape is None or self.dtype is None:
            missing = " and ".join(
                [
                    *(["--shape z,y,x"] if self.shape is None else []),
                    *(["--dtype, such as float32"] if self.dtype is None else []),
                ]
            )
            raise FieldError(f"{path}: a raw file says nothing about its content: pass {missing}")
        shape = tuple(int(size) for size in self.shape)
        _check_rank(path, shape)
        if self.offset < 0:
            raise FieldError(f"{path}: offset {self.offset}: expected the bytes of its header, 0 or more")
        stored = _stored_dtype(self.dtype, self.byte_order)
        check_dtype(stored, str(path), booleans=True)
        return shape, stored


def open_raw(path: Path, layout: RawLayout, *, gzipped: bool = False) -> ArrayFile:
    """Describe a headerless file of numbers and check its length.

    Raises
    ------
    FieldError
        If shape or dtype is missing or wrong, or the file is of another size.
    """
    shape, stored = layout.checked(path)
    file = ArrayFile(path, layout.offset, shape, stored)
    if gzipped:
        content = inflate(path)
        file = replace(file, offset=0, codec="gzip", skip=layout.offset, content=content[layout.offset :])
        found = len(content) - layout.offset
    else:
        found = path.stat().st_size - layout.offset
    if found != file.nbytes:
        raise FieldError(
            f"{path}: expected {file.nbytes} bytes for {shape_text(shape)} {stored.name}"
            f"{f' after the {layout.offset} of its header' if layout.offset else ''}, found {max(found, 0)}"
            f"{_hint(path, found, layout, gzipped=gzipped)}"
        )
    return file


def open_fortran(path: Path, layout: RawLayout) -> RecordArray:
    """Describe a file of Fortran records, as ``form='unformatted'`` writes them, and check its length.

    Their marks say the byte order; the values of all records together are the array.

    Raises
    ------
    FieldError
        If shape or dtype is missing or wrong, the file has no such marks, or its records hold another size.
    """
    shape, stored = layout.checked(path)
    records = find_records(path, layout.offset)
    if records is None:
        raise FieldError(
            f"{path}: has no Fortran record marks at byte {layout.offset}, or is cut short: is it a raw file "
            "(--format raw), or has it a header (--offset BYTES)?"
        )
    return RecordArray(records, shape, stored.newbyteorder(records.order)).checked()


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
    if not 2 <= len(shape) <= 6:
        raise FieldError(
            f"{path}: rank {len(shape)}, shape {shape_text(shape)}: expected (y, x), (z, y, x) or "
            "(time, z, y, x)"
        )
    if min(shape) < 1:
        raise FieldError(f"{path}: shape {shape_text(shape)}: every axis needs at least one voxel")


def _hint(path: Path, found: int, layout: RawLayout, *, gzipped: bool) -> str:
    """Guess from the sizes what was meant."""
    shape, stored = layout.checked(path)
    voxels, offset = math.prod(shape), layout.offset
    expected = voxels * stored.itemsize
    records = None if gzipped or found <= expected else find_records(path, offset)
    if records is not None and records.size == expected:
        return "; the sizes are those of Fortran records: pass --format fortran"
    others = [
        name
        for name in ("uint8", "uint16", "float32", "float64")
        if np.dtype(name).itemsize * voxels == found
    ]
    if others:
        return f"; is its dtype {' or '.join(others)}?"
    steps, rest = divmod(found, expected)
    if rest == 0 and steps > 1 and len(shape) == 3:
        return f"; {steps} time steps? then --shape {steps},{','.join(map(str, shape))}"
    if 0 < found - expected < expected:
        return f"; a header of {offset + found - expected} bytes? then --offset {offset + found - expected}"
    return "; check --shape and --dtype, or whether the file has a header or is cut short"


def array_field(
    file: ArrayFile | RecordArray, kind: str, *, axes: Sequence[str] | None = None, lazy: bool = False
) -> xr.DataArray:
    """Make a field of an array file of some kind; `axes` names those of the file, slowest first.

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
    dims = name_axes(axes, ("extra", "extra", *DIMS)[-file.ndim :], str(file.path))
    result = xr.DataArray(file.data(lazy=lazy), dims=dims, name=stem_of(file.path))
    result.encoding = {
        "idlat_format": kind,
        "idlat_byte_order": "big" if file.stored.str[0] == ">" else "little",
    }
    return to_canonical(result)
