"""Wrap anything that is read by slicing as a dask array of slabs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

SLAB_BYTES = 32 * 2**20


class Readable(Protocol):
    """What has a shape and a dtype and reads a part where it is sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The whole array's shape."""

    @property
    def dtype(self) -> np.dtype:
        """The dtype in memory."""

    @property
    def ndim(self) -> int:
        """The number of axes."""

    def __getitem__(self, key: Any, /) -> NDArray[Any]:
        """Read a part."""


def slab_chunks(shape: Sequence[int], itemsize: int, own: Sequence[int] | None = None) -> tuple[int, ...]:
    """Choose chunks that lie together in a file: whole trailing axes, about 32 MiB.

    Parameters
    ----------
    shape
        Last axis fastest.
    itemsize
        Bytes of a value.
    own
        The chunks in which the file is stored; those chosen are multiples of them.

    Examples
    --------
    >>> slab_chunks((4, 100, 1024, 1024), 4)
    (1, 8, 1024, 1024)
    >>> slab_chunks((100, 1024, 1024), 4, own=(3, 64, 64))
    (6, 1024, 1024)
    """
    own = tuple(own) if own is not None else (1,) * len(shape)
    chunks = [min(part, size) for part, size in zip(own, shape, strict=True)]
    for axis in reversed(range(len(shape))):
        rest = math.prod(chunks) // chunks[axis] * itemsize
        count = max(1, SLAB_BYTES // max(1, rest * chunks[axis]))
        chunks[axis] = min(shape[axis], chunks[axis] * count)
        if chunks[axis] < shape[axis]:
            break
    return tuple(chunks)


def to_dask(
    source: Readable,
    chunks: tuple[int, ...] | None = None,
    name: str | None = None,
    stored: Sequence[int] | None = None,
) -> Any:
    """Wrap an array as a dask array.

    Parameters
    ----------
    source
        Read where it is sliced.
    chunks
        Of the dask array; slabs of about 32 MiB unless given.
    name
        Equal names are taken for equal arrays; none is unique.
    stored
        The chunks in which the file is stored: slabs are multiples of them.
    """
    import dask.array

    if chunks is None:
        chunks = slab_chunks(source.shape, source.dtype.itemsize, stored)

    # fancy=False: dask asks for nothing but integers and slices.
    return dask.array.from_array(source, chunks=chunks, name=name or False, asarray=False, fancy=False)
