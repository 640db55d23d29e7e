"""The Zarr v3 codec ``idlat_mask``: categories of voxels under their neighbours.

::

    uint8 (1, z, y, x) ──idlat_mask──▶ tag, stream ──crc32c──▶ stored object
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from zarr.abc.codec import ArrayBytesCodec
from zarr.registry import register_codec

from idlat.archive.codecs.named_codec import NamedCodec, whole_chunk
from idlat.archive.codecs.sealed_objects import TAG_BYTES, UNBOUND
from idlat.coding.mask_stream import decode_mask, encode_mask

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer

__all__ = ["MASK_FILL", "MaskCodec"]

MASK_FILL = 255
"""What no category is: the object is absent."""


@dataclass(frozen=True)
class MaskCodec(NamedCodec, ArrayBytesCodec):
    """Coding of a chunk's categories (:mod:`idlat.coding.mask_stream`).

    Examples
    --------
    >>> MaskCodec.from_dict(MaskCodec().to_dict()) == MaskCodec()
    True
    """

    name: ClassVar[str] = "idlat_mask"

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        stream = encode_mask(chunk_array.as_numpy_array()[0])
        return chunk_spec.prototype.buffer.from_bytes(UNBOUND + stream)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        _, z, y, x = chunk_spec.shape
        found = decode_mask(chunk_bytes.to_bytes()[TAG_BYTES:], (z, y, x))
        whole = whole_chunk(found[None], chunk_spec.shape, MASK_FILL)
        return chunk_spec.prototype.nd_buffer.from_numpy_array(whole)


register_codec("idlat_mask", MaskCodec)
