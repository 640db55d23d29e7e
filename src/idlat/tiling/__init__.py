"""Blocks that tile a field exactly: cells, chunks, and tiles with a halo of real data.

A *cell* is a latent position (8³ voxels), a *chunk* the unit of storage (8³ cells), a *tile* what a network
sees at once: a *core* of its own cells and a *halo* around it. At the edge of a field the halo is clipped;
along a periodic axis it wraps. Any size from 1 voxel an axis works: fields are padded by replication::

    field (Z, Y, X) voxels ── Grid ──▶ cells (⌈Z/8⌉, ⌈Y/8⌉, ⌈X/8⌉)
      gather_voxels(field, tile.window)   ──▶ window, 8·cells, real data and replicated edge
      gather_cells(latents, tile.window)  ──▶ window, cells
      result[tile.crop_cells | tile.crop_voxels(8)]  ──▶ the core alone
      scatter_voxels(target, tile, result) ──▶ the core in its place in the whole

Sources need only slices on their last three axes (NumPy, memory map, Zarr, Dask, xarray); leading axes stay.
These and other terms: ``docs/glossary.md``.
"""

from __future__ import annotations

from idlat.tiling.boxes import (
    CELL,
    CHUNK_CELLS,
    Box,
    Span,
    Tile,
    Triple,
    block_reduce,
    box_shape,
    box_slices,
    crop,
    grow,
    intersect,
    scale_box,
    within,
)
from idlat.tiling.grid import Grid
from idlat.tiling.padded_reads import pad_edge
from idlat.tiling.tile_shape import tile_core

__all__ = [
    "CELL",
    "CHUNK_CELLS",
    "Box",
    "Grid",
    "Span",
    "Tile",
    "Triple",
    "block_reduce",
    "box_shape",
    "box_slices",
    "crop",
    "grow",
    "intersect",
    "pad_edge",
    "scale_box",
    "tile_core",
    "within",
]
