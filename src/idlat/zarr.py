"""idlat as a codec of Zarr 3: the chunks of any array of numbers, each coded alone.

::

    values of a chunk ──idlat_values──▶ bytes (idlat.lone_chunk) ──▶ stored object

It is an array-to-bytes codec, found by its name ``idlat_values`` through the entry point ``zarr.codecs``: who
has idlat installed reads such arrays with plain Zarr or xarray. The codecs of an archive, which code integers
and know their neighbours, are others (:mod:`idlat.archive.codecs`).

A chunk at the edge of an array comes padded with the array's fill value. What lies behind the last other
value is left out, and is the fill value again when it is read.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray
from zarr.abc.codec import ArrayBytesCodec
from zarr.core.common import JSON
from zarr.registry import register_codec

from idlat.archive.codecs.named_codec import NamedCodec, whole_chunk
from idlat.errors import ArchiveError, CorruptStreamError
from idlat.lone_chunk import LoneChunkCoder, decode_chunk
from idlat.parallel import worker_count

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer
    from zarr.core.chunk_grids import ChunkGrid

__all__ = ["Idlat"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class Idlat(NamedCodec, ArrayBytesCodec):
    """Compresses the chunks of an array of numbers by the default model.

    Of a chunk the last three axes are z, y, x, those before them time steps.

    Attributes
    ----------
    quality, max_error, importance
        As :class:`idlat.lone_chunk.LoneChunkCoder` explains them.

    Raises
    ------
    IdlatError
        A parameter is out of range, or a chunk cannot be coded as asked.
    CorruptStreamError
        A chunk is damaged.

    Examples
    --------
    >>> import zarr
    >>> values = np.linspace(0, 1, 512, dtype="float32").reshape(8, 8, 8)
    >>> array = zarr.create_array({}, data=values, serializer=Idlat(max_error=0.01), compressors=None)
    >>> bool(np.abs(array[:] - values).max() <= 0.01)
    True
    """

    name: ClassVar[str] = "idlat_values"
    takes: ClassVar[tuple[str, ...]] = ("quality", "max_error", "importance")
    quality: float | None = None
    max_error: str | float | Sequence[float] | None = None
    importance: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_error", self._coder.max_error)

    @property
    def _coder(self) -> LoneChunkCoder:
        return LoneChunkCoder(self.quality, self.max_error, self.importance)

    def configuration(self) -> dict[str, JSON]:
        """Return the parameters that were given."""
        return self._coder.configuration()

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: ChunkGrid) -> None:
        """Check that an array holds numbers."""
        native = dtype.to_native_dtype()
        if native.kind not in "fiu":
            raise ArchiveError(f"codec {self.name} codes integers and floats, got an array of {native}")

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        values = _without_padding(chunk_array.as_numpy_array(), chunk_spec.fill_value)
        coded = await _off_the_loop(self._coder.encode, values)
        return chunk_spec.prototype.buffer.from_bytes(coded)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        found = await _off_the_loop(decode_chunk, chunk_bytes.to_bytes())
        expected = chunk_spec.dtype.to_native_dtype()
        if found.dtype != expected or found.ndim != len(chunk_spec.shape):
            raise CorruptStreamError(
                f"a chunk holds {found.dtype} values of {found.ndim} axes, its array {expected} of "
                f"{len(chunk_spec.shape)}: it belongs to another"
            )
        whole = _padded(found, chunk_spec.shape, chunk_spec.fill_value)
        return chunk_spec.prototype.nd_buffer.from_numpy_array(whole)


register_codec("idlat_values", Idlat)


def _without_padding(values: NDArray[Any], fill: Any) -> NDArray[Any]:
    """Cut away what follows the last value that is not the fill value, along each axis."""
    others = ~np.isnan(values) if fill is not None and fill != fill else np.asarray(values != fill)
    inside: list[Any] = []
    for axis in range(values.ndim):
        along = np.flatnonzero(others.any(axis=tuple(n for n in range(values.ndim) if n != axis)))
        inside.append(slice(0, int(along[-1]) + 1 if along.size else 0))
    return np.array(values[(*inside, ...)], order="C", copy=None)


def _padded(found: NDArray[Any], shape: tuple[int, ...], fill: Any) -> NDArray[Any]:
    """Undo :func:`_without_padding`."""
    whole: NDArray[Any] = whole_chunk(found[None], (1, *shape), fill)[0]
    return whole


async def _off_the_loop(work: Callable[[Any, int], Result], given: Any) -> Result:
    """Work on a thread of our own: it waits for Zarr's loop, and on Zarr's threads would keep all of them."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(os.getpid()), work, given, 1)


@lru_cache(maxsize=1)
def _threads(_process: int) -> ThreadPoolExecutor:
    """Return the threads of a process; one that was forked off has none of its parent's."""
    return ThreadPoolExecutor(worker_count(None), thread_name_prefix="idlat-chunks")
