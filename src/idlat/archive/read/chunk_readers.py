"""Reading the chunks of one variable's latents, decoded once for all tiles that share them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from idlat.archive.codecs.latent_codec import decode_objects
from idlat.archive.format.integrity import Binding
from idlat.archive.format.stored_chunk import chunk_object, damaged_chunk
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key
from idlat.errors import CorruptStreamError
from idlat.model.latent_model import LatentModel, Latents
from idlat.tiling import Grid, Triple

__all__ = ["LatentReader", "latent_key"]

_KEEP_BYTES = 128 * 2**20
_BATCH = 4  # whole chunks decoded in one go; more where a thin field has little of each
_MOST_BATCH = 64

ChunkIndex = tuple[int, int, int, int]
"""Frame and position (z, y, x) of a chunk."""

Chunk = Latents


def latent_key(variable: VariableRecord, frame: int, position: Sequence[int]) -> str:
    """Return the key of the object that holds a chunk of latents."""
    return chunk_key(f"{variable.path}/latents", (frame, 0, *position))


class LatentReader:
    """The latents of one variable, safe to read from several threads.

    A chunk is read and decoded by the first thread that needs it; the others wait. Some 128 MiB of chunks are
    kept; not by :class:`~idlat.shared_cache.Cache`, which makes one value a call: chunks are decoded in
    batches.

    Parameters
    ----------
    store
        The archive's.
    variable
        Which variable.
    grid
        Its cells.
    model
        What decodes.
    binding
        What the objects are bound to.
    lost
        Chunks that the archive has lost: :meth:`chunks` gives zeros for them.
    """

    def __init__(
        self,
        store: ArchiveStore,
        variable: VariableRecord,
        grid: Grid,
        model: LatentModel,
        binding: Binding,
        lost: Collection[tuple[int, ...]] = (),
    ) -> None:
        self.store, self.variable, self.grid, self.model = store, variable, grid, model
        self.binding, self.lost = binding, lost
        n = model.chunk_cells
        self._chunk_shape = (model.channels, n, n, n)
        z, y, x = (min(n, cells) for cells in grid.cells)
        self._inside = (slice(None), slice(z), slice(y), slice(x))  # what a field that is thin has of a chunk
        self._batch = min(_BATCH * n**3 // (z * y * x), _MOST_BATCH)
        self._capacity = max(8, _KEEP_BYTES // (4 * model.channels * z * y * x))
        self._kept: OrderedDict[ChunkIndex, Future[Chunk]] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process without the chunks that are kept."""
        return LatentReader, (self.store, self.variable, self.grid, self.model, self.binding, self.lost)

    def indices(self) -> list[ChunkIndex]:
        """List every chunk, frame by frame."""
        positions = [tile.index for tile in self.grid.chunks(self.model.chunk_cells)]
        return [(frame, *position) for frame in range(self.variable.frames) for position in positions]

    def frame(self, frame: int) -> _FrameLatents:
        """Return one frame's latents; slicing reads."""
        return _FrameLatents(self, frame)

    def chunks(self, indices: Sequence[ChunkIndex]) -> list[Chunk]:
        """Return chunks (C, z, y, x), zero beyond the field; along an axis of fewer cells, of its length.

        Raises
        ------
        ArchiveError
            A chunk's object is missing or damaged; the message names it.
        """
        futures: dict[ChunkIndex, Future[Chunk]] = {}
        present = [index for index in indices if index not in self.lost]
        while own := self._claim(present, futures):
            self._fill(own)
        return [futures[i].result() if i in futures else self._blank() for i in indices]

    def _blank(self) -> Chunk:
        """What is given for a chunk that is lost."""
        return np.zeros(self._chunk_shape, self.model.latent_dtype)[self._inside]

    def _claim(
        self, indices: Sequence[ChunkIndex], futures: dict[ChunkIndex, Future[Chunk]]
    ) -> dict[ChunkIndex, Future[Chunk]]:
        """Claim a few chunks that no thread decodes yet, for this thread; others claim the rest."""
        with self._lock:
            for index in indices:
                if index in self._kept:
                    futures[index] = self._kept[index]
                    self._kept.move_to_end(index)
            free = list(dict.fromkeys(index for index in indices if index not in futures))[: self._batch]
            free = [index for index in free if index[0] == free[0][0]]  # one may be coded under another's
            own: dict[ChunkIndex, Future[Chunk]] = {index: Future() for index in free}
            self._kept.update(own)
            futures.update(own)
        return own

    def _fill(self, own: dict[ChunkIndex, Future[Chunk]]) -> None:
        try:
            whole = [chunk[self._inside] for chunk in self.decode(list(own))]
            decoded = [np.ascontiguousarray(chunk) for chunk in whole]
        except BaseException as error:
            with self._lock:
                for index in own:
                    self._kept.pop(index, None)
            for future in own.values():
                future.set_exception(error)
            raise
        for future, chunk in zip(own.values(), decoded, strict=True):
            future.set_result(chunk)
        with self._lock:
            for index in [i for i, future in self._kept.items() if future.done()]:
                if len(self._kept) <= self._capacity:
                    break
                del self._kept[index]

    def decode(self, indices: Sequence[ChunkIndex]) -> list[Chunk]:
        """Read and decode chunks, past what is kept."""
        objects = [chunk_object(self.store, self._key(index)) for index in indices]
        tags = [self.binding.tag("latents", index) for index in indices]
        try:
            return decode_objects(
                self.model, objects, self._chunk_shape, tags, lambda n: self._before(indices[n])
            )
        except CorruptStreamError as error:
            if len(indices) == 1:
                raise damaged_chunk(self.store, self._key(indices[0]), error) from None
        return [self.decode([index])[0] for index in indices]  # one by one, to name the damaged one

    def _before(self, index: ChunkIndex) -> Chunk:
        """The same chunk of the time step before, under which a chunk was coded."""
        frame = self.variable.frame_before(index[0], self.model.key_every)
        if frame is None:
            raise CorruptStreamError("it asks for a time step before, and there is none")
        if (frame, *index[1:]) in self.lost:
            raise CorruptStreamError("the time step before, which it needs, is lost")
        return self.chunks([(frame, *index[1:])])[0]

    def _key(self, index: ChunkIndex) -> str:
        return latent_key(self.variable, index[0], index[1:])


