"""A field's values a box at a time, whatever holds them: NumPy, a memory map, dask, a file read lazily.

A field may be far larger than memory. A step of at most 256 MB is read once and kept while it is worked on;
of a larger one only the boxes asked for are read.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields import as_field, original_dtype
from idlat.fields.missing import check_missing

__all__ = ["FieldReader", "as_fields", "variables_by_name"]

_KEEP_BYTES = 256 * 2**20
_KEEP_STEPS = 2  # threads straddle the border between two steps


@dataclass
class FieldReader:
    """One variable of a field, safe to read from several threads.

    Parameters
    ----------
    field
        Dims ``(z, y, x)`` or ``(time, z, y, x)``.
    """

    field: xr.DataArray
    _kept: dict[int, NDArray[Any]] = dataclasses.field(default_factory=dict, repr=False)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    @property
    def name(self) -> str:
        """The variable's name."""
        return str(self.field.name)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, in the machine's byte order."""
        return self.field.dtype.newbyteorder("=")

    @property
    def item_bytes(self) -> int:
        """Bytes of a value in the file that the field came from."""
        return original_dtype(self.field).itemsize

    @property
    def steps(self) -> int:
        """Time steps, 1 without a time axis."""
        return self.field.shape[0] if self.field.ndim == 4 else 1

    @property
    def volume(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) of a step."""
        z, y, x = self.field.shape[-3:]
        return z, y, x

    def step(self, step: int) -> Any:
        """Return one step, an array (z, y, x) or what gives one for slices; not to be written to."""
        whole = _Step(self, step)
        if math.prod(self.volume) * self.dtype.itemsize > _KEEP_BYTES:
            return whole
        with self._lock:
            if step not in self._kept:
                while len(self._kept) >= _KEEP_STEPS:
                    del self._kept[min(self._kept)]
                self._kept[step] = whole[:, :, :]
            return self._kept[step]


@dataclass(frozen=True)
class _Step:
    """A step of a field too large to keep; slicing reads."""

    reader: FieldReader
    step: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.reader.volume

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.reader.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        box = key[-3:]
        variable = self.reader.field.variable
        part = variable[(self.step, *box) if variable.ndim == 4 else box]
        values: NDArray[Any] = part.compute(scheduler="synchronous").to_numpy()
        return values.astype(self.dtype, copy=False)


def as_fields(
    given: xr.DataArray | xr.Dataset | NDArray[Any], missing: float | None = None
) -> list[FieldReader]:
    """Return the variables of a field as readers.

    Parameters
    ----------
    given
        An array of 3 axes (z, y, x) or 4 with time first, or a Dataset whose variables share one grid.
    missing
        A value that stands for a missing one, besides those that the field declares.

    Raises
    ------
    FieldError
        The dtype is no real number, the axes are others, or the variables lie on several grids.

    Examples
    --------
    >>> import numpy as np
    >>> [reader.volume for reader in as_fields(np.zeros((4, 5, 6), "float32"))]
    [(4, 5, 6)]
    """
    arrays = [given[name] for name in given.data_vars] if isinstance(given, xr.Dataset) else [given]
    if not arrays:
        raise FieldError("the dataset has no variable: expected at least one")
    readers = [FieldReader(_with_missing(as_field(array), missing)) for array in arrays]
    for reader in readers:
        if reader.field.shape != readers[0].field.shape:
            raise FieldError(
                f"variable {reader.name!r} has the shape {reader.field.shape}, {readers[0].name!r} has "
                f"{readers[0].field.shape}: compress variables on different grids into archives of their own"
            )
    return readers


def variables_by_name(readers: Sequence[FieldReader]) -> dict[str, xr.DataArray]:
    """Return the variables that an importance expression may name."""
    return {reader.name: reader.field for reader in readers}


def _with_missing(field: xr.DataArray, missing: float | None) -> xr.DataArray:
    """Let a field remember a value that the caller declares missing."""
    if missing is None or math.isnan(missing):
        return field
    check_missing(missing, field.dtype)
    noted = field.copy(deep=False)
    value = int(missing) if field.dtype.kind in "iu" else float(missing)
    noted.encoding = {**field.encoding, "idlat_missing": value}
    return noted
