"""The Zarr v3 codec ``idlat``: a chunk of latents ⇄ the model's stream, entropy coded where integers.

Found through the entry point ``zarr.codecs``, so that any Zarr reader in whose environment idlat is installed
sees the latents of an archive as a plain int32 array. The configuration names the model by its SHA-256 and
the cells of a coding group; ``crc32c`` follows it::

    int32 (1, C, z, y, x) ──idlat──▶ tag, header, ẑ, ŷ ──crc32c──▶ stored object

The tag binds the object to its place (:mod:`idlat.archive.codecs.sealed_objects`). A codec sees neither the
archive nor the chunk's index, so it passes over the tag; idlat's own readers compare it. The codec
``idlat_place`` does the same for masks and importance, whose other codecs are Zarr's own.

A model without a quantiser has float32 latents, which its streams hold as they are. Edge chunks come padded
with the fill value; a stream holds the cells inside the field only.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from zarr.abc.codec import ArrayBytesCodec
from zarr.core.common import JSON
from zarr.registry import register_codec

from idlat.archive.codecs.model_codec import ModelCodec
from idlat.archive.codecs.named_codec import whole_chunk
from idlat.archive.codecs.sealed_objects import TAG_BYTES, UNBOUND, open_object, seal_object
from idlat.errors import ArchiveError
from idlat.model.latent_model import LatentModel, Latents
from idlat.model.tile_analysis import TileAnalysis
from idlat.tiling import Triple

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer
    from zarr.core.chunk_grids import ChunkGrid

__all__ = ["IdlatCodec", "decode_objects", "encode_chunk", "encode_chunk_of", "latent_fill"]

LATENT_FILL = -(2**31)  # no latent has this value: it can only mean that an object is absent


@dataclass(frozen=True)
class IdlatCodec(ModelCodec, ArrayBytesCodec):
    """Coding of latents by a model (design sections 4 and 5).

    Attributes
    ----------
    model
        The model's SHA-256, 64 hexadecimal digits.
    cells
        Cells (z, y, x) of a coding group, which is the chunk's.
    coding
        What the model was fitted to for this variable, None where it is not fitted.

    Raises
    ------
    ArchiveError
        The hash or the cells are none.

    Examples
    --------
    >>> codec = IdlatCodec(model="0" * 64, cells=(8, 8, 8))
    >>> IdlatCodec.from_dict(codec.to_dict()) == codec
    True
    """

    name: ClassVar[str] = "idlat"
    needs: ClassVar[tuple[str, ...]] = ("model", "cells")
    model: str
    cells: tuple[int, int, int]
    coding: str | None

    def __init__(self, *, model: str, cells: Sequence[int], coding: Any = None) -> None:
        if len(cells) != 3 or not all(isinstance(n, int) and n > 0 for n in cells):
            raise ArchiveError(f"codec idlat: 'cells' should be three numbers of cells, got {cells!r}")
        self._set(model, coding)
        object.__setattr__(self, "cells", tuple(cells))

    def configuration(self) -> dict[str, JSON]:
        """Return cells, model, and what it was fitted to."""
        return {"cells": list(self.cells), **super().configuration()}

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: ChunkGrid) -> None:
        """Check that an array can be coded: (time, channel, Z, Y, X), one group of one step a chunk."""
        chunks = getattr(chunk_grid, "chunk_shape", None)
        wanted = (1, shape[1] if len(shape) == 5 else 0, *self.cells)
        if dtype.to_native_dtype().name not in ("int32", "float32") or chunks != wanted:
            raise ArchiveError(
                f"codec idlat codes int32 or float32 arrays (time, channel, Z, Y, X) in chunks {wanted}, "
                f"got {dtype.to_native_dtype()} {shape} in chunks {chunks}"
            )

    def _encode_batch(self, chunks: Sequence[NDBuffer], spec: ArraySpec) -> list[Buffer]:
        model = self.find_fitted()
        arrays = [_inside(chunk.as_numpy_array()[0]) for chunk in chunks]
        if arrays[0].dtype != model.latent_dtype:
            raise ArchiveError(
                f"codec idlat: the latents of this model are {model.latent_dtype}, got {arrays[0].dtype}"
            )
        streams = model.encode_chunks(arrays)
        return [spec.prototype.buffer.from_bytes(UNBOUND + stream) for stream in streams]

    def _decode_batch(self, streams: Sequence[Buffer], spec: ArraySpec) -> list[NDBuffer]:
        bare = [stream.to_bytes()[TAG_BYTES:] for stream in streams]
        whole = [whole_chunk(chunk, spec.shape[1:]) for chunk in self.find_fitted().decode_chunks(bare)]
        return [spec.prototype.nd_buffer.from_numpy_array(chunk[None]) for chunk in whole]

    def _encode_sync(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        return self._encode_batch([chunk_array], chunk_spec)[0]

    def _decode_sync(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        return self._decode_batch([chunk_bytes], chunk_spec)[0]

    async def encode(
        self, chunks_and_specs: Iterable[tuple[NDBuffer | None, ArraySpec]]
    ) -> list[Buffer | None]:
        """Encode a batch of chunks, those of None left out, in one go and off the event loop."""
        chunks = list(chunks_and_specs)
        present = [(chunk, spec) for chunk, spec in chunks if chunk is not None]
        if not present:
            return [None] * len(chunks)
        coded = await asyncio.to_thread(self._encode_batch, [c for c, _ in present], present[0][1])
        rest = iter(coded)
        return [None if chunk is None else next(rest) for chunk, _ in chunks]

    async def decode(
        self, chunks_and_specs: Iterable[tuple[Buffer | None, ArraySpec]]
    ) -> list[NDBuffer | None]:
        """Decode a batch of streams, those of None left out, in one go and off the event loop."""
        chunks = list(chunks_and_specs)
        present = [(chunk, spec) for chunk, spec in chunks if chunk is not None]
        if not present:
            return [None] * len(chunks)
        decoded = await asyncio.to_thread(self._decode_batch, [c for c, _ in present], present[0][1])
        rest = iter(decoded)
        return [None if chunk is None else next(rest) for chunk, _ in chunks]


register_codec("idlat", IdlatCodec)


def latent_fill(dtype: np.dtype[Any]) -> int | float:
    """Return the fill value of latents, which marks an absent object: NaN for floats."""
    return math.nan if dtype.kind == "f" else LATENT_FILL


def encode_chunk(model: LatentModel, latents: Latents, shape: Triple) -> bytes:
    """Return the stored object, unbound, of a chunk (C, z, y, x) of `shape` voxels."""
    return seal_object(model.encode_chunks([latents], [shape])[0])


def encode_chunk_of(model: LatentModel, analysis: TileAnalysis, shape: Triple) -> bytes:
    """Return the stored object, unbound, of a tile of `shape` voxels that is one chunk."""
    if analysis.coded is None:
        return encode_chunk(model, analysis.latents, shape)
    return seal_object(analysis.coded()[0])


def decode_objects(
    model: LatentModel,
    objects: Sequence[bytes],
    shape: tuple[int, ...],
    tags: Iterable[bytes] | None = None,
    before: Callable[[int], Latents] | None = None,
) -> list[Latents]:
    """Return the chunks of stored objects.

    Parameters
    ----------
    model
        The model that wrote them.
    objects
        Tags, streams and checksums.
    shape
        ``(C, z, y, x)`` of a whole chunk; cells beyond the field are zero.
    tags
        Those that they should have; None does not ask.
    before
        Gives the n-th chunk of the time step before; asked where one was coded under it.

    Raises
    ------
    CorruptStreamError
        A checksum or a tag is wrong, or a stream is none of this model's.
    """
    expected = [None] * len(objects) if tags is None else tags
    streams = [open_object(stored, tag) for stored, tag in zip(objects, expected, strict=True)]
    earlier = None
    if before is not None:
        earlier = [before(n) if model.needs_before(stream) else None for n, stream in enumerate(streams)]
    return [whole_chunk(decoded, shape) for decoded in model.decode_chunks(streams, earlier)]


def _inside(chunk: Latents) -> Latents:
    """Cut away the fill values beyond the field's edge from a padded chunk (C, z, y, x)."""
    cells = ~_filled(chunk[0])
    extent = [int(cells.any(axis=other).sum()) for other in ((1, 2), (0, 2), (0, 1))]
    inside = np.ascontiguousarray(chunk[:, : extent[0], : extent[1], : extent[2]])
    if 0 in extent or _filled(inside).any():
        fill = latent_fill(chunk.dtype)
        raise ArchiveError(f"codec idlat: {fill} is the fill value and no latent; write whole chunks")
    return inside


def _filled(latents: Latents) -> NDArray[np.bool_]:
    """Where an array has its fill value."""
    return np.isnan(latents) if latents.dtype.kind == "f" else np.asarray(latents == LATENT_FILL)
