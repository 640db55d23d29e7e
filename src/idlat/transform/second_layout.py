"""Where the coefficients of a tile's second transform stand: bands of subbands, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from idlat.transform.subbands import (
    PER_CELL,
    Kinds,
    Shape,
    Subband,
    SubbandLayout,
    axis_sizes,
    layout_of,
    octave_subbands,
)

__all__ = ["at_positions", "band_shape", "octaves_of_subbands", "second_axes", "size_of_bands"]

Key = tuple[int, ...]
T = TypeVar("T", bound=np.generic)


@lru_cache(maxsize=4096)
def band_shape(shape: Shape, key: Key, kinds: Kinds) -> Shape:
    """Return the positions of a subband in a tile of `shape` voxels; some are 0 where it has none."""
    z, y, x = (
        sizes[k] if k < len(sizes := axis_sizes(n, kind)) else 0
        for n, kind, k in zip(shape, kinds, key, strict=True)
    )
    return z, y, x


def at_positions(cells: NDArray[T], key: Key, kinds: Kinds, shape: Shape) -> NDArray[T]:
    """Return values of the cells (z, y, x) at the positions, `shape`, of a subband."""
    per = [PER_CELL[kind][k] for kind, k in zip(kinds, key, strict=True)]
    if cells.shape == shape and max(per) == 1:
        return cells
    z, y, x = (np.arange(n) // m for n, m in zip(shape, per, strict=True))
    return np.asarray(cells[np.ix_(z, y, x)])


def second_axes(key: Key, kinds: Kinds) -> tuple[int, ...]:
    """Axes along which a subband is transformed again: not those of a high subband of octaves."""
    return tuple(a for a in range(3) if kinds[a] == "lapped" or key[a] == 0)


def octaves_of_subbands(
    shape: Shape, keys: Sequence[Key], kinds: Kinds, ends: Sequence[int] = ()
) -> SubbandLayout:
    """Return the octaves of subbands of a tile of `shape` voxels, one after the other.

    Where `ends` are given, so many bands of each.
    """
    taken: Sequence[int | None] = ends or [None] * len(keys)
    parts = (
        (band_shape(shape, key, kinds), second_axes(key, kinds), end)
        for key, end in zip(keys, taken, strict=True)
    )
    return _joined(tuple(parts))


@lru_cache(maxsize=256)
def _joined(parts: tuple[tuple[Shape, tuple[int, ...], int | None], ...]) -> SubbandLayout:
    """The layouts of the octaves of several arrays one after the other, of each some bands, or all."""
    bands: list[Subband] = []
    for shape, axes, end in parts:
        first = len(bands)
        bands += [
            replace(
                band,
                parents=tuple(first + i for i in band.parents),
                grandparents=tuple(first + i for i in band.grandparents),
            )
            for band in octave_subbands(shape, axes).bands[:end]
        ]
    return layout_of(bands)


def size_of_bands(layout: SubbandLayout, end: int) -> int:
    """Return how many coefficients the first `end` bands have."""
    return (*layout.offsets, layout.size)[end]
