"""An array stored plainly in a file, read in parts on demand.

The file is never mapped into memory: where another program cuts a mapped file, reading it kills the process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.array_file_sink import contiguous_runs
from idlat.fields.arrays.compressed_streams import BEST_RATIO, Codec, inflate
from idlat.fields.arrays.dask_arrays import slab_chunks, to_dask
from idlat.fields.arrays.lazy_array import LazyArray
from idlat.plainfiles import FileState

_GAP = 1 << 14  # bytes that are read sooner than skipped


@dataclass(frozen=True)
class ArrayFile(LazyArray):
    """An array stored plainly in a file, read in parts as it is indexed.

    Attributes
    ----------
    path
    offset
        Where the first value, or the compressed stream, stands, in bytes.
    shape
    stored
        The dtype in the file, byte order included.
    order
        One of "C", "F".
        Whether the last or the first axis runs fastest.
    codec
        Of the stream that the values are in, which is read whole; empty where they stand plainly.
    skip
        Bytes of such a stream before the first value.
    content
        What a stream holds after those, where it has been read already.
    state
        Of the file when it was opened.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    stored: np.dtype
    order: Literal["C", "F"] = "C"
    codec: Codec = ""
    skip: int = 0
    content: bytes | None = field(default=None, repr=False, compare=False)
    state: FileState = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", FileState.of(self.path))

    @property
    def dtype(self) -> np.dtype:
        """The dtype in memory: the stored one in the machine's byte order."""
        return self.stored.newbyteorder("=")

    @property
    def nbytes(self) -> int:
        """The size of the values."""
        return math.prod(self.shape) * self.stored.itemsize

    def checked(self) -> ArrayFile:
        """Return this array once the file is known to be long enough for it.

        Raises
        ------
        FieldError
            If it is cut short.
        """
        found = int((self.state.size - self.offset) * BEST_RATIO[self.codec]) - self.skip
        if found < self.nbytes:
            raise FieldError(
                f"{self.path}: cut short: its header announces {shape_text(self.shape)} {self.stored.name} = "
                f"{self.nbytes} bytes of values, {'at most ' if self.codec else ''}{max(found, 0)} are "
                "there"
            )
        return self

    def array(self) -> NDArray[Any]:
        """Read the whole, in the stored byte order where it is compressed."""
        if not self.codec:
            return self[...]
        content = self.content
        if content is None:
            content = inflate(self.path, self.offset, self.skip + self.nbytes, self.codec)[self.skip :]
        return np.frombuffer(content, self.stored).reshape(self.shape, order=self.order)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part, in the machine's byte order.

        Raises
        ------
        FieldError
            If the file was changed, cut or removed since it was opened.
        """
        if self.codec:
            self.state.check()
            part = np.asarray(self.array()[key])
            self.state.check()
            return part.astype(self.dtype)
        box, rest = hull(key, self.shape)
        return np.asarray(self._read(box)[rest]).astype(self.dtype, copy=False)

    def _read(self, box: tuple[slice, ...]) -> NDArray[Any]:
        """Read a box, one contiguous run of values after another."""
        turned = self.order == "F"
        shape, box = (self.shape[::-1], box[::-1]) if turned else (self.shape, box)
        values = np.empty([part.stop - part.start for part in box], self.stored)
        wide = _widened(shape, box, self.stored.itemsize)
        with self.state.opened() as file:
            if wide == box:
                self._fill(file, shape, box, values)
            else:
                self._fill_planes(file, shape, box, wide, values)
        return values.T if turned else values

    def _fill_planes(
        self,
        file: FileIO,
        shape: tuple[int, ...],
        box: tuple[slice, ...],
        wide: tuple[slice, ...],
        values: NDArray[Any],
    ) -> None:
        """Read a box as part of one that is wider along the last two axes, a plane at a time."""
        plane = np.empty([part.stop - part.start for part in wide[-2:]], self.stored)
        inner = tuple(
            slice(b.start - w.start, b.stop - w.start) for b, w in zip(box[-2:], wide[-2:], strict=True)
        )
        target = plane.reshape((1,) * (len(box) - 2) + plane.shape)
        for at in np.ndindex(values.shape[:-2]):
            starts = [part.start + i for part, i in zip(box[:-2], at, strict=True)]
            self._fill(file, shape, (*(slice(start, start + 1) for start in starts), *wide[-2:]), target)
            values[at] = plane[inner]

    def _fill(
        self, file: FileIO, shape: tuple[int, ...], box: tuple[slice, ...], values: NDArray[Any]
    ) -> None:
        """Read a box of an array whose last axis runs fastest."""
        for start, run in contiguous_runs(shape, box, values):
            file.seek(self.offset + start * self.stored.itemsize)
            left = memoryview(run.reshape(-1).view(np.uint8).data)
            while left:
                if not (count := file.readinto(left)):
                    raise FieldError(f"{self.path}: cut short while it was read")
                left = left[count:]

    def data(self, *, lazy: bool = False) -> Any:
        """Give the values through dask, or read at once where they are compressed and not to be `lazy`."""
        if self.codec and not lazy:
            return self.array().astype(self.dtype, copy=False)
        chunks = self.shape if self.codec else slab_chunks(self.shape, self.stored.itemsize)
        if self.order == "F" and not self.codec:
            chunks = slab_chunks(self.shape[::-1], self.stored.itemsize)[::-1]
        name = f"{self.path.name}-{self.state.inode}-{self.state.changed}-{self.offset}-{self.stored.str}"
        return to_dask(replace(self, content=None), chunks, f"{name}-{self.order}-{self.shape}")

    def variable(self, dims: tuple[str, ...], *, lazy: bool = False) -> xr.Variable:
        """Name the axes of the values."""
        return xr.Variable(dims, self.data(lazy=lazy))


def _widened(shape: Sequence[int], box: tuple[slice, ...], itemsize: int) -> tuple[slice, ...]:
    """Take whole rows, and planes, where what is left out between two runs takes less time than another read.

    Examples
    --------
    >>> _widened((9, 5000, 100), (slice(0, 9), slice(0, 50), slice(7, 9)), 4)
    (slice(0, 9, None), slice(0, 50, None), slice(0, 100, None))
    """
    wide = list(box)
    for axis in range(len(shape) - 1, max(len(shape) - 3, 0), -1):
        left_out = shape[axis] - (box[axis].stop - box[axis].start)
        if left_out * math.prod(shape[axis + 1 :]) * itemsize > _GAP:
            break
        wide[axis] = slice(0, shape[axis])
    return tuple(wide)


def hull(key: Any, shape: Sequence[int]) -> tuple[tuple[slice, ...], tuple[Any, ...]]:
    """Split a basic index into the box that holds what it takes, and what it takes of the box.

    Examples
    --------
    >>> hull((2, slice(None, None, -2)), (4, 5))
    ((slice(2, 3, None), slice(0, 5, None)), (0, slice(4, None, -2)))
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    parts += [slice(None)] * (len(shape) - len(parts))
    box: list[slice] = []
    rest: list[Any] = []
    for part, size in zip(parts, shape, strict=True):
        if not isinstance(part, slice):
            start = range(size)[part]
            box.append(slice(start, start + 1))
            rest.append(0)
            continue
        taken = range(size)[part]
        low, high = (min(taken[0], taken[-1]), max(taken[0], taken[-1]) + 1) if taken else (0, 0)
        box.append(slice(low, high))
        stop = taken.stop - low
        rest.append(slice(taken.start - low, stop if stop >= 0 else None, taken.step) if taken else slice(0))
    return tuple(box), tuple(rest)


def shape_text(shape: Sequence[int]) -> str:
    """Write a shape.

    Examples
    --------
    >>> shape_text((3, 4, 5))
    '3×4×5'
    """
    return "×".join(map(str, shape)) or "scalar"
