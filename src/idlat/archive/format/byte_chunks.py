"""Arrays of bytes in chunks that carry tags: the importance of blocks.

::

    uint8 (1, z, y, x) ──zstd──▶ packed ──idlat_place──▶ tag, packed ──crc32c──▶ stored object
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numcodecs.zstd import Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from idlat.archive.codecs.place_codec import PlaceCodec
from idlat.archive.codecs.sealed_objects import seal_object
from idlat.archive.format.integrity import Binding
from idlat.archive.format.stored_chunk import opened_chunk
from idlat.archive.format.zarr_documents import Document, array_document, opened_array
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key
from idlat.errors import ArchiveError, CorruptStreamError

__all__ = ["ByteObjects", "byte_document"]

_LEVEL = 9
_LARGEST = 2**27  # voxels of a chunk


def byte_document(
    shape: Sequence[int], chunks: Sequence[int], dimensions: Sequence[str], fill: int, **attributes: Any
) -> Document:
    """Return the document of an array of bytes."""
    return array_document(
        shape=tuple(shape),
        chunks=tuple(chunks),
        dtype=np.uint8,
        compressors=[ZstdCodec(level=_LEVEL), PlaceCodec(), Crc32cCodec()],
        fill_value=fill,
        dimension_names=list(dimensions),
        attributes=attributes,
    )


class ByteObjects:
    """The chunks of an array that :func:`byte_document` describes.

    Parameters
    ----------
    store
        The archive's.
    binding
        What the objects are bound to.
    kind
        ``importance``: the array's name.
    """

    def __init__(self, store: ArchiveStore, binding: Binding, kind: str) -> None:
        self.store, self.binding, self.kind = store, binding, kind
        self.path = f"{binding.variable.path}/{kind}"
        array = opened_array(store, self.path, binding.archive)
        self.shape, self.chunks, self._fill = array.shape, array.chunks, int(array.fill_value)
        self._check_shape()

    def _check_shape(self) -> None:
        where, variable = f"{self.store.name}: {self.path}/zarr.json", self.binding.variable
        if (
            len(self.shape) != 4
            or any(n > most for n, most in zip(self.shape[1:], variable.volume, strict=True))
            or min(self.chunks) < 1
            or math.prod(self.chunks) > _LARGEST
        ):
            raise ArchiveError(
                f"{where} announces chunks {self.chunks} of {self.shape}: it is damaged; restore it from a "
                "copy"
            )
        if self.shape[0] < variable.steps:
            raise ArchiveError(f"{where} belongs to other steps: restore it from a copy")

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of chunks along each axis."""
        return tuple(-(-n // chunk) for n, chunk in zip(self.shape, self.chunks, strict=True))

    def write(self, index: tuple[int, ...], values: NDArray[np.uint8]) -> None:
        """Write a chunk, whole or not at all; values (1, z, y, x) may end where the field ends."""
        whole = np.full(self.chunks, self._fill, np.uint8)
        whole[tuple(map(slice, values.shape))] = values
        packed = bytes(Zstd(level=_LEVEL).encode(whole.tobytes()))
        stored = seal_object(packed, self.binding.tag(self.kind, index))
        self.store.put(chunk_key(self.path, index), stored)

    def write_box(self, first: int, starts: Sequence[int], values: NDArray[np.uint8]) -> None:
        """Write the chunks that a box of one frame or step consists of.

        Parameters
        ----------
        first
            The frame or step.
        starts
            Where the box begins along z, y and x: at the beginning of a chunk.
        values
            ``(z, y, x)``.
        """
        sides = self.chunks[1:]
        for cut in np.ndindex(*(-(-n // side) for n, side in zip(values.shape, sides, strict=True))):
            part = tuple(slice(i * side, (i + 1) * side) for i, side in zip(cut, sides, strict=True))
            position = (start // side + i for start, side, i in zip(starts, sides, cut, strict=True))
            self.write((first, *position), values[part][None])

    def read(self, index: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return a chunk (1, z, y, x), whole; beyond the field its values mean nothing.

        Raises
        ------
        ArchiveError
            It is missing or damaged; the message names it.
        """
        key = chunk_key(self.path, index)
        with opened_chunk(self.store, key, self.binding.tag(self.kind, index)) as packed:
            try:
                return np.frombuffer(Zstd().decode(packed), np.uint8).reshape(self.chunks)
            except (ValueError, RuntimeError, MemoryError) as error:
                raise CorruptStreamError(str(error)) from None
