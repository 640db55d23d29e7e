"""Where the coefficients of a tile's second transform stand: bands of subbands, one after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from idlat.transform.cuts import NO_CUTS, Cuts, axis_coarser
from idlat.transform.subbands import (
    CELL,
    PER_CELL,
    Kinds,
    Shape,
    Subband,
    SubbandLayout,
    axis_sizes,
    layout_of,
    octave_subbands,
)

__all__ = [
    "SecondPart",
    "at_positions",
    "band_shape",
    "octaves_of_subbands",
    "second_axes",
    "second_parts",
    "size_of_bands",
]

Key = tuple[int, ...]
T = TypeVar("T", bound=np.generic)

_MOST_PARTS = 512


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


class SecondPart(NamedTuple):
    """A part of a subband that is transformed again by itself.

    Attributes
    ----------
    place : three slices
        Its positions.
    shape : Shape
        Voxels.
    """

    place: tuple[slice, slice, slice]
    shape: Shape


@lru_cache(maxsize=256)
def second_parts(shape: Shape, key: Key, kinds: Kinds, cuts: Cuts) -> tuple[SecondPart, ...]:
    """Return the parts of a subband of a tile of `shape` voxels: what lies between cuts, z slowest.

    A cell that is cut belongs to the part that matters most of it. More than 512 parts, as under a map of
    many boxes, would cost more than they save: then all is one.

    Examples
    --------
    >>> from idlat.transform.cuts import Cut
    >>> parts = second_parts((8, 8, 44), (0, 0, 0), ("lapped",) * 3, ((), (), (Cut(20, 5),)))
    >>> [(part.place[2], part.shape[2]) for part in parts]
    [(slice(0, 2, None), 16), (slice(2, 6, None), 28)]
    """
    axes = []
    for n, kind, k, along in zip(shape, kinds, key, cuts, strict=True):
        count = axis_sizes(n, kind)[k]
        ends = [0, count]
        if along and kind == "lapped":
            ends[1:1] = (np.flatnonzero(np.diff(axis_coarser(n, along)[:count, k])) + 1).tolist()
        axes.append(
            [(slice(a, b), n - CELL * a if b == count else CELL * (b - a)) for a, b in pairwise(ends)]
        )
    if math.prod(map(len, axes)) > _MOST_PARTS:
        z, y, x = (slice(0, axis_sizes(n, kind)[k]) for n, kind, k in zip(shape, kinds, key, strict=True))
        return (SecondPart((z, y, x), shape),)
    return tuple(SecondPart((z[0], y[0], x[0]), (z[1], y[1], x[1])) for z, y, x in product(*axes))


def octaves_of_subbands(
    shape: Shape, keys: Sequence[Key], kinds: Kinds, ends: Sequence[int] = (), cuts: Sequence[Cuts] = ()
) -> SubbandLayout:
    """Return the octaves of subbands of a tile of `shape` voxels, one after the other.

    Where `ends` are given, so many bands of each; where `cuts` are, part by part.
    """
    taken: Sequence[int | None] = ends or [None] * len(keys)
    parts: list[tuple[Shape, tuple[int, ...], int | None]] = []
    for key, end, along in zip(keys, taken, cuts or [NO_CUTS] * len(keys), strict=True):
        axes = second_axes(key, kinds)
        for part in second_parts(shape, key, kinds, along):
            size = band_shape(part.shape, key, kinds)
            if end is None:
                parts.append((size, axes, None))
                continue
            own = min(end, len(octave_subbands(size, axes).bands))
            parts.append((size, axes, own))
            end -= own
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