@dataclass(frozen=True)
class _FrameLatents:
    """Latents (C, Z, Y, X) of one frame; slices of the last three axes read."""

    reader: LatentReader
    frame: int

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.reader.model.latent_dtype

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (self.reader.model.channels, *self.reader.grid.cells)

    def __getitem__(self, key: Any) -> Chunk:
        spans = [(part.start, part.stop) for part in key[-3:]]
        n = self.reader.model.chunk_cells
        positions = _touched(spans, n)
        chunks = self.reader.chunks([(self.frame, *position) for position in positions])
        out = np.empty((self.shape[0], *(b - a for a, b in spans)), self.dtype)
        for position, chunk in zip(positions, chunks, strict=True):
            to, at = _overlap(position, spans, n)
            out[(slice(None), *to)] = chunk[(slice(None), *at)]
        return out


def _touched(spans: Sequence[tuple[int, int]], n: int) -> list[Triple]:
    """List the positions of the blocks of n that a box touches."""
    z, y, x = (range(a // n, -(-b // n)) for a, b in spans)
    return [(k, j, i) for k in z for j in y for i in x]


def _overlap(position: Triple, spans: Sequence[tuple[int, int]], n: int) -> tuple[list[slice], list[slice]]:
    """Where a block of n lies in a box, and what of the block lies in it."""
    to, at = [], []
    for index, (a, b) in zip(position, spans, strict=True):
        start, stop = max(a, index * n), min(b, (index + 1) * n)
        to.append(slice(start - a, stop - a))
        at.append(slice(start - index * n, stop - index * n))
    return to, at
