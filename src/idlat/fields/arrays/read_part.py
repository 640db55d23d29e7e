"""Read a part of a field: just that of one that lies in a file, else what dask computes for it.

Dask reads all slabs that a part touches, about 32 MiB each: of a large field many times a tile's values.
Frames that somebody keeps in memory are not read again, nor is what a thread has read last: it often asks for
nearly the same next, a map's values, then a tile's.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.lazy_array import LazyArray

__all__ = ["note_frame", "read_part"]

_KEPT = 2**25  # bytes of a part that is kept

Key = tuple[int | slice, ...]


@dataclass(frozen=True)
class _Part:
    """A part that was read: of which dask array, where, and its values with an axis for each slice."""

    name: str
    shape: tuple[int, ...]
    key: Key
    values: NDArray[Any]

    def within(self, name: str, shape: tuple[int, ...], key: Key) -> NDArray[Any] | None:
        """Return the values of another part in memory of their own; None where it is not all of it here."""
        if (name, shape, len(key)) != (self.name, self.shape, len(self.key)):
            return None
        inside = []
        for own, asked, size in zip(self.key, key, shape, strict=True):
            if not isinstance(own, slice) or not isinstance(asked, slice):
                if own != asked:
                    return None
                continue
            (low, high, _), (start, stop, _) = own.indices(size), asked.indices(size)
            if not low <= start <= stop <= high:
                return None
            inside.append(slice(start - low, stop - low))
        return self.values[tuple(inside)].copy()


class _Last(threading.local):
    part: _Part | None = None


_last = _Last()

_frames: WeakValueDictionary[tuple[str, tuple[int, ...], Key], NDArray[Any]] = WeakValueDictionary()
"""Frames that are kept, by the name and shape of their dask array, and their place along its first axes."""


def note_frame(variable: xr.Variable, lead: Sequence[int], values: NDArray[Any]) -> None:
    """Let parts of a frame be taken from its values for as long as somebody keeps these.

    Parameters
    ----------
    variable
        Whatever holds the values of all frames.
    lead
        The frame's place along all axes but the last three.
    values
        The whole frame, not to be written to.
    """
    if variable.chunks is not None:
        _frames[str(variable.data.name), variable.shape, tuple(lead)] = values


def read_part(variable: xr.Variable, key: Key) -> NDArray[Any]:
    """Read a part of a variable in this thread.

    Parameters
    ----------
    variable
        Whatever holds its values.
    key
        An integer or a slice without a step for each axis.

    Returns
    -------
    ndarray
        Not to be written to.

    Raises
    ------
    FieldError
        The file is damaged, or no longer what it was when it was opened.
    """
    if variable.chunks is None:
        return np.asarray(variable[key].to_numpy())
    source, name = _source_of(variable), str(variable.data.name)
    lead = key[:-3]
    known = not any(isinstance(part, slice) for part in lead)
    if known and (frame := _frames.get((name, variable.shape, lead))) is not None:
        return np.ascontiguousarray(frame[key[-3:]])
    if _last.part is not None and (found := _last.part.within(name, variable.shape, key)) is not None:
        if isinstance(source, ArrayFile):
            source.state.check()
        return found
    _last.part = None  # before another takes its room
    if source is not None:
        values = source[key]
    else:
        values = variable[key].compute(scheduler=_synchronous).to_numpy()
    if values.nbytes <= _KEPT:
        _last.part = _Part(name, variable.shape, key, values)
    return values


def _source_of(variable: xr.Variable) -> LazyArray | None:
    """Return what a variable is read from, where dask does nothing to its values."""
    data: Any = variable.data
    source = f"original-{data.name}"  # so dask's from_array calls what it is given
    layers = getattr(data.dask, "layers", {})
    if set(layers) != {source, data.name} or set(layers[source]) != {source}:
        return None
    node: Any = layers[source][source]
    found = getattr(node, "value", node)
    if not isinstance(found, LazyArray) or found.shape != data.shape or found.dtype != data.dtype:
        return None
    return None if isinstance(found, ArrayFile) and found.codec else found


def _synchronous(*task: Any, **options: Any) -> Any:
    """Dask's scheduler of this name, which dask would look up by importing its distributed one."""
    from dask.local import get_sync

    return get_sync(*task, **options)
