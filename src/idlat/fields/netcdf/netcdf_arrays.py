"""The values of NetCDF files, read where they are sliced, never from a file that has changed meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from idlat.errors import FieldError
from idlat.fields.arrays.array_file import ArrayFile, hull
from idlat.plainfiles import FileState

__all__ = ["guarded"]

Key = tuple[Any, ...]


def guarded(stored: xr.Dataset, path: Path, kind: str) -> xr.Dataset:
    """Return a dataset whose values are read under guard; texts and single numbers are read at once.

    Parameters
    ----------
    stored
        As xarray opened it, nothing decoded.
    path
    kind
        One of "netcdf3", "netcdf4".
        The values of ``netcdf3`` are read from the file itself, since SciPy maps it into memory: where
        another program cuts a mapped file, reading it kills the process.
    """
    state = FileState.of(path)
    places = _places(path) if kind == "netcdf3" else {}
    found: dict[Any, xr.Variable] = {}
    for name, variable in stored.variables.items():
        read: Callable[[Key], Any] = variable.__getitem__
        if name in places:
            read = places[name].__getitem__
        elif variable.ndim < 1 or variable.dtype.kind not in "fiu":
            found[name] = variable.copy(deep=False).load()
            continue
        guard = _Guard(path, state, variable.shape, np.dtype(variable.dtype), read)
        lazy = indexing.LazilyIndexedArray(guard)
        found[name] = xr.Variable(variable.dims, lazy, variable.attrs, variable.encoding)
    result = xr.Dataset({name: found[name] for name in stored.data_vars}, attrs=stored.attrs)
    result = result.assign_coords({name: found[name] for name in stored.coords})
    result.encoding = stored.encoding
    return result


class _Guard(BackendArray):
    """Values of one variable; what goes wrong while they are read is one line."""

    def __init__(
        self,
        path: Path,
        state: FileState,
        shape: tuple[int, ...],
        dtype: np.dtype,
        read: Callable[[Key], Any],
    ) -> None:
        self.path, self.state, self.shape, self.dtype, self.read = path, state, shape, dtype, read

    def __getitem__(self, key: indexing.ExplicitIndexer) -> NDArray[Any]:
        basic = indexing.IndexingSupport.BASIC
        values: NDArray[Any] = indexing.explicit_indexing_adapter(key, self.shape, basic, self._values)
        return values

    def _values(self, key: Key) -> NDArray[Any]:
        self.state.check()
        try:
            values = np.asarray(self.read(key))
        except FieldError:
            raise
        except Exception as error:  # the libraries raise anything from OSError to IndexError on damaged files
            self.state.check()
            reason = " ".join(str(error).split())[:160] or type(error).__name__
            raise FieldError(
                f"{self.path}: its values cannot be read: damaged, or cut short ({reason})"
            ) from None
        self.state.check()
        return values


@dataclass(frozen=True)
class _Records:
    """A variable of NetCDF 3 whose first axis is unlimited: its records lie apart.

    Attributes
    ----------
    first
        The first record, an array of the other axes.
    count, stride
        Number of records, and bytes from one to the next.
    """

    first: ArrayFile
    count: int
    stride: int

    def __getitem__(self, key: Key) -> NDArray[Any]:
        box, rest = hull(key, (self.count, *self.first.shape))
        numbers = range(box[0].start, box[0].stop)
        values = np.empty([part.stop - part.start for part in box], self.first.dtype)
        for at, number in enumerate(numbers):
            first = self.first
            record = ArrayFile(first.path, first.offset + number * self.stride, first.shape, first.stored)
            values[at] = record[box[1:]]
        return np.asarray(values[rest])


def _places(path: Path) -> dict[Any, ArrayFile | _Records]:
    """Tell where the numbers of a NetCDF 3 file lie, by variable."""
    from scipy.io import netcdf_file

    with netcdf_file(path, "r", mmap=True) as file:
        found = {name: _place(path, variable.data) for name, variable in file.variables.items()}
    return {name: place for name, place in found.items() if place is not None}


def _place(path: Path, mapped: NDArray[Any]) -> ArrayFile | _Records | None:
    """Tell where a mapped array lies in its file; None for what is small or no number."""
    if mapped.ndim < 1 or mapped.dtype.kind not in "fiu" or 0 in mapped.shape:
        return None
    whole = mapped
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    first, own = (int(array.__array_interface__["data"][0]) for array in (whole, mapped))
    offset = own - first
    size = mapped.dtype.itemsize
    if mapped.strides[0] == math.prod(mapped.shape[1:]) * size:
        return ArrayFile(path, offset, mapped.shape, mapped.dtype)
    return _Records(ArrayFile(path, offset, mapped.shape[1:], mapped.dtype), len(mapped), mapped.strides[0])
