"""Isosurface similarity by latents (paper, Sect. 6.4.2).

The latents of a field under the map "1 within a width of the isovalue, 0 elsewhere", in the cells that the
isosurface touches, stand for it; similarity is the cosine::

    field ─ normalise ─ tiles ─ latents of each isosurface in the tile ─ scalar products, added up over tiles
      ─ cosines ─▶ similarity (n, n)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.similarity import SimilarityMap, check_isovalues, cosines
from idlat.analysis.surfaces import Bands, Encoder, SurfaceLatents, refined, transformed
from idlat.errors import IdlatError
from idlat.progress import Progress, counted
from idlat.tiling import Grid, Tile

__all__ = ["Encoder", "LatentOptions", "latent_map"]

Float = NDArray[np.float64]
Mapping = Callable[[Callable[[Tile], SurfaceLatents], Iterable[Tile]], Iterable[SurfaceLatents]]


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
    refine : bool
        Whether the analysis network refines the coefficients of the transform under each map, as it does when
        a field is compressed. It takes some thirty times as long and gives much the same similarities.
    tile : int
        Voxels of a tile's core, a multiple of the cell. It sees the cells around it, which is all that the
        transform needs: only to the network does the size matter. 8 are the paper's blocks.
    """

    gain: float = 0.0
    width: float | None = None
    refine: bool = False
    tile: int = 64


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
        Gain, width, tiling, and whether the network refines what the transform gives.
    progress
        Called as ``progress("represent", done, total)`` after each tile.
    mapping
        Applies a function to each of some tiles and gives the results in order, as ``map`` does; one that
        uses several threads makes this quicker.

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
    start = perf_counter()
    z, y, x = field.shape
    grid = Grid((z, y, x), (False,) * 3, model.cell)
    tiles = grid.tiles((options.tile // model.cell,) * 3, -(-model.analysis_halo // model.cell))
    represent = partial(_latents, field, grid, _normalisation(field), Bands(isovalues, width), model, options)
    product, comparing = np.zeros((len(isovalues),) * 2), 0.0
    for latents in counted(mapping(represent, tiles), "represent", len(tiles), progress):
        began = perf_counter()
        product += latents.product()
        comparing += perf_counter() - began
    began = perf_counter()
    similarity = cosines(product)
    comparing += perf_counter() - began
    return SimilarityMap(isovalues, similarity, "latent", perf_counter() - start - comparing, comparing)


def _latents(
    field: NDArray[Any],
    grid: Grid,
    normalisation: tuple[float, float],
    bands: Bands,
    model: Encoder,
    options: LatentOptions,
    tile: Tile,
) -> SurfaceLatents:
    """Return the latents of all isosurfaces in a tile."""
    raw = np.asarray(grid.gather_voxels(field, tile.window), np.float32)
    offset, scale = map(np.float32, normalisation)
    x = np.where(np.isfinite(raw), (raw - offset) / scale, np.float32(0))
    method = refined if options.refine else transformed
    return method(raw, x, tile.crop_cells, bands, model, options.gain)


def _normalisation(field: NDArray[Any]) -> tuple[float, float]:
    """Return mean and standard deviation of the valid values; 0 and 1 where that makes no sense."""
    values = np.asarray(field, np.float64)
    valid = values[np.isfinite(values)]
    if not valid.size:
        return 0.0, 1.0
    return float(valid.mean()), float(valid.std()) or 1.0
