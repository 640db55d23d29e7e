"""The shape of the tiles in which a field is read, encoded, and its masks are stored."""

from __future__ import annotations

import math

from idlat.tiling.boxes import Triple
from idlat.tiling.grid import Grid

__all__ = ["tile_core"]

_TILE = (64, 128, 128)  # voxels

_THIN = 16  # a tile that holds a smaller part of its cells is of a thin field


def tile_core(grid: Grid) -> Triple:
    """Cells (z, y, x) of a tile's core: 64×128×128 voxels, one chunk by two by two.

    Of a field so thin that this would hold little, the core is longer along the field's longest axis.

    >>> tile_core(Grid((128, 128, 128))), tile_core(Grid((2, 3, 100_000)))
    ((8, 16, 16), (8, 16, 2048))
    """
    core = [n // grid.cell for n in _TILE]
    held = math.prod(min(n, c) for n, c in zip(grid.cells, core, strict=True))
    if held <= math.prod(core) // _THIN:
        longest = max(range(3), key=lambda axis: grid.cells[axis])
        core[longest] *= math.prod(core) // max(held, 1)
    z, y, x = core
    return z, y, x
