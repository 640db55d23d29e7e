"""Which tiles to decode in: large ones, for the halo costs work, but not so large that memory runs out."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

from idlat.tiling import CELL, Triple

__all__ = ["decoding_core"]

_MOST_VOXELS = 11_000 * 8**3  # of a window, 5.6 million: larger ones are slower a voxel, and take over 300 MB
_LENGTHS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)


@lru_cache(maxsize=256)
def decoding_core(
    cells: Triple, halo: int | Triple, tasks: int = 1, threads: int = 1, cell: int = CELL
) -> Triple:
    """Choose the core of the tiles that decode a box of cells soonest.

    Parameters
    ----------
    cells
        Of the box, along z, y and x.
    halo
        Cells around a core, along each axis or all the same, clipped at the box's edge.
    tasks
        How often the box is decoded, such as once a time step.
    threads
        How many tiles are decoded at once.
    cell
        Voxels of a cell along an axis.

    Returns
    -------
    (int, int, int)
        Cells of a core, as :meth:`idlat.tiling.Grid.tiles` takes it.

    Examples
    --------
    >>> box = (16, 16, 16)
    >>> decoding_core(box, halo=3, threads=2), decoding_core(box, halo=3, tasks=30, threads=2)
    ((8, 16, 16), (16, 16, 16))
    """
    halos = (halo, halo, halo) if isinstance(halo, int) else halo

    def window_of(core: Triple) -> int:
        return math.prod(min(n, c + 2 * h) for n, c, h in zip(cells, core, halos, strict=True))

    def cost(core: Triple) -> tuple[int, int]:
        tiles = tasks * math.prod(-(-n // c) for n, c in zip(cells, core, strict=True))
        return -(-tiles // threads) * window_of(core), tiles

    def fits(core: Triple) -> bool:
        return window_of(core) * cell**3 <= _MOST_VOXELS

    axes = [sorted({min(n, length) for length in (*_LENGTHS, -(-n // 2), n)}) for n in cells]
    candidates: list[Triple] = [(z, y, x) for z, y, x in itertools.product(*axes)]
    return min((c for c in candidates if fits(c) or max(c) == 1), key=cost)
