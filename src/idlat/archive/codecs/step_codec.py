"""The Zarr v3 codec ``idlat_step``: the level of the error bound in each cell of 4³ voxels, where it varies.

::

    uint8 (1, z, y, x) ──idlat_step──▶ tag, shape, levels, integers ──crc32c──▶ stored object
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from zarr.registry import register_codec

from idlat.archive.codecs.chunk_shape import read_shape, shape_bytes
from idlat.archive.codecs.read_only_codec import ReadOnlyCodec
from idlat.coding.residual import decode_integers, encode_integers
from idlat.errors import CorruptStreamError
from idlat.tiling import Triple

__all__ = ["StepCodec", "decode_step", "encode_step"]


def encode_step(levels: NDArray[np.uint8]) -> bytes:
    """Return the payload of the levels (z, y, x) of a chunk's cells: those that occur, then which of them.

    Examples
    --------
    >>> levels = np.array([[[3, 3, 5]]], np.uint8)
    >>> decode_step(encode_step(levels), (1, 1, 3)).tolist()
    [[[3, 3, 5]]]
    """
    which, places = np.unique(levels, return_inverse=True)
    numbers = places.reshape(levels.shape).astype(np.int32)
    stream = min((encode_integers(numbers, predict=predict) for predict in (False, True)), key=len)
    return shape_bytes(levels.shape) + bytes([len(which) - 1]) + which.tobytes() + stream


def decode_step(payload: bytes, shape: Triple | None = None, levels: int = 256) -> NDArray[np.uint8]:
    """Undo :func:`encode_step`; there are so many levels.

    Raises
    ------
    CorruptStreamError
        It is the payload of no such chunk.
    """
    said = read_shape(payload, shape)
    end = 5 + payload[3]
    which = np.frombuffer(payload[4:end], np.uint8)
    found = decode_integers(payload[end:], said)
    if found.min() < 0 or found.max() >= len(which) or which.max() >= levels:
        raise CorruptStreamError("a level of its error bound is out of range")
    return np.asarray(which[found])


@dataclass(frozen=True)
class StepCodec(ReadOnlyCodec):
    """Coding of the levels of a chunk's cells.

    Examples
    --------
    >>> StepCodec.from_dict(StepCodec().to_dict()) == StepCodec()
    True
    """

    name: ClassVar[str] = "idlat_step"

    def _read(self, payload: bytes) -> NDArray[np.uint8]:
        return decode_step(payload)


register_codec("idlat_step", StepCodec)
