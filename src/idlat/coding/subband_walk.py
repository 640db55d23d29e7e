"""The order in which the coefficients of a box are coded, and what is known of each before.

Subband by subband, and in each the two halves of a checkerboard one after the other: a *pass*. Encoder,
decoder and rate–distortion optimised quantisation walk alike; they differ in where a pass's coefficients
come from.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.size_contexts import Sizes, classes_of, neighbours_share, second_half
from idlat.transform.subbands import Shape, SubbandLayout

__all__ = ["Box", "Pass", "Symbols", "last_coded", "span", "symbols_of", "walk"]

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Box:
    """A box of coefficients to be walked through.

    Attributes
    ----------
    layout : SubbandLayout
    coarseness : mapping of shape to ndarray of int64
        log₂ of each coefficient's quantisation step in the box's finest, (z, y, x) by the shape of a subband.
    known : mapping of int to ndarray of int64
        Bands (z, y, x), by index, that are known beforehand and only serve as contexts.
    """

    layout: SubbandLayout
    coarseness: Mapping[Shape, Array]
    known: Mapping[int, Array] = field(default_factory=dict)


class Pass(NamedTuple):
    """What is coded at once: one half of one subband."""

    band: int
    where: NDArray[np.bool_]
    classes: Array


def passes(box: Box, weights: Array, last: int) -> Generator[Pass, Array, None]:
    """Go through the first `last` bands: yields each pass, and takes its coefficients by ``send``."""
    sizes = Sizes(box.layout, box.coarseness)
    for index, band in enumerate(box.layout.bands[:last]):
        if index in box.known:
            sizes.add(index, box.known[index])
            continue
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
            values[where] = yield Pass(index, where, classes_of(now[where], coarse[where]))
        sizes.add(index, values)


@dataclass(frozen=True)
class Symbols:
    """A box's coefficients in coding order, pass by pass.

    Attributes
    ----------
    values, classes : list of ndarray of int64
        Of each pass, (n,).
    where : list of (int, ndarray of bool)
        The subband of each pass, and its positions there.
    last : int
        Number of subbands up to the last that is not all zero.
    """

    values: list[Array]
    classes: list[Array]
    where: list[tuple[int, NDArray[np.bool_]]]
    last: int

    def coefficients(self, layout: SubbandLayout) -> Array:
        """The coefficients (N,), known bands as 0."""
        result = np.zeros(layout.size, dtype=np.int64)
        for (band, where), values in zip(self.where, self.values, strict=True):
            result[span(layout, band)][where.ravel()] = values
        return result


def symbols_of(coefficients: Array, box: Box, weights: Array) -> Symbols:
    """Return what :func:`encode_symbols` codes of coefficients (N,)."""
    last = last_coded(coefficients, box)
    return walk(box, weights, last, lambda at: coefficients[span(box.layout, at.band)][at.where.ravel()])


def walk(box: Box, weights: Array, last: int, choose: Callable[[Pass], Array]) -> Symbols:
    """Go through the first `last` bands and let `choose` say the coefficients of each pass."""
    values: list[Array] = []
    classes: list[Array] = []
    where: list[tuple[int, NDArray[np.bool_]]] = []
    steps = passes(box, weights, last)
    at = next(steps, None)
    while at is not None:
        values.append(choose(at))
        classes.append(at.classes)
        where.append((at.band, at.where))
        try:
            at = steps.send(values[-1])
        except StopIteration:
            break
    return Symbols(values, classes, where, last)


def span(layout: SubbandLayout, index: int) -> slice:
    """Where a subband stands in the flat vector of a box."""
    return slice(layout.offsets[index], layout.offsets[index] + layout.bands[index].size)


def last_coded(coefficients: Array, box: Box) -> int:
    """Number of bands up to the last that is coded and not all zero."""
    for index in range(len(box.layout.bands) - 1, -1, -1):
        if index not in box.known and coefficients[span(box.layout, index)].any():
            return index + 1
    return 0
