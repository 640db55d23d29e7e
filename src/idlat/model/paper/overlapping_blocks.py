"""Cutting a tile into overlapping blocks, and putting their cores together (Sect. 5.5.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.model.paper.block_config import CORE, HALO, SIDE
from idlat.model.tile_analysis import Cells

Floats = NDArray[np.float32]


def cut_blocks(values: Floats, blocks: Cells) -> Floats:
    """Cut blocks of 24³ out of a tile; beyond the tile its faces are repeated.

    Parameters
    ----------
    values : ndarray of float32
        (Z, Y, X), multiples of 16.
    blocks : three pairs of int
        First block and end, along each axis.

    Returns
    -------
    ndarray of float32
        (B, 24, 24, 24), in z, y, x order.

    Examples
    --------
    >>> tile = np.arange(32 * 16 * 16, dtype=np.float32).reshape(32, 16, 16)
    >>> cut_blocks(tile, ((1, 2), (0, 1), (0, 1)))[0, 4:20, 4:20, 4:20].tolist() == tile[16:].tolist()
    True
    """
    padded = np.pad(values, HALO, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (SIDE,) * 3)[::CORE, ::CORE, ::CORE]
    z, y, x = (slice(*span) for span in blocks)
    return np.array(windows[z, y, x]).reshape(-1, SIDE, SIDE, SIDE)


def join_cores(blocks: Floats, shape: tuple[int, int, int]) -> Floats:
    """Put the cores of blocks (B, 24, 24, 24) together: (16·z, 16·y, 16·x) of `shape` (z, y, x) blocks.

    Examples
    --------
    >>> tile = np.random.default_rng(0).random((32, 16, 48), np.float32)
    >>> bool((join_cores(cut_blocks(tile, ((0, 2), (0, 1), (0, 3))), (2, 1, 3)) == tile).all())
    True
    """
    own = slice(HALO, HALO + CORE)
    z, y, x = shape
    cores = blocks[:, own, own, own].reshape(z, y, x, CORE, CORE, CORE)
    return cores.transpose(0, 3, 1, 4, 2, 5).reshape(z * CORE, y * CORE, x * CORE)
