"""The subbands of a box of coefficients: their shapes, their order in a stream, and which inform which.

A band is what one triple of frequencies gives: an array over positions in space. Each axis is either
*lapped* (frequencies 0 to 7 of cells of 8 voxels, all at the cells' resolution) or *octaves* (a low subband
at the cells' resolution and three high subbands of one, two and four coefficients a cell). A box holds
exactly as many coefficients as voxels, whatever its size.

Bands are coded in shells of equal total frequency, low to high; the second transform's bands
(:func:`octave_subbands`) from coarse to fine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, product
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kinds", "LayoutArrays", "Shape", "Subband", "SubbandLayout", "cell_subbands", "octave_subbands"]

Shape: TypeAlias = tuple[int, int, int]
Kind: TypeAlias = Literal["lapped", "octaves"]
Kinds: TypeAlias = tuple[Kind, Kind, Kind]

CELL = 8
OCTAVES = 3
#: First frequency, in eighths of a cell's Nyquist range, of the low subband and the three high bands.
_OCTAVE_FREQUENCY = (0, 1, 2, 4)
#: Coefficients of a cell along an axis, by subband.
PER_CELL: dict[Kind, tuple[int, ...]] = {"lapped": (1,) * CELL, "octaves": (1, 1, 2, 4)}
#: Shells above this share their weights.
_LAST_SHELL_GROUP = 14
#: Groups of weights for the second transform follow those of the shells.
SECOND_LOW, SECOND_HIGH = _LAST_SHELL_GROUP + 1, _LAST_SHELL_GROUP + 2
GROUP_COUNT = SECOND_HIGH + 1


@dataclass(frozen=True)
class Subband:
    """One band of a layout.

    Attributes
    ----------
    key : tuple of int
        The band's index along z, y and x (0 is the lowest).
    shape : tuple of int
        Positions along z, y and x, each at least 1.
    shell : int
        Bands of one shell are coded together, lower shells first.
    group : int
        Which set of context weights the subband uses.
    parents, grandparents : tuple of int
        Indices, in the layout, of earlier bands whose sizes foretell this band's: one step lower in
        frequency, and two steps lower.
    """

    key: tuple[int, ...]
    shape: Shape
    shell: int
    group: int
    parents: tuple[int, ...]
    grandparents: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return math.prod(self.shape)


class LayoutArrays(NamedTuple):
    """A layout as arrays of int64, (bands,) unless said.

    Attributes
    ----------
    offsets : ndarray
        (bands + 1,): where each subband begins and ends in the flat vector of a box.
    shapes : ndarray
        (bands, 3).
    groups : ndarray
    parents, grandparents : ndarray
        (…,): of one subband after the other.
    parent_starts, grandparent_starts : ndarray
        (bands + 1,): where those of each subband begin and end.
    places : ndarray
        Where a subband's shape begins in values of all distinct shapes, one after the other.
    distinct : tuple of Shape
        These shapes, in the order in which they first come.
    last_group : int
        The largest of `groups`.
    most, padded : int
        Coefficients of the largest subband, without and with a border of one.
    """

    offsets: NDArray[np.int64]
    shapes: NDArray[np.int64]
    groups: NDArray[np.int64]
    parents: NDArray[np.int64]
    parent_starts: NDArray[np.int64]
    grandparents: NDArray[np.int64]
    grandparent_starts: NDArray[np.int64]
    places: NDArray[np.int64]
    distinct: tuple[Shape, ...]
    last_group: int
    most: int
    padded: int


@dataclass(frozen=True, eq=False)
class SubbandLayout:
    """All subbands of a box, in coding order; `offsets` is where each begins in the flat vector of a box.

    Layouts are made once each and kept, so that one equals itself alone.
    """

    bands: tuple[Subband, ...]
    offsets: tuple[int, ...]
    size: int

    @cached_property
    def arrays(self) -> LayoutArrays:
        """The layout as arrays."""
        distinct = tuple(dict.fromkeys(band.shape for band in self.bands))
        places = dict(zip(distinct, _starts(map(math.prod, distinct)), strict=False))
        parents, parent_starts = _one_after_the_other([band.parents for band in self.bands])
        grandparents, grandparent_starts = _one_after_the_other([band.grandparents for band in self.bands])
        return LayoutArrays(
            np.array([*self.offsets, self.size], dtype=np.int64),
            np.array([band.shape for band in self.bands], dtype=np.int64),
            np.array([band.group for band in self.bands], dtype=np.int64),
            parents,
            parent_starts,
            grandparents,
            grandparent_starts,
            np.array([places[band.shape] for band in self.bands], dtype=np.int64),
            distinct,
            max(band.group for band in self.bands),
            max(map(math.prod, distinct)),
            max(math.prod(n + 2 for n in shape) for shape in distinct),
        )


@lru_cache(maxsize=1024)
def axis_sizes(n: int, kind: Kind) -> tuple[int, ...]:
    """Return the number of coefficients of each subband along an axis of n voxels that begins with a cell.

    Examples
    --------
    >>> axis_sizes(64, "octaves"), sum(axis_sizes(41, "octaves"))
    ((8, 8, 16, 32), 41)
    >>> axis_sizes(10, "lapped")
    (2, 2, 1, 1, 1, 1, 1, 1)
    """
    if kind == "lapped":
        return tuple(-(-(n - k) // CELL) for k in range(min(CELL, n)))
    high = []
    for _ in range(OCTAVES):
        high.append(n // 2)
        n = (n + 1) // 2
    return (n, *high[::-1])


@lru_cache(maxsize=256)
def cell_subbands(
    shape: Shape, kinds: Kinds, without: frozenset[tuple[int, ...]] = frozenset()
) -> SubbandLayout:
    """Return the subbands of a box of `shape` voxels whose axes are transformed as `kinds` says.

    Those whose keys are in `without` are left out.
    """
    if without:
        return _without(cell_subbands(shape, kinds), without)
    sizes = [axis_sizes(n, kind) for n, kind in zip(shape, kinds, strict=True)]
    frequency = [range(CELL) if kind == "lapped" else _OCTAVE_FREQUENCY for kind in kinds]
    keys = [
        key
        for key in product(*(range(len(s)) for s in sizes))
        if all(s[k] for s, k in zip(sizes, key, strict=True))
    ]
    shell = {key: sum(f[k] for f, k in zip(frequency, key, strict=True)) for key in keys}
    shapes = {key: (sizes[0][key[0]], sizes[1][key[1]], sizes[2][key[2]]) for key in keys}
    keys.sort(key=lambda key: (shell[key], shapes[key], key))
    at = {key: i for i, key in enumerate(keys)}

    def below(key: tuple[int, ...]) -> list[tuple[int, ...]]:
        lower = [(*key[:a], key[a] - 1, *key[a + 1 :]) for a in range(3) if key[a]]
        # The mean of all frequencies says nothing of how large the others are.
        return [k for k in lower if any(k) and k in at]

    bands = []
    for key in keys:
        parents = below(key)
        grandparents = sorted({k for parent in parents for k in below(parent)})
        bands.append(
            Subband(
                key,
                shapes[key],
                shell[key],
                min(shell[key], _LAST_SHELL_GROUP),
                tuple(at[k] for k in parents),
                tuple(at[k] for k in grandparents),
            )
        )
    return layout_of(bands)


def _without(layout: SubbandLayout, keys: frozenset[tuple[int, ...]]) -> SubbandLayout:
    """A layout without some subbands, which then foretell nothing."""
    kept = [i for i, band in enumerate(layout.bands) if band.key not in keys]
    number = {i: k for k, i in enumerate(kept)}
    bands = []
    for band in (layout.bands[i] for i in kept):
        parents, grandparents = (
            tuple(number[i] for i in members if i in number) for members in (band.parents, band.grandparents)
        )
        bands.append(replace(band, parents=parents, grandparents=grandparents))
    return layout_of(bands)


@lru_cache(maxsize=256)
def octave_subbands(shape: Shape, axes: tuple[int, ...], shortest: int = 4) -> SubbandLayout:
    """Return the subbands of 9/7 octaves of an array of `shape` along `axes`, coarse to fine.

    An axis takes part while it has at least `shortest` coefficients.
    """
    octaves = []  # fine to coarse: (shapes of the high bands by kind)
    while taking := [a for a in axes if shape[a] >= shortest]:
        halves = [((n + 1) // 2, n // 2) if a in taking else (n, 0) for a, n in enumerate(shape)]
        octaves.append(
            {
                kind: (halves[0][kind[0]], halves[1][kind[1]], halves[2][kind[2]])
                for kind in product((0, 1), repeat=3)
                if any(kind) and all(halves[a][kind[a]] for a in range(3))
            }
        )
        shape = (halves[0][0], halves[1][0], halves[2][0])
    bands = [Subband((0, 0, 0), shape, 0, SECOND_LOW, (), ())]
    coarser: dict[tuple[int, ...], int] = {}
    for depth, shapes in enumerate(reversed(octaves)):
        here: dict[tuple[int, ...], int] = {}
        for kind in sorted(shapes, key=lambda k: (sum(k), k)):
            parent = (coarser[kind],) if kind in coarser else ()
            lower = tuple(
                i
                for k, i in here.items()
                if sum(k) < sum(kind) and all(p <= q for p, q in zip(k, kind, strict=True))
            )
            here[kind] = len(bands)
            bands.append(
                Subband(kind, shapes[kind], 1 + 3 * depth + sum(kind) - 1, SECOND_HIGH, parent, lower)
            )
        coarser = here
    return layout_of(bands)


def layout_of(bands: Sequence[Subband]) -> SubbandLayout:
    """Return the layout of subbands in this order."""
    offsets, total = [], 0
    for band in bands:
        offsets.append(total)
        total += band.size
    return SubbandLayout(tuple(bands), tuple(offsets), total)


def _starts(lengths: Iterable[int]) -> list[int]:
    return list(accumulate(lengths, initial=0))


def _one_after_the_other(parts: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    flat = np.array([i for part in parts for i in part], dtype=np.int64)
    return flat, np.array(_starts(map(len, parts)), dtype=np.int64)
