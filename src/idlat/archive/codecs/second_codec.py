"""The Zarr v3 codec ``idlat_second``: a tile of the second transform ⇄ its stream.

A tile's subbands of low frequency are transformed once more and coded apart from the chunks
(:mod:`idlat.model.subband.second_tiles`). The array holds their integers, subband by subband, one tile a
chunk::

    int32 (1, 1, 1, 1, n) ──idlat_second──▶ tag, voxels of the tile, stream ──crc32c──▶ stored object

Where the variable has cuts, the tile's position follows its voxels: which cuts part it depends on that.

Only idlat's own writer makes such objects; a Zarr program can read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from zarr.registry import register_codec

from idlat.archive.codecs.model_codec import ModelCodec
from idlat.archive.codecs.read_only_codec import ReadOnlyCodec
from idlat.coding.escapes import read_varint, varint
from idlat.errors import CorruptStreamError
from idlat.tiling import Triple

__all__ = ["SECOND_TILE", "SecondCodec", "SecondPayload", "decode_second", "encode_second", "tile_sides"]

SECOND_TILE = 64
"""Cells of a tile along an axis."""


class SecondPayload(NamedTuple):
    """What is stored of a tile.

    Attributes
    ----------
    stream
    shape
        Its voxels along each axis.
    position
        Of the tile; (0, 0, 0) where that is not stored, for it makes no difference.
    """

    stream: bytes
    shape: Triple
    position: Triple = (0, 0, 0)

    @property
    def first_voxel(self) -> Triple:
        """The tile's first voxel, as far as it makes a difference."""
        z, y, x = (SECOND_TILE * 8 * n for n in self.position)
        return z, y, x


def encode_second(payload: SecondPayload, coding: Mapping[str, Any]) -> bytes:
    """Return the bytes of a tile of a variable that was coded with what `coding` says."""
    numbers = [*payload.shape, *(payload.position if "cuts" in coding else ())]
    return b"".join(map(varint, numbers)) + payload.stream


def decode_second(data: bytes, coding: Mapping[str, Any]) -> SecondPayload:
    """Undo :func:`encode_second`.

    Raises
    ------
    CorruptStreamError
        The bytes are none of a tile.
    """
    numbers, at = [], 0
    for _ in range(6 if "cuts" in coding else 3):
        number, at = read_varint(data, at)
        numbers.append(number)
    z, y, x, *position = numbers
    if not all(1 <= n <= SECOND_TILE * 8 for n in (z, y, x)):
        raise CorruptStreamError("it is no tile of a second transform")
    if not position:
        return SecondPayload(data[at:], (z, y, x))
    return SecondPayload(data[at:], (z, y, x), (position[0], position[1], position[2]))


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
        model = self.find_fitted()
        tile = decode_second(payload, model.coding_json or {})
        return model.placed(tile.first_voxel).low_integers(tile.stream, tile.shape)


register_codec("idlat_second", SecondCodec)


def tile_sides(cells: Sequence[int]) -> tuple[int, ...]:
    """Return the number of tiles along each axis of so many cells."""
    return tuple(-(-n // SECOND_TILE) for n in cells)
