"""The Zarr v3 codecs ``idlat_residual`` and ``idlat_step``: corrections to what is decoded, and their levels.

An archive with an error bound holds for each chunk of voxels how many bins each value lies from what the
latents decode to, and where the bound varies the level of each cell of 4³ voxels::

    int32 (1, z, y, x) ──idlat_residual──▶ tag, shape, base, integers, escapes ──crc32c──▶ stored object
    uint8 (1, z, y, x) ──idlat_step──────▶ tag, shape, levels, integers ─────────crc32c──▶ stored object

The base is 0 for what the latents decode to, 1 for a constant that stands here. An escape is a value that no
bin gives within the bound; it is kept as it is. Only idlat's own writer makes such objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numcodecs.zstd import Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray
from zarr.abc.codec import ArrayBytesCodec
from zarr.core.common import JSON, parse_named_configuration
from zarr.registry import register_codec

from idlat.archive.format.integrity import TAG_BYTES
from idlat.coding.escapes import read_varint, varint
from idlat.coding.residual import ESCAPED, decode_integers, encode_integers
from idlat.errors import ArchiveError, CorruptStreamError
from idlat.tiling import Triple

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer

__all__ = ["RESIDUAL_SIDE", "Residual", "ResidualCodec", "StepCodec", "decode_step", "encode_step"]

RESIDUAL_SIDE = 64
"""Voxels of a chunk along an axis."""

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
        return _shape_bytes(self.bins.shape) + bytes([len(base)]) + base + varint(len(stream)) + stream + kept

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
        said = _read_shape(payload, shape)
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
    return _shape_bytes(levels.shape) + bytes([len(which) - 1]) + which.tobytes() + stream


def decode_step(payload: bytes, shape: Triple | None = None, levels: int = 256) -> NDArray[np.uint8]:
    """Undo :func:`encode_step`; there are so many levels.

    Raises
    ------
    CorruptStreamError
        It is the payload of no such chunk.
    """
    said = _read_shape(payload, shape)
    end = 5 + payload[3]
    which = np.frombuffer(payload[4:end], np.uint8)
    found = decode_integers(payload[end:], said)
    if found.min() < 0 or found.max() >= len(which) or which.max() >= levels:
        raise CorruptStreamError("a level of its error bound is out of range")
    return np.asarray(which[found])


def _shape_bytes(shape: tuple[int, ...]) -> bytes:
    return bytes(n - 1 for n in shape)


def _read_shape(payload: bytes, expected: Triple | None) -> Triple:
    if len(payload) < 4:
        raise CorruptStreamError("its residual is damaged: it is cut short")
    z, y, x = (n + 1 for n in payload[:3])
    if max(z, y, x) > RESIDUAL_SIDE or (expected is not None and (z, y, x) != expected):
        raise CorruptStreamError(f"it holds {(z, y, x)} values, expected {expected}")
    return z, y, x


class _ChunkCodec(ArrayBytesCodec):
    """What both codecs do alike."""

    is_fixed_size = False

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Not known before coding."""
        raise NotImplementedError

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:  # noqa: ARG002
        raise ArchiveError("residuals and their levels are written by idlat alone; the arrays can be read")

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        found = self._read(chunk_bytes.to_bytes()[TAG_BYTES:], chunk_spec.shape)
        whole = np.zeros(chunk_spec.shape, chunk_spec.dtype.to_native_dtype())
        z, y, x = found.shape
        whole[0, :z, :y, :x] = found
        return chunk_spec.prototype.nd_buffer.from_numpy_array(whole)

    def _read(self, payload: bytes, shape: tuple[int, ...]) -> NDArray[Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class ResidualCodec(_ChunkCodec):
    """Coding of a chunk's corrections.

    Parameters
    ----------
    dtype
        Of the field, by NumPy's name.
    varies
        Whether the bound depends on the importance; then an object is coded under the levels of ``step``,
        which a plain Zarr reader does not know.
    """

    dtype: str
    varies: bool = False

    @classmethod
    def from_dict(cls, data: dict[str, JSON]) -> Self:
        """Read the codec from the JSON of an array's metadata."""
        _, configuration = parse_named_configuration(data, "idlat_residual")
        try:
            return cls(**configuration)  # type: ignore[arg-type]
        except TypeError:
            raise ArchiveError(
                f"codec idlat_residual: the configuration should hold 'dtype' and 'varies', got "
                f"{sorted(configuration)}"
            ) from None

    def to_dict(self) -> dict[str, JSON]:
        """Return the JSON of an array's metadata.

        Examples
        --------
        >>> ResidualCodec.from_dict(ResidualCodec("float32").to_dict())
        ResidualCodec(dtype='float32', varies=False)
        """
        return {"name": "idlat_residual", "configuration": {"dtype": self.dtype, "varies": self.varies}}

    def _read(self, payload: bytes, shape: tuple[int, ...]) -> NDArray[np.int32]:
        z, y, x = shape[1:]
        if payload == _NOTHING:
            return np.zeros((z, y, x), np.int32)
        if self.varies:
            raise ArchiveError("codec idlat_residual: these corrections are read by idlat alone")
        return Residual.from_bytes(payload, np.dtype(self.dtype)).bins


@dataclass(frozen=True)
class StepCodec(_ChunkCodec):
    """Coding of the levels of a chunk's cells.

    Examples
    --------
    >>> StepCodec.from_dict(StepCodec().to_dict()) == StepCodec()
    True
    """

    @classmethod
    def from_dict(cls, data: dict[str, JSON]) -> Self:
        """Read the codec from the JSON of an array's metadata."""
        parse_named_configuration(data, "idlat_step", require_configuration=False)
        return cls()

    def to_dict(self) -> dict[str, JSON]:
        """Return the JSON of an array's metadata."""
        return {"name": "idlat_step"}

    def _read(self, payload: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:  # noqa: ARG002
        return decode_step(payload)


register_codec("idlat_residual", ResidualCodec)
register_codec("idlat_step", StepCodec)
