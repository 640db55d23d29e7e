"""A field's values a box at a time, whatever holds them: NumPy, a memory map, dask, a file read lazily.

A field may be far larger than memory. A variable of at most 256 MiB is read whole and kept: it is read once,
whatever is done with it, and maps take its values from there, too. Of a larger one, frames (a component of a
step) of at most 128 MiB are read whole and kept while there is room; of a larger frame only the boxes asked
for are read. Several variables, and workers of a cluster, of which each would read all of a step, keep less.

Importance (:class:`~idlat.importance.field_view.FieldView`) and training
(:class:`~idlat.training.sampling.TrainingVolume`) read fields by step and box too. They stay apart: here
values are as they are stored, counted in a checksum, and kept for the tasks that share a frame; there they
are floats with NaN, of several variables, or normalised, and each is read once. What they share is xarray's
own indexing.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.original.reread_check import Sums
from idlat.errors import FieldError, IdlatError
from idlat.fields import as_field, original_dtype
from idlat.fields.arrays.missing_values import declared_missing
from idlat.fields.arrays.read_part import note_frame, read_part
from idlat.fields.cf.dataset_fields import fields_of

__all__ = ["Field", "FieldReader", "as_fields"]

Field = (
    xr.DataArray
    | xr.Dataset
    | NDArray[Any]
    | Sequence[xr.DataArray]
    | Mapping[str, xr.DataArray | NDArray[Any]]
)
"""What can be compressed: an array, several, or a dataset of them."""

_KEEP_BYTES = 2**28  # of a variable
_KEEP_OF_MANY = 2**27  # of each of many variables at least
_WORKERS_SHARE = 4  # a worker of a cluster keeps so many times less


@dataclass
class FieldReader:
    """One variable of a field, safe to read from several threads.

    Attributes
    ----------
    field
        Dims ``z, y, x``, before them component and time where it has them.
    """

    field: xr.DataArray
    _share: int = dataclasses.field(default=1, repr=False)
    sums: Sums = dataclasses.field(init=False, repr=False)
    _kept: dict[int, NDArray[Any]] = dataclasses.field(default_factory=dict, repr=False)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.sums = Sums(self.name)

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without the frames that are kept."""
        return {"field": self.field, "sums": self.sums, "_share": max(self._share, _WORKERS_SHARE)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _kept={}, _lock=threading.Lock())

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
        return int(self.field.sizes.get("time", 1))

    @property
    def components(self) -> int:
        """Components of a value, 1 for a scalar field."""
        return int(self.field.sizes.get("component", 1))

    @property
    def volume(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) of a component of a step."""
        z, y, x = self.field.shape[-3:]
        return z, y, x

    def steps_of(self, start: int, stop: int) -> FieldReader:
        """Return a reader of some of the steps; of itself where it has no time axis."""
        if (start, stop) == (0, self.steps):
            return self
        part = self.field.isel(time=slice(start, stop))
        part.encoding = self.field.encoding
        return FieldReader(part)

    def frame(self, frame: int) -> Any:
        """Return one component of one step, an array (z, y, x) or what gives one for slices.

        It is not to be written to. Frames are counted component by component, then step by step.
        """
        whole = _Frame(self, frame)
        if not self._keeps:
            return whole
        with self._lock:
            if frame not in self._kept:
                while (len(self._kept) + 1) * self._frame_bytes > self._most_bytes:
                    del self._kept[min(self._kept)]
                self._kept[frame] = whole.read()
                note_frame(self.field.variable, whole.lead, self._kept[frame])
            return self._kept[frame]

    def keep(self) -> None:
        """Read all frames of a field that is not in memory, where they fit there together."""
        frames = self.steps * self.components
        if self.field.chunks is not None and frames * self._frame_bytes <= self._most_bytes:
            for frame in range(frames):
                self.frame(frame)

    @property
    def _frame_bytes(self) -> int:
        return math.prod(self.volume) * self.dtype.itemsize

    @property
    def _most_bytes(self) -> int:
        return min(_KEEP_BYTES, max(_KEEP_BYTES // self._share, _KEEP_OF_MANY))

    @property
    def _keeps(self) -> bool:
        frames = 1 if self.steps * self.components == 1 else 2  # threads straddle the border between two
        return frames * self._frame_bytes <= self._most_bytes


@dataclass(frozen=True)
class _Frame:
    """A frame of a field, perhaps too large to keep; slicing reads."""

    reader: FieldReader
    frame: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.reader.volume

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.reader.dtype

    @property
    def lead(self) -> tuple[int, ...]:
        """Its place along the axes before z."""
        step, component = divmod(self.frame, self.reader.components)
        place = {"time": step, "component": component}
        return tuple(place[str(dim)] for dim in self.reader.field.dims[:-3])

    def read(self) -> NDArray[Any]:
        """Read the whole, slab by slab, so that no second copy of it is made meanwhile."""
        chunks = self.reader.field.variable.chunks
        if chunks is None or len(chunks[-3]) == 1:
            return self[:, :, :]
        values, stop = np.empty(self.shape, self.dtype), 0
        for layers in chunks[-3]:
            start, stop = stop, stop + layers
            values[start:stop] = self[start:stop, :, :]
        return values

    def __getitem__(self, key: Any) -> NDArray[Any]:
        try:
            values = read_part(self.reader.field.variable, (*self.lead, *key[-3:]))
        except (IdlatError, OSError, MemoryError):
            raise
        except Exception as error:  # of whatever computes a lazy field
            text = " ".join(str(error).split())
            raise FieldError(
                f"the values of {self.reader.name!r} cannot be computed: {type(error).__name__}: {text}"
            ) from error
        return values.astype(self.dtype, copy=False)


def as_fields(given: Field, missing: float | None = None) -> list[FieldReader]:
    """Return the variables of a field as readers.

    Parameters
    ----------
    given
        An array of 3 axes (z, y, x) or 4 with time first, a DataArray that may have a dimension ``component``
        too; several variables as a list of named DataArrays, a mapping from names to arrays, or a Dataset,
        whose bounds, terms and the like travel with the variables that name them; all have the same steps.
    missing
        A value that means missing, besides those that the field declares.

    Raises
    ------
    FieldError
        The dtype is no real number, the axes are others, or the variables have different steps.

    Examples
    --------
    >>> import numpy as np
    >>> [reader.volume for reader in as_fields(np.zeros((4, 5, 6), "float32"))]
    [(4, 5, 6)]
    """
    if isinstance(given, xr.Dataset):
        given = _checked_fields(fields_of(given))
    if isinstance(given, Mapping):
        given = [_named(array, str(name)) for name, array in given.items()]
    arrays = list(given) if isinstance(given, list | tuple) else [given]
    if not arrays:
        raise FieldError("there is no variable: expected at least one")
    if len(arrays) > 1 and not all(isinstance(array, xr.DataArray) for array in arrays):
        raise FieldError(
            "a list is several variables, and each needs a name: give DataArrays that have one, or a mapping "
            "such as {'u': u, 'v': v}; of nested lists of numbers, numpy.asarray makes one variable"
        )
    readers = [FieldReader(_with_missing(as_field(array), missing), len(arrays)) for array in arrays]
    first, names = readers[0], [reader.name for reader in readers]
    for reader in readers:
        if reader.steps != first.steps:
            raise FieldError(
                f"variable {reader.name!r} has the shape {reader.field.shape}, {first.name!r} has "
                f"{first.field.shape}: compress variables with different steps into archives of their own"
            )
        if names.count(reader.name) > 1:
            raise FieldError(f"variable {reader.name!r} was given twice: name each variable once")
    return readers


def _named(array: xr.DataArray | NDArray[Any], name: str) -> xr.DataArray:
    """Give an array a name; what a DataArray remembers of its file stays."""
    field = as_field(array, name)
    if field.name == name:
        return field
    encoding = field.encoding
    field = field.rename(name)
    field.encoding = encoding
    return field


def _checked_fields(arrays: Sequence[xr.DataArray]) -> Sequence[xr.DataArray]:
    """Raise where some of a dataset's variables are no fields, and say how to choose those that are."""
    faults, fields = list[str](), list[str]()
    for array in arrays:
        try:
            as_field(array)
            fields.append(str(array.name))
        except FieldError as error:
            faults.append(str(error))
    if faults and fields:
        raise FieldError(f"{faults[0]}; or leave it out, as by dataset[{fields!r}]")
    return arrays


def _with_missing(field: xr.DataArray, missing: float | None) -> xr.DataArray:
    """Let a field remember a value that the caller declares missing."""
    if missing is None or math.isnan(missing):
        return field
    if math.isinf(missing):
        raise FieldError(f"--missing {missing}: infinities are missing anyway, name a finite value")
    noted = field.copy(deep=False)
    noted.encoding = {**field.encoding, "idlat_missing": declared_missing(missing, field)}
    return noted
