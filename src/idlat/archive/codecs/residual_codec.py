"""The Zarr v3 codec ``idlat_residual``: corrections to what is decoded.

An archive with an error bound holds for each chunk of voxels how many bins each value lies from what the
latents decode to::

    int32 (1, z, y, x) ──idlat_residual──▶ tag, shape, base, integers, escapes ──crc32c──▶ stored object

The base is 0 for what the latents decode to, 1 for a constant that stands here. An escape is a value that no
bin gives within the bound; it is kept as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numcodecs.zstd import Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray
from zarr.core.common import JSON
from zarr.registry import register_codec

from idlat.archive.codecs.chunk_shape import read_shape, shape_bytes
from idlat.archive.codecs.read_only_codec import ReadOnlyCodec
from idlat.coding.escapes import read_varint, varint
from idlat.coding.residual import ESCAPED, decode_integers, encode_integers
from idlat.errors import ArchiveError, CorruptStreamError
from idlat.tiling import Triple

__all__ = ["Residual", "ResidualCodec"]

_NOTHING = b"\0"


@dataclass(frozen=True)
class Residual:
    """What a chunk of voxels is corrected by.

    Attributes
    ----------
    bins : int32 array (z, y, x)
        How many bins a value lies from its base; :data:`~idlat.coding.residual.ESCAPED` where it is kept as
        it is.
    base : float or None
        From where they count, None from what the latents decode to.
    kept : array
        The values of the escapes, in the order of the voxels.
    predict : bool
        Whether to code differences from interpolated neighbours.
    """

    bins: NDArray[np.int32]
    base: float | None
    kept: NDArray[Any]
    predict: bool = False

    def to_bytes(
        self, levels: NDArray[np.uint8] | None = None, sizes: NDArray[np.int64] | None = None
    ) -> bytes:
        """Return the payload; `levels`, `sizes` as :func:`idlat.coding.residual.encode_integers` has them."""
        if self.base is None and not self.bins.any():
            return _NOTHING
        stream = encode_integers(self.bins, levels, sizes, predict=self.predict)
        base = b"" if self.base is None else np.array(self.base, "<f8").tobytes()
        raw = self.kept.astype(self.kept.dtype.newbyteorder("<")).tobytes()
        kept = bytes(Zstd(level=9).encode(raw)) if raw else b""
        return shape_bytes(self.bins.shape) + bytes([len(base)]) + base + varint(len(stream)) + stream + kept

    @classmethod
    def from_bytes(
        cls,
        payload: bytes,
        dtype: np.dtype[Any],
        shape: Triple | None = None,
        levels: NDArray[np.uint8] | None = None,
        sizes: NDArray[np.int64] | None = None,
    ) -> Self:
        """Undo :meth:`to_bytes`.

        Parameters
        ----------
        payload
        dtype
            Of the field.
        shape
            Of the chunk, as far as it lies in the field; None believes what the payload says.
        levels, sizes
            As they were.

        Raises
        ------
        CorruptStreamError
            It is the payload of no such chunk.
        """
        if payload == _NOTHING and shape is not None:
            return cls(np.zeros(shape, np.int32), None, np.zeros(0, dtype))
        said = read_shape(payload, shape)
        base_bytes = payload[3] if len(payload) > 3 else 1
        at = 4 + base_bytes
        if base_bytes not in (0, 8) or len(payload) < at:
            raise CorruptStreamError("its residual is damaged: it is cut short")
        base = float(np.frombuffer(payload[4:at], "<f8")[0]) if base_bytes else None
        count, at = read_varint(payload, at)
        if len(payload) < at + count:
            raise CorruptStreamError("its residual is damaged: it is cut short")
        bins = decode_integers(payload[at : at + count], said, levels, sizes)
        return cls(bins, base, _kept(payload[at + count :], dtype, int((bins == ESCAPED).sum())))


def _kept(packed: bytes, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    raw = b""
    if packed:
        room = np.empty(count * dtype.itemsize, np.uint8)
        try:
            raw = bytes(Zstd().decode(packed, room)) if room.size else b"\0"
        except (ValueError, RuntimeError) as error:
            raise CorruptStreamError(f"its residual is damaged: {error}") from None
    if len(raw) != count * dtype.itemsize:
        raise CorruptStreamError("its residual is damaged: values that are kept are missing")
    return np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype)


@dataclass(frozen=True)
class ResidualCodec(ReadOnlyCodec):
    """Coding of a chunk's corrections.

    Parameters
    ----------
    dtype
        Of the field, by NumPy's name.
    varies
        Whether the bound depends on the importance; then an object is coded under the levels of ``step``,
        which a plain Zarr reader does not know.

    Examples
    --------
    >>> ResidualCodec.from_dict(ResidualCodec("float32").to_dict())
    ResidualCodec(dtype='float32', varies=False)
    """

    name: ClassVar[str] = "idlat_residual"
    needs: ClassVar[tuple[str, ...]] = ("dtype", "varies")
    dtype: str
    varies: bool = False

    def configuration(self) -> dict[str, JSON]:
        """Return both parameters."""
        return {"dtype": self.dtype, "varies": self.varies}

    def _read(self, payload: bytes) -> NDArray[np.int32]:
        if payload == _NOTHING:
            return np.zeros((0, 0, 0), np.int32)  # the rest of a chunk is 0
        if self.varies:
            raise ArchiveError("codec idlat_residual: these corrections are read by idlat alone")
        return Residual.from_bytes(payload, np.dtype(self.dtype)).bins


register_codec("idlat_residual", ResidualCodec)
