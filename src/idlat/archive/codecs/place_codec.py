"""The Zarr v3 codec ``idlat_place``: the tag of an object whose other codecs are Zarr's own.

::

    packed ──idlat_place──▶ tag, packed ──crc32c──▶ stored object
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from zarr.abc.codec import BytesBytesCodec
from zarr.registry import register_codec

from idlat.archive.codecs.named_codec import NamedCodec
from idlat.archive.codecs.sealed_objects import TAG_BYTES, UNBOUND

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer

__all__ = ["PlaceCodec"]


@dataclass(frozen=True)
class PlaceCodec(NamedCodec, BytesBytesCodec):
    """Passes over the tag before an object's bytes.

    Examples
    --------
    >>> PlaceCodec.from_dict(PlaceCodec().to_dict()) == PlaceCodec()
    True
    """

    is_fixed_size = True

    name: ClassVar[str] = "idlat_place"

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Return the bytes of an object."""
        return input_byte_length + TAG_BYTES

    async def _encode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return chunk_spec.prototype.buffer.from_bytes(UNBOUND + chunk_bytes.to_bytes())

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return chunk_spec.prototype.buffer.from_bytes(chunk_bytes.to_bytes()[TAG_BYTES:])


register_codec("idlat_place", PlaceCodec)
