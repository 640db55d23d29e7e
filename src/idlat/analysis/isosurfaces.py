"""Isosurface similarity by latents (paper, Sect. 6.4.2).

The latents of a field under the map "1 within half a width of the isovalue, 0 elsewhere" stand for the
isosurface: what is far from it costs nothing and is zero. Only blocks that the isosurface touches are
encoded::

    field ─ normalise ─ tiles ─ box that an isovalue touches ─ model.represent, map |F − iso| < w ─▶ latents
      of touched cells, zero elsewhere ─▶ one row an isovalue ─ cosines ─▶ similarity (n, n)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.similarity import SimilarityMap, check_isovalues, cosines
from idlat.errors import IdlatError
from idlat.tiling import Grid, Tile

__all__ = ["Encoder", "LatentOptions", "latent_map"]

Float = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
Encoded = tuple[NDArray[np.intp], NDArray[np.float32]]
Mapping = Callable[[Callable[[Float], list[Encoded]], Iterable[Float]], Iterable[list[Encoded]]]

_EVERY, _MANY_TILES = 8, 64
_BATCH_VOXELS = 1 << 19  # encoded at once, unless a tile has more
_SPREAD = (1, 3, 5)  # with every eighth: no two chosen tiles touch by a face


class Encoder(Protocol):
    """What this asks of a model; :class:`idlat.model.Model` is one."""

    @property
    def cell(self) -> int:
        """Voxels an axis of a latent cell."""

    @property
    def analysis_halo(self) -> int:
        """Voxels of real data that the analysis wants around a tile."""

    def represent(
        self, x: NDArray[np.float32], importance: NDArray[np.float32], gain: float
    ) -> NDArray[np.int32]:
        """Return latents (B, C, Z/8, Y/8, X/8) of a tile (Z, Y, X) under maps (B, Z, Y, X)."""


@dataclass(frozen=True)
class LatentOptions:
    """How isosurfaces become latents.

    Attributes
    ----------
    gain : float
        g of w = e^{aI+g}: how finely the latents tell fields apart.
    width : float or None
        Of the band of values that counts, each side of the isovalue, in the field's unit; None takes the
        distance to the next isovalue, as the paper does.
    tile : int
        Voxels of a tile's core, a multiple of the cell: the unit in which what no isovalue touches is left
        out. 8 is the paper's blocks; large tiles are quicker a voxel.
    halo : bool
        Whether each tile sees the voxels around it; without, its edge is coded as a field's edge is, for
        every isovalue alike.
    every : int or None
        Encode every so many tiles, evenly spread: similarity adds up over tiles, so that a sample of them
        tells it well. None takes every eighth of a field that has 64 tiles or more, and all of a smaller one.
    """

    gain: float = 0.0
    width: float | None = None
    tile: int = 32
    halo: bool = False
    every: int | None = None


def latent_map(
    field: NDArray[Any],
    isovalues: Float,
    model: Encoder,
    options: LatentOptions | None = None,
    progress: Progress | None = None,
    mapping: Mapping = map,
) -> SimilarityMap:
    """Compute the similarity map of isosurfaces from latents.

    Parameters
    ----------
    field : array (Z, Y, X)
        Missing values (NaN, infinite) count as far from every isosurface.
    isovalues : float array (n,)
        Ascending.
    model : Encoder
        Such as :func:`idlat.load_model` returns.
    options : LatentOptions, optional
        Gain, width, tiling.
    progress
        Called as ``progress("represent", done, total)``.
    mapping
        Applies a function to each of some groups of isovalues and gives the results in order, as ``map``
        does; one that uses several threads makes this quicker.

    Raises
    ------
    IdlatError
        The field or the isovalues are malformed, or the options out of range.
    """
    isovalues = check_isovalues(field, isovalues)
    options = options or LatentOptions()
    if options.tile < model.cell or options.tile % model.cell:
        raise IdlatError(f"tile must be a multiple of {model.cell} voxels, got {options.tile}")
    width = float(np.diff(isovalues).min()) if options.width is None else options.width
    if not width > 0:
        raise IdlatError(f"width must be above 0, got {width}")
    if options.every is not None and options.every < 1:
        raise IdlatError(f"every must be 1 or more, got {options.every}")
    start = perf_counter()
    product, comparing = np.zeros((len(isovalues),) * 2), 0.0
    work = _Representation(field, isovalues, model, options, width)
    for rows in work.tiles(mapping, progress):
        began = perf_counter()
        product += rows @ rows.T
        comparing += perf_counter() - began
    began = perf_counter()
    similarity = cosines(product)
    comparing += perf_counter() - began
    return SimilarityMap(isovalues, similarity, "latent", perf_counter() - start - comparing, comparing)


def _chosen(tiles: list[Tile], every: int | None) -> list[Tile]:
    """Return every so many tiles, spread over all three axes."""
    if every is None:
        every = _EVERY if len(tiles) >= _MANY_TILES else 1
    chosen = [tile for tile in tiles if np.dot(tile.index, _SPREAD) % every == 0]
    return chosen or tiles


@dataclass(frozen=True)
class _Representation:
    """The work of one map."""

    field: NDArray[Any]
    isovalues: Float
    model: Encoder
    options: LatentOptions
    width: float

    @property
    def _halo(self) -> int:
        """Cells around a tile."""
        return -(-self.model.analysis_halo // self.model.cell) if self.options.halo else 0

    def tiles(self, mapping: Mapping, progress: Progress | None) -> Iterator[NDArray[np.float32]]:
        """Yield each tile's latents (isovalues, what is not zero for any of them), to be added up."""
        z, y, x = self.field.shape
        grid = Grid((z, y, x), (False,) * 3, self.model.cell)
        side = self.options.tile // self.model.cell
        tiles = _chosen(grid.tiles((side,) * 3, self._halo), self.options.every)
        offset, scale = _normalisation(self.field)
        for done, tile in enumerate(tiles):
            raw = np.asarray(grid.gather_voxels(self.field, tile.window), np.float32)
            x_tile = np.where(np.isfinite(raw), (raw - np.float32(offset)) / np.float32(scale), np.float32(0))
            encoded: list[Encoded] = []
            for found in mapping(partial(self._encode, raw, x_tile, tile), self._groups(tile)):
                encoded += found
                if progress is not None:
                    finished = done * len(self.isovalues) + len(encoded)
                    progress("represent", finished, len(tiles) * len(self.isovalues))
            yield _stacked(encoded)

    def _groups(self, tile: Tile) -> list[Float]:
        """Cut the isovalues into groups that are encoded at once."""
        voxels = int(np.prod([b - a for a, b in tile.window])) * self.model.cell**3
        size = max(_BATCH_VOXELS // voxels, 1)
        return [self.isovalues[start : start + size] for start in range(0, len(self.isovalues), size)]

    def _encode(
        self, raw: NDArray[np.float32], x: NDArray[np.float32], tile: Tile, isovalues: Float
    ) -> list[Encoded]:
        """Encode the box of a tile's core that isovalues touch; return where latents are not 0, and them.

        Latents count only in cells that have a voxel near the isovalue.
        """
        cell = self.model.cell
        levels = isovalues.astype(np.float32)[:, None, None, None]
        near = np.abs(raw - levels) < np.float32(self.width)  # false where NaN
        count, *shape = near.shape
        z, y, x_ = (n // cell for n in shape)
        touched = near.reshape(count, z, cell, y, cell, x_, cell).any(axis=(2, 4, 6))
        core = np.zeros(touched.shape[1:], bool)
        core[tile.crop_cells] = True
        touched &= core
        some = touched.any(axis=(1, 2, 3))
        result = [(np.empty(0, np.intp), np.empty(0, np.float32))] * count
        if not some.any():
            return result
        cells = _box_around(touched.any(axis=0), self._halo)
        box = tuple(slice(part.start * cell, part.stop * cell) for part in cells)
        maps = near[(some, *box)].astype(np.float32)
        latents = self.model.represent(np.ascontiguousarray(x[box]), maps, self.options.gain)
        for index, own in zip(np.flatnonzero(some).tolist(), latents, strict=True):
            result[index] = _not_zero(own * touched[(index, *cells)], cells, touched.shape[1:])
        return result


def _not_zero(latents: NDArray[np.int32], cells: tuple[slice, ...], shape: tuple[int, ...]) -> Encoded:
    """Return where latents (C, z, y, x) of a box of cells are not 0, counted in the whole tile, and them."""
    channel, *place = np.nonzero(latents)
    at = np.ravel_multi_index([i + part.start for i, part in zip(place, cells, strict=True)], shape)
    return at * latents.shape[0] + channel, latents[(channel, *place)].astype(np.float32)


def _box_around(touched: NDArray[np.bool_], halo: int) -> tuple[slice, ...]:
    """Return the smallest box of cells that holds what is touched, and a halo inside the array."""
    spans = []
    for axis, length in enumerate(touched.shape):
        found = np.flatnonzero(touched.any(axis=tuple(a for a in range(3) if a != axis)))
        spans.append(slice(max(int(found[0]) - halo, 0), min(int(found[-1]) + 1 + halo, length)))
    return tuple(spans)


def _stacked(encoded: list[Encoded]) -> NDArray[np.float32]:
    """Return rows of (columns, values) as an array without the columns that are zero everywhere."""
    used = np.zeros(max((int(at.max(initial=-1)) for at, _ in encoded), default=-1) + 1, bool)
    for at, _ in encoded:
        used[at] = True
    place = np.cumsum(used) - 1
    rows = np.zeros((len(encoded), int(used.sum())), np.float32)
    for row, (at, values) in zip(rows, encoded, strict=True):
        row[place[at]] = values
    return rows


def _normalisation(field: NDArray[Any]) -> tuple[float, float]:
    """Return mean and standard deviation of the valid values; 0 and 1 where that makes no sense."""
    values = np.asarray(field, np.float64)
    valid = values[np.isfinite(values)]
    if not valid.size:
        return 0.0, 1.0
    return float(valid.mean()), float(valid.std()) or 1.0
