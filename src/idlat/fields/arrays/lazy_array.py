"""The base of what the formats read lazily: an array that lies in a file and is read where it is sliced."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LayeredArray", "LazyArray"]


class LazyArray(ABC):
    """A :class:`~idlat.fields.arrays.dask_arrays.Readable` of a file."""

    if TYPE_CHECKING:  # fields of some, properties of others

        @property
        def shape(self) -> tuple[int, ...]:
            """The whole array's shape."""

        @property
        def dtype(self) -> np.dtype:
            """The dtype in memory: in the machine's byte order."""

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @abstractmethod
    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part.

        Raises
        ------
        FieldError
            The file is damaged, or no longer what it was when it was opened.
        """


class LayeredArray(LazyArray):
    """An array whose values stand in C order, however packed: whole layers of its first axis are read.

    Attributes
    ----------
    stored
        The dtype in the file.
    """

    stored: np.dtype

    @property
    def dtype(self) -> np.dtype:
        """The dtype in memory."""
        return self.stored.newbyteorder("=")

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part."""
        first, *rest = key if isinstance(key, tuple) else (key,)
        layers = range(self.shape[0])[first] if isinstance(first, slice) else range(first, first + 1)
        shape = (len(layers), *self.shape[1:])
        if not layers:
            return np.empty(shape, self.dtype)[(slice(None), *rest)]
        low, high, layer = min(layers), max(layers) + 1, math.prod(self.shape[1:]) * self.stored.itemsize
        content = self.read_bytes(low * layer, high * layer)
        part = np.frombuffer(content, self.stored).reshape(-1, *self.shape[1:]).astype(self.dtype)
        inside = slice(None, None, layers.step) if isinstance(first, slice) else 0
        return part[(inside, *rest)]

    @abstractmethod
    def read_bytes(self, low: int, high: int) -> bytes:
        """Return a range of the bytes of the values."""
