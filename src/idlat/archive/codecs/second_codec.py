"""The Zarr v3 codec ``idlat_second``: a tile of the second transform ⇄ its stream.

A tile's subbands of low frequency are transformed once more and coded apart from the chunks
(:mod:`idlat.model.subband.second_tiles`). The array holds their integers, subband by subband, one tile a
chunk::

    int32 (1, 1, 1, 1, n) ──idlat_second──▶ tag, voxels of the tile, stream ──crc32c──▶ stored object

Only idlat's own writer makes such objects; a Zarr program can read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from zarr.registry import register_codec

from idlat.archive.codecs.model_codec import ModelCodec
from idlat.archive.codecs.read_only_codec import ReadOnlyCodec
from idlat.coding.escapes import read_varint, varint
from idlat.errors import CorruptStreamError
from idlat.tiling import Triple

__all__ = ["SECOND_TILE", "SecondCodec", "decode_second", "encode_second", "tile_sides"]

SECOND_TILE = 64
"""Cells of a tile along an axis."""


def encode_second(stream: bytes, shape: Triple) -> bytes:
    """Return the payload of a tile: its voxels along each axis, and its stream."""
    return b"".join(map(varint, shape)) + stream


def decode_second(payload: bytes) -> tuple[bytes, Triple]:
    """Undo :func:`encode_second`.

    Raises
    ------
    CorruptStreamError
        The payload is none of a tile.
    """
    z, at = read_varint(payload, 0)
    y, at = read_varint(payload, at)
    x, at = read_varint(payload, at)
    if not all(1 <= n <= SECOND_TILE * 8 for n in (z, y, x)):
        raise CorruptStreamError("it is no tile of a second transform")
    return payload[at:], (z, y, x)


@dataclass(frozen=True)
class SecondCodec(ModelCodec, ReadOnlyCodec):
    """Coding of the second transform by a model that is fitted to a variable.

    Parameters
    ----------
    model
        The model's SHA-256, 64 hexadecimal digits.
    coding
        What it was fitted to.

    Raises
    ------
    ArchiveError
        The hash is none.

    Examples
    --------
    >>> codec = SecondCodec(model="0" * 64, coding={"tables": ""})
    >>> SecondCodec.from_dict(codec.to_dict()) == codec
    True
    """

    name: ClassVar[str] = "idlat_second"
    needs: ClassVar[tuple[str, ...]] = ("model", "coding")
    model: str
    coding: str | None

    def __init__(self, *, model: str, coding: Any) -> None:
        self._set(model, coding)

    def _read(self, payload: bytes) -> NDArray[np.int32]:
        return self.find_fitted().low_integers(*decode_second(payload))


register_codec("idlat_second", SecondCodec)


def tile_sides(cells: Sequence[int]) -> tuple[int, ...]:
    """Return the number of tiles along each axis of so many cells."""
    return tuple(-(-n // SECOND_TILE) for n in cells)
