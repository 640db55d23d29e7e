"""Reading the second transform of one variable: low subbands of any window of cells, tile by tile."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import product

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.second_codec import SECOND_TILE, decode_second, tile_sides
from idlat.archive.format.integrity import Binding
from idlat.archive.format.stored_chunk import opened_chunk
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key
from idlat.errors import CorruptStreamError
from idlat.model.latent_model import LatentModel
from idlat.shared_cache import Cache
from idlat.tiling import Box, Grid, Triple, box_shape

__all__ = ["SecondReader", "second_key", "second_tiles"]

_KEEP_BYTES = 64 * 2**20

Key = tuple[int, ...]
Bands = dict[Key, NDArray[np.float64]]


def second_key(variable: VariableRecord, frame: int, position: Sequence[int]) -> str:
    """Return the key of the object that holds a tile of the second transform."""
    return chunk_key(f"{variable.path}/second", (frame, *position, 0))


def second_tiles(grid: Grid) -> list[tuple[Triple, Box]]:
    """List the tiles of the second transform: position and cells of each."""
    positions = product(*map(range, tile_sides(grid.cells)))
    return [((z, y, x), _tile_box(grid, (z, y, x))) for z, y, x in positions]


def _tile_box(grid: Grid, position: Triple) -> Box:
    """The cells of a tile."""
    z, y, x = (
        (i * SECOND_TILE, min((i + 1) * SECOND_TILE, n)) for i, n in zip(position, grid.cells, strict=True)
    )
    return z, y, x


class SecondReader:
    """The low subbands of one variable, safe to read from several threads; some tiles are kept.

    Parameters
    ----------
    store, variable, grid
        The archive's store, the variable's record and its cells.
    model
        What decodes, fitted to the variable.
    binding
        What the objects are bound to.
    lost
        Tiles that the archive has lost, by frame and position: :meth:`window` gives zeros for them.
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
        self._cache = Cache(_KEEP_BYTES)

    def indices(self) -> list[tuple[int, Triple]]:
        """List every tile: frame and position."""
        tiles = second_tiles(self.grid)
        return [(frame, position) for frame in range(self.variable.frames) for position, _ in tiles]

    def tile(self, frame: int, position: Triple) -> Bands:
        """Return the low subbands of a tile.

        Raises
        ------
        ArchiveError
            It is missing or damaged; the message names it.
        """
        return self._cache.get(
            (frame, position),
            lambda: self._read(frame, position),
            size=lambda bands: 1 + sum(band.nbytes for band in bands.values()),
        )

    def integers(self, frame: int, position: Triple) -> NDArray[np.int32]:
        """Return the integers of a tile, subband by subband, flat; errors are those of :meth:`tile`."""
        return self._cache.get(
            ("integers", frame, position),
            lambda: self._integers(frame, position),
            size=lambda integers: 1 + integers.nbytes,
        )

    def _integers(self, frame: int, position: Triple) -> NDArray[np.int32]:
        with self._opened(frame, position) as (model, stream, shape):
            return model.low_integers(stream, shape, self._before(stream, frame, position))

    def _read(self, frame: int, position: Triple) -> Bands:
        with self._opened(frame, position) as (model, stream, shape):
            return model.decode_low(stream, shape, self._before(stream, frame, position))

    def _before(self, stream: bytes, frame: int, position: Triple) -> NDArray[np.int32] | None:
        """The integers of the same tile in the time step before; None where it was not coded under them."""
        if not self.model.low_needs_before(stream):
            return None
        earlier = self.variable.frame_before(frame, self.model.key_every)
        if earlier is None:
            raise CorruptStreamError("it asks for a time step before, and there is none")
        if (earlier, *position) in self.lost:
            raise CorruptStreamError("the time step before, which it needs, is lost")
        return self.integers(earlier, position)

    @contextmanager
    def _opened(self, frame: int, position: Triple) -> Iterator[tuple[LatentModel, bytes, Triple]]:
        """Give what decodes a tile, its stream and its voxels to the ``with`` block that does so."""
        cells = _tile_box(self.grid, position)
        expected = box_shape(self.grid.voxels_of(cells))
        name, tag = second_key(self.variable, frame, position), self.binding.tag("second", (frame, *position))
        with opened_chunk(self.store, name, tag) as payload:
            tile = decode_second(payload, self.model.coding_json or {})
            if tile.shape != expected:
                raise CorruptStreamError(f"it is a tile of {tile.shape} voxels, expected {expected}")
            if tile.position not in ((0, 0, 0), position):
                raise CorruptStreamError(f"it is the tile {tile.position}, expected {position}")
            yield self.model.placed(self.grid.first_voxel(cells)), tile.stream, expected

    def window(self, frame: int, window: Box) -> Bands:
        """Return the low subbands of a window of cells, wrapped where the grid is; not all may be lost."""
        shape = [b - a for a, b in window]
        found: Bands = {}
        for to, position, at in self._pieces(window):
            if (frame, *position) in self.lost:
                continue
            cells = box_shape(_tile_box(self.grid, position))
            for key, band in self.tile(frame, position).items():
                per = [n // have for n, have in zip(band.shape, cells, strict=True)]
                if key not in found:
                    found[key] = np.zeros([n * m for n, m in zip(shape, per, strict=True)])
                target = tuple(slice(a * m, b * m) for (a, b), m in zip(to, per, strict=True))
                source = tuple(slice(a * m, b * m) for (a, b), m in zip(at, per, strict=True))
                found[key][target] = band[source]
        return found

    def _pieces(self, window: Box) -> Iterator[tuple[Box, Triple, Box]]:
        """Yield where in a window each piece of a tile goes, the tile, and the piece in it."""
        axes = []
        for (begin, end), n in zip(window, self.grid.cells, strict=True):
            pieces, at = [], begin
            while at < end:
                wrapped = at % n
                tile = wrapped // SECOND_TILE
                stop = min(end - at, min((tile + 1) * SECOND_TILE, n) - wrapped)
                inside = wrapped - tile * SECOND_TILE
                pieces.append(((at - begin, at - begin + stop), tile, (inside, inside + stop)))
                at += stop
            axes.append(pieces)
        for z, y, x in product(*axes):
            yield (z[0], y[0], x[0]), (z[1], y[1], x[1]), (z[2], y[2], x[2])
