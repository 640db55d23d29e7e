"""A box as flat arrays, and room to walk through it: what compiled kernels take."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel, ModelArrays
from idlat.coding.size_contexts import CLASSES, LARGEST_SIZE, UNIT
from idlat.coding.subband_walk import Box, Hints
from idlat.transform.subbands import SubbandLayout

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
    sums, squares, share : ndarray
        Like `padded`: sums of neighbours on faces, and on edges of a plane, and what they say of a place.
    expected : ndarray of float64
        (2, n): of each half.
    """

    own: Sizes
    near: Sizes
    live: NDArray[np.bool_]
    pooled: Sizes
    padded: Sizes
    sums: Sizes
    squares: Sizes
    share: NDArray[np.float64]
    expected: NDArray[np.float64]


def box_arrays(box: Box, model: ContextModel) -> tuple[BoxArrays, ModelArrays, Room] | None:
    """Return a box and a model as arrays, and room to walk through it; None where kernels would not be exact.

    Raises
    ------
    ValueError
        If steps or weights do not fit the layout.
    """
    layout, steps = box.layout.arrays, box.steps
    if layout.last_group >= len(model.weights):
        raise ValueError(
            f"the model has weights for {len(model.weights)} groups of subbands, which is too few"
        )
    if UNIT * LARGEST_SIZE * model.largest_sum << steps.most >= _EXACT:
        return None
    hints = _NO_HINTS if box.hints is None else box.hints
    if len(hints.of) not in (0, box.layout.size):
        raise ValueError(f"{len(hints.of)} hints do not fit {box.layout.size} coefficients")
    arrays = BoxArrays(
        layout.offsets, layout.shapes, layout.groups, layout.parents, layout.parent_starts,
        layout.grandparents, layout.grandparent_starts, layout.places, steps.coarseness, steps.units, *hints,
    )  # fmt: skip
    dtype = np.int32 if steps.most <= _MOST_COARSE_INT32 else np.float64
    return arrays, model.arrays, _room(box.layout, dtype)


def _room(layout: SubbandLayout, dtype: type[np.generic]) -> Room:
    most, padded = layout.arrays.most, layout.arrays.padded
    return Room(
        np.empty(layout.size, dtype=dtype),
        np.empty(layout.size, dtype=dtype),
        np.zeros(len(layout.bands), dtype=np.bool_),
        np.empty((3, most), dtype=dtype),
        np.zeros(padded, dtype=dtype),
        np.zeros(padded, dtype=dtype),
        np.zeros(padded, dtype=dtype),
        np.empty(padded),
        np.empty((2, most)),
    )
