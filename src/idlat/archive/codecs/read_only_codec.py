"""Codecs of arrays that idlat alone writes, since their values depend on others; Zarr programs read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from zarr.abc.codec import ArrayBytesCodec

from idlat.archive.codecs.named_codec import NamedCodec, whole_chunk
from idlat.archive.codecs.sealed_objects import TAG_BYTES
from idlat.errors import ArchiveError

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer

__all__ = ["ReadOnlyCodec"]


class ReadOnlyCodec(NamedCodec, ArrayBytesCodec):
    """A codec that decodes a chunk as far as the field goes, and refuses to encode."""

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        raise ArchiveError(f"codec {self.name}: idlat alone writes this array; it can be read")

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        found = self._read(chunk_bytes.to_bytes()[TAG_BYTES:])
        lead = (None,) * (len(chunk_spec.shape) - found.ndim)
        return chunk_spec.prototype.nd_buffer.from_numpy_array(whole_chunk(found[lead], chunk_spec.shape))

    def _read(self, payload: bytes) -> NDArray[Any]:
        """Return the values of a payload, the last axes of the chunk."""
        raise NotImplementedError
