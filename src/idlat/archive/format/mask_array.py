"""The masks of an archive: one array for all variables and time steps on a grid, each different mask once.

::

    mask     uint8 (mask, z, y, x) of categories; codecs idlat_mask, crc32c

A frame's record says which mask it has. An object holds what one task encodes of one mask, bound to the
archive, its place and the hash of the mask that the record names; the gain does not matter to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec

from idlat.archive.codecs.mask_codec import MASK_FILL, MaskCodec
from idlat.archive.codecs.sealed_objects import seal_object
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.array_paths import MASK
from idlat.archive.format.integrity import Binding
from idlat.archive.format.mask_places import mask_arrays
from idlat.archive.format.stored_chunk import is_stored, opened_chunk
from idlat.archive.format.zarr_documents import array_document, opened_array, read_document, write_document
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key
from idlat.coding.mask_stream import decode_mask, encode_mask
from idlat.errors import ArchiveError, CorruptStreamError
from idlat.tiling import Grid, Triple, tile_core

__all__ = ["MaskObjects", "mask_chunk", "mask_hash", "resize_masks", "set_masks"]


def mask_hash(categories: bytes, apart: Sequence[object] = ()) -> str:
    """Return what tells a mask from others, 32 hexadecimal digits.

    Parameters
    ----------
    categories
        A hash of the categories, and of the values of outliers.
    apart
        What the categories of outliers depend on, and a grid that is not the first variable's; nothing where
        there is neither.
    """
    return hashlib.sha256(categories + repr(tuple(apart)).encode()).hexdigest()[:32]


def mask_chunk(grid: Grid) -> Triple:
    """Return the voxels of a chunk: those of a tile that is encoded at once, as far as the field goes.

    >>> mask_chunk(Grid((20, 180, 360)))
    (20, 128, 128)
    """
    z, y, x = (min(n * grid.cell, size) for n, size in zip(tile_core(grid), grid.shape, strict=True))
    return z, y, x


def set_masks(store: ArchiveStore, record: ArchiveRecord, cell: int) -> None:
    """Make arrays of as many masks as a record has, whatever they were; none take the first grid's away."""
    arrays = mask_arrays(record.variables)
    if MASK not in arrays:
        store.delete_folder(MASK)
    for path, variable in arrays.items():
        if store.exists(f"{path}/zarr.json"):
            resize_masks(store, path, record)
            continue
        grid = record.grid(variable, cell)
        document = array_document(
            shape=(len(record.masks), *grid.shape),
            chunks=(1, *mask_chunk(grid)),
            dtype=np.uint8,
            serializer=MaskCodec(),
            compressors=[Crc32cCodec()],
            fill_value=MASK_FILL,
            dimension_names=["mask", "z", "y", "x"],
        )
        write_document(store, path, document, record.id)


def resize_masks(store: ArchiveStore, path: str, record: ArchiveRecord) -> None:
    """Make an array that is there one of as many masks as a record has."""
    document, count = read_document(store, path, record.id), len(record.masks)
    for index in range(count, document["shape"][0]):
        store.delete_folder(f"{path}/c/{index}")
    if document["shape"][0] != count:  # a full disk takes no copy
        document["shape"][0] = count
        write_document(store, path, document, record.id)


class MaskObjects:
    """The chunks of the masks of one grid.

    Parameters
    ----------
    store
        The archive's.
    binding
        Of any variable on the grid.
    grid
        The variable's.

    Raises
    ------
    ArchiveError
        The array is missing, damaged, or none of these masks.
    """

    def __init__(self, store: ArchiveStore, binding: Binding, grid: Grid) -> None:
        self.store, self.binding, self.grid = store, binding, grid
        self.chunk = mask_chunk(grid)
        self.path = binding.mask_path
        array = opened_array(store, self.path, binding.archive)
        fits = array.shape[0] >= len(binding.masks)  # an append under way has made room
        if not fits or array.shape[1:] != grid.shape or array.chunks != (1, *self.chunk):
            raise ArchiveError(
                f"{store.name}: {self.path}/zarr.json has shape {array.shape} in chunks {array.chunks}, the "
                f"fields {grid.shape}: it is damaged; restore it from a copy"
            )

    @property
    def indices(self) -> list[tuple[int, ...]]:
        """Every chunk: which of the grid's masks, and where in it."""
        sides = [-(-n // side) for n, side in zip(self.grid.shape, self.chunk, strict=True)]
        return [(mask, *at) for mask in self.binding.grid_masks for at in np.ndindex(*sides)]

    def key(self, index: tuple[int, ...]) -> str:
        """Return the key of a chunk."""
        return chunk_key(self.path, index)

    def write_box(self, mask: int, starts: Sequence[int], categories: NDArray[np.uint8]) -> None:
        """Write the chunks of a box (z, y, x) that are not stored; it begins where a chunk does."""
        for cut in np.ndindex(*(-(-n // side) for n, side in zip(categories.shape, self.chunk, strict=True))):
            part = tuple(slice(i * side, (i + 1) * side) for i, side in zip(cut, self.chunk, strict=True))
            index = (mask, *(a // side + i for a, side, i in zip(starts, self.chunk, cut, strict=True)))
            tag, key = self.binding.mask_tag(index), self.key(index)
            if not is_stored(self.store, key, tag):
                self.store.put(key, seal_object(encode_mask(categories[part]), tag))

    def read(self, index: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return the categories (z, y, x) of a chunk, as far as the field goes.

        Raises
        ------
        ArchiveError
            It is missing or damaged; the message names it.
        """
        key = self.key(index)
        z, y, x = (
            min(side, n - i * side) for n, side, i in zip(self.grid.shape, self.chunk, index[1:], strict=True)
        )
        with opened_chunk(self.store, key, self.binding.mask_tag(index)) as payload:
            found = decode_mask(payload, (z, y, x))
            if found.shape != (z, y, x):
                raise CorruptStreamError(f"it is a mask of {found.shape} voxels, expected {(z, y, x)}")
        return found
