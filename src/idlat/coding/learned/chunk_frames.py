"""How much of a chunk has to be computed: its cells in use and one beyond, not all 8³.

Thin fields fill a small part of their chunks. Beyond the cells in use every latent is 0, so all that the
networks say of these cells follows from them and their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idlat.coding.interpolation import SIDE

__all__ = ["Extent", "corner", "frame_of", "hyper_frame"]

Extent = tuple[int, int, int]


def frame_of(extents: Iterable[Sequence[int]]) -> Extent:
    """Return the box of cells to compute for chunks that fill boxes of cells (z, y, x).

    Examples
    --------
    >>> frame_of([(1, 1, 8), (1, 2, 8)]), frame_of([(8, 7, 8)])
    ((2, 3, 8), (8, 8, 8))
    """
    z, y, x = (min(max(sizes) + 1, SIDE) for sizes in zip(*extents, strict=True))
    return z, y, x


def hyper_frame(frame: Sequence[int]) -> Extent:
    """Return the box of hyper-cells that the cells of a frame depend on.

    The features of a cell reach a cell further, which is made of a hyper-cell and its neighbours.

    Examples
    --------
    >>> hyper_frame((2, 3, 8))
    (3, 3, 4)
    """
    z, y, x = (min((n + 2) // 2 + 1, SIDE // 2) for n in frame)
    return z, y, x


def corner(frame: Sequence[int]) -> tuple[slice, slice, slice]:
    """Return slices of the first cells along z, y and x."""
    z, y, x = (slice(n) for n in frame)
    return z, y, x
