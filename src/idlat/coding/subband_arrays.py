"""A box as flat arrays, and room to walk through it: what compiled kernels take."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel, ModelArrays
from idlat.coding.size_contexts import CLASSES, LARGEST_SIZE, UNIT
from idlat.coding.subband_walk import Box, Hints
from idlat.transform.subbands import LayoutArrays

__all__ = ["BoxArrays", "Room", "box_arrays"]

Integers = NDArray[np.int64]
Sizes: TypeAlias = NDArray[Any]  # of int32 where that is exact, else of float64

_NO_HINTS = Hints(np.zeros(0, np.uint8), np.zeros((0, CLASSES), np.uint8))
_EXACT = 2**53  # integers below are exact in float64
_MOST_COARSE_INT32 = 10  # 36 sizes of 15 bits stay below 2³¹


class BoxArrays(NamedTuple):
    """A box and its layout, see :class:`idlat.transform.subbands.LayoutArrays`.

    Attributes
    ----------
    offsets, shapes, groups, parents, parent_starts, grandparents, grandparent_starts, places : ndarray
    coarseness : ndarray of int64
        By place: log₂ of the step in the box's finest.
    units : ndarray of float64
        By place: twelve sizes of one step, in the finest.
    hints : ndarray of uint8
        (N,), or of length 0 where there are none.
    hinted : ndarray of uint8
        (hints, classes): see :class:`idlat.coding.subband_walk.Hints`.
    """

    offsets: Integers
    shapes: Integers
    groups: Integers
    parents: Integers
    parent_starts: Integers
    grandparents: Integers
    grandparent_starts: Integers
    places: Integers
    coarseness: Integers
    units: NDArray[np.float64]
    hints: NDArray[np.uint8]
    hinted: NDArray[np.uint8]


class Room(NamedTuple):
    """What a walk through a box remembers; sizes are in the finest step.

    Attributes
    ----------
    own, near : ndarray
        (N,): sizes of bands that were coded, and sums of their six neighbours.
    live : ndarray of bool
        (bands,): whether a band is not all zero; where it is, `own` and `near` say nothing.
    pooled : ndarray
        (3, n) for bands of n coefficients at most: of parents or grandparents, sum and largest, and sum of
        neighbours.
    padded : ndarray
        The band that is being coded, flat, with a border of zeros; zero between bands.
    expected : ndarray of float64
        (2, n): of each half.
    """

    own: Sizes
    near: Sizes
    live: NDArray[np.bool_]
    pooled: Sizes
    padded: Sizes
    expected: NDArray[np.float64]


def box_arrays(box: Box, model: ContextModel) -> tuple[BoxArrays, ModelArrays, Room] | None:
    """Return a box and a model as arrays, and room to walk through it; None where kernels would not be exact.

    Raises
    ------
    ValueError
        If steps or weights do not fit the layout.
    """
    layout = box.layout.arrays
    coarseness = _by_place(box, layout)
    if layout.groups.max() >= len(model.weights):
        raise ValueError(
            f"the model has weights for {len(model.weights)} groups of subbands, which is too few"
        )
    most = int(coarseness.max())
    if not 0 <= coarseness.min() <= most < 32:
        raise ValueError("coarseness is expected to be 0 to 31")
    if UNIT * LARGEST_SIZE * int(np.abs(model.weights).sum(axis=2).max()) << most >= _EXACT:
        return None
    hints = _NO_HINTS if box.hints is None else box.hints
    if len(hints.of) not in (0, box.layout.size):
        raise ValueError(f"{len(hints.of)} hints do not fit {box.layout.size} coefficients")
    arrays = BoxArrays(*layout[:-1], coarseness, np.ldexp(float(UNIT), coarseness.astype(np.int32)), *hints)
    return arrays, model.arrays, _room(box, np.int32 if most <= _MOST_COARSE_INT32 else np.float64)


def _by_place(box: Box, layout: LayoutArrays) -> Integers:
    parts = []
    for shape in layout.distinct:
        part = box.coarseness[shape]
        if part.shape != shape:
            raise ValueError(f"coarseness of subbands of shape {shape} has shape {part.shape}")
        parts.append(part.ravel())
    return np.concatenate(parts).astype(np.int64, copy=False)


def _room(box: Box, dtype: type[np.generic]) -> Room:
    shapes = box.layout.arrays.distinct
    most = max(map(math.prod, shapes))
    padded = max(math.prod(n + 2 for n in shape) for shape in shapes)
    return Room(
        np.empty(box.layout.size, dtype=dtype),
        np.empty(box.layout.size, dtype=dtype),
        np.zeros(len(box.layout.bands), dtype=np.bool_),
        np.empty((3, most), dtype=dtype),
        np.zeros(padded, dtype=dtype),
        np.empty((2, most)),
    )
