"""A function on its way to other processes: arrays in memory are scattered, not sent with it.

::

    function ── cloudpickle ─┬─▶ content: paths of files, small arrays, the model ─┬─▶ load, once a worker
                             └─▶ large arrays, each on two workers at first ───────┘
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import cloudpickle
import numpy as np
from distributed import Client
from numpy.typing import NDArray

from idlat.errors import IdlatError

__all__ = ["PickledFunction"]

_LARGE = 2**20  # bytes of an array that is scattered
_COPIES = 2  # of an array to begin with, so that a worker may die


@dataclass(frozen=True)
class PickledFunction:
    """A function's bytes, and the arrays of memory that belong in it.

    Attributes
    ----------
    content
        Pickled, with numbers in the place of `arrays`.
    arrays
        Large ones.
    """

    content: bytes
    arrays: list[NDArray[Any]] = field(repr=False)

    @classmethod
    def of(cls, function: Any) -> PickledFunction:
        """Pickle a function.

        Raises
        ------
        IdlatError
            It holds what cannot be pickled, such as an open file.
        """
        buffer, arrays = io.BytesIO(), list[NDArray[Any]]()
        try:
            _Pickler(buffer, arrays).dump(function)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise IdlatError(
                "the field, the map or the model cannot be sent to workers: give a file "
                f"({' '.join(str(error).split())[:200]})"
            ) from error
        return cls(buffer.getvalue(), arrays)

    def submit(self, client: Client, key: str) -> Any:
        """Scatter the arrays, and submit a task that makes the function; return its future."""
        scattered = client.scatter(self.arrays, hash=False) if self.arrays else []
        if scattered:
            client.replicate(scattered, n=_COPIES)
        return client.submit(_load, self.content, scattered, key=key, pure=False)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Leaves out arrays of memory, and makes paths absolute: a worker may stand elsewhere."""

    def __init__(self, file: io.BytesIO, arrays: list[NDArray[Any]]) -> None:
        super().__init__(file)
        self._arrays = arrays
        self._numbers: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> int | None:
        """Number a large array; None for what is pickled."""
        if type(obj) not in (np.ndarray, np.memmap) or obj.nbytes < _LARGE or obj.dtype.hasobject:
            return None
        if id(obj) not in self._numbers:
            self._numbers[id(obj)] = len(self._arrays)
            self._arrays.append(np.asarray(obj))
        return self._numbers[id(obj)]

    def reducer_override(self, obj: Any) -> Any:
        """Reduce a relative path; the rest is cloudpickle's."""
        if isinstance(obj, PurePath) and not obj.is_absolute():
            return type(obj), (str(obj.absolute()),)  # type: ignore[attr-defined]
        return super().reducer_override(obj)


class _Unpickler(pickle.Unpickler):
    """Puts the arrays in."""

    def __init__(self, file: io.BytesIO, arrays: Sequence[NDArray[Any]]) -> None:
        super().__init__(file)
        self._arrays = arrays

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        """Return the array of a number."""
        array: NDArray[Any] = self._arrays[pid]
        return array


def _load(content: bytes, arrays: Sequence[NDArray[Any]]) -> Any:
    """Make the function, in a worker."""
    return _Unpickler(io.BytesIO(content), arrays).load()
