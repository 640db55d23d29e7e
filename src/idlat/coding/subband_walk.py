"""The order in which the coefficients of a box are coded, and what is known of each before.

Subband by subband, and in each the two halves of a checkerboard one after the other: a *pass*; in a pass by
position. Encoder, decoder and rate–distortion optimised quantisation walk alike; they differ in where a
pass's coefficients come from. This is the walk in NumPy, which says what the compiled one
(:mod:`idlat.coding.kernels`) has to give.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.size_contexts import UNIT, Sizes, classes_of, neighbours_share, second_half
from idlat.jit import compiles
from idlat.transform.subbands import Shape, SubbandLayout

__all__ = [
    "NOT_CODED",
    "Box",
    "BoxSteps",
    "Hints",
    "Pass",
    "Symbols",
    "coding_order",
    "even_box",
    "last_beyond",
    "new_symbols",
    "span",
    "walk",
    "without_empty_end",
]

Array = NDArray[np.int64]

#: The class of a coefficient that is not coded.
NOT_CODED = 255
_SMALL = 2**15  # places of a box that is kept


class Hints(NamedTuple):
    """What the time step before foretells of a box (:mod:`idlat.coding.class_hints`).

    Attributes
    ----------
    of : ndarray of uint8
        (N,): the hint of each coefficient.
    classes : ndarray of uint8
        (hints, classes): under which class it is coded, given its hint and the box's class.
    """

    of: NDArray[np.uint8]
    classes: NDArray[np.uint8]


class BoxSteps(NamedTuple):
    """The steps of a box by place, as :class:`idlat.transform.subbands.LayoutArrays` has places.

    Attributes
    ----------
    coarseness : ndarray of int64
        log₂ of the step in the box's finest.
    units : ndarray of float64
        Twelve sizes of one step, in the finest.
    most : int
        The largest of `coarseness`.
    """

    coarseness: Array
    units: NDArray[np.float64]
    most: int


@dataclass(frozen=True)
class Box:
    """A box of coefficients to be walked through.

    Attributes
    ----------
    layout : SubbandLayout
    coarseness : mapping of shape to ndarray of int64
        log₂ of each coefficient's quantisation step in the box's finest, (z, y, x) by the shape of a subband.
    hints : Hints, optional
        Where a time step before is known.
    """

    layout: SubbandLayout
    coarseness: Mapping[Shape, Array]
    hints: Hints | None = None

    @cached_property
    def steps(self) -> BoxSteps:
        """Steps by place.

        Raises
        ------
        ValueError
            If they do not fit the layout.
        """
        parts = []
        for shape in self.layout.arrays.distinct:
            part = self.coarseness[shape]
            if part.shape != shape:
                raise ValueError(f"coarseness of subbands of shape {shape} has shape {part.shape}")
            parts.append(part.ravel())
        coarseness = np.concatenate(parts).astype(np.int64, copy=False)
        least, most = int(coarseness.min()), int(coarseness.max())
        if not 0 <= least <= most < 32:
            raise ValueError("coarseness is expected to be 0 to 31")
        return BoxSteps(coarseness, np.ldexp(float(UNIT), coarseness.astype(np.int32)), most)


def even_box(layout: SubbandLayout) -> Box:
    """Return a layout's box in which all coefficients have one step."""
    return _kept_even_box(layout) if sum(map(prod, layout.arrays.distinct)) <= _SMALL else _even_box(layout)


@lru_cache(maxsize=256)
def _kept_even_box(layout: SubbandLayout) -> Box:
    return _even_box(layout)


def _even_box(layout: SubbandLayout) -> Box:
    return Box(layout, {shape: np.zeros(shape, np.int64) for shape in layout.arrays.distinct})


@dataclass(frozen=True)
class Symbols:
    """The coefficients of a box and the classes under which they are coded.

    Attributes
    ----------
    layout : SubbandLayout
    coefficients : ndarray of int32
        (N,).
    classes : ndarray of uint8
        (N,): :data:`NOT_CODED` after the last subband that is coded.
    last : int
        Number of subbands up to the last that is coded.
    """

    layout: SubbandLayout
    coefficients: NDArray[np.int32]
    classes: NDArray[np.uint8]
    last: int


def new_symbols(layout: SubbandLayout, last: int) -> Symbols:
    """Symbols with nothing coded yet."""
    return Symbols(layout, np.zeros(layout.size, np.int32), np.full(layout.size, NOT_CODED, np.uint8), last)


class Pass(NamedTuple):
    """What is coded at once: one half of one subband, where in the flat vector and under which classes."""

    where: Array
    classes: Array


def walk(box: Box, weights: Array, last: int, choose: Callable[[Pass], Array]) -> Symbols:
    """Go through the first `last` bands and let `choose` say the coefficients of each pass."""
    symbols = new_symbols(box.layout, last)
    steps = _passes(box, weights, last)
    at = next(steps, None)
    while at is not None:
        values = choose(at)
        symbols.coefficients[at.where], symbols.classes[at.where] = values, at.classes
        try:
            at = steps.send(values)
        except StopIteration:
            break
    return symbols


def _passes(box: Box, weights: Array, last: int) -> Generator[Pass, Array, None]:
    """Go through the first `last` bands: yields each pass, and takes its coefficients by ``send``."""
    sizes = Sizes(box.layout, box.coarseness)
    for index, band in enumerate(box.layout.bands[:last]):
        coarse = box.coarseness[band.shape]
        expected = sizes.expected(index, weights[band.group])
        values = np.zeros(band.shape, dtype=np.int64)
        second = second_half(band.shape)
        for half, where in enumerate((~second, second)):
            if not where.any():
                continue
            now = expected[half]
            if half:
                now = now + neighbours_share(sizes.in_finest_steps(index, values), weights[band.group, 1])
            flat = box.layout.offsets[index] + np.flatnonzero(where)
            classes = classes_of(now[where], coarse[where])
            if box.hints is not None:
                classes = box.hints.classes[box.hints.of[flat], classes].astype(np.int64)
            values[where] = yield Pass(flat, classes)
        sizes.add(index, values)


def coding_order(symbols: Symbols) -> Array:
    """Positions, in the flat vector, of the coefficients that are coded, in this order."""
    parts = []
    for offset, band in zip(symbols.layout.offsets, symbols.layout.bands[: symbols.last], strict=False):
        second = second_half(band.shape)
        parts += [offset + np.flatnonzero(~second), offset + np.flatnonzero(second)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def without_empty_end(symbols: Symbols) -> Symbols:
    """Leave out bands at the end in which no value but 0 was chosen."""
    last = last_beyond(0.0, symbols.coefficients, symbols.layout)
    symbols.classes[symbols.layout.arrays.offsets[last] :] = NOT_CODED
    return Symbols(symbols.layout, symbols.coefficients, symbols.classes, last)


def span(layout: SubbandLayout, index: int) -> slice:
    """Where a subband stands in the flat vector of a box."""
    return slice(layout.offsets[index], layout.offsets[index] + layout.bands[index].size)


def last_beyond(limit: float, values: NDArray[Any], layout: SubbandLayout) -> int:
    """Number of bands up to the last with a value (N,) that is larger than `limit`, or not a number."""
    if compiles():
        from idlat.coding import kernels

        return int(kernels.last_beyond(limit, values, layout.arrays.offsets))
    bands = np.logical_or.reduceat(~(np.abs(values) <= limit), layout.arrays.offsets[:-1])
    return int(np.flatnonzero(bands)[-1]) + 1 if bands.any() else 0
