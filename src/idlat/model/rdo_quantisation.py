"""Rate–distortion optimised quantisation of a box, pass by pass, under the costs that coding will meet.

Each coefficient takes the value that costs least in error and bits, given the class that the values chosen
so far foretell. An error of one squared step is worth 6/ln 2 bits: the slope of an optimal quantiser at
high rate.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import split_sizes
from idlat.coding.subband_walk import Box, Pass, Symbols, last_coded, span, walk

__all__ = ["BITS_OF_ERROR", "quantise_box"]

#: Bits that an error of one squared step is worth.
BITS_OF_ERROR = 6 / math.log(2)


def quantise_box(
    real: NDArray[np.float64], box: Box, model: ContextModel, importance: float = 1.0
) -> Symbols:
    """Return the symbols of coefficients (N,) given in steps.

    Parameters
    ----------
    real : ndarray of float64
        (N,): coefficients in their own steps; those of known bands are ignored.
    box : Box
    model : ContextModel
    importance : float
        How much an error counts beside what the steps say.
    """
    last = last_coded(np.rint(real).astype(np.int64), box)

    def choose(at: Pass) -> NDArray[np.int64]:
        exact = real[span(box.layout, at.band)][at.where.ravel()]
        return _cheapest(exact, at.classes, model, importance)

    return walk(box, model.weights, last, choose)


def _cheapest(
    exact: NDArray[np.float64], classes: NDArray[np.int64], model: ContextModel, importance: float
) -> NDArray[np.int64]:
    size = np.abs(exact)
    best = np.rint(size).astype(np.int64)
    live = np.flatnonzero(best)
    if not len(live):
        return best
    size, table, nearest = size[live], classes[live], best[live]
    candidates = np.stack([nearest, nearest - 1, np.maximum(nearest - 2, 0), np.zeros_like(nearest)])
    symbols = split_sizes(candidates.ravel())[0].reshape(candidates.shape)
    cost = model.bits[table, symbols] + importance * BITS_OF_ERROR * np.square(size - candidates)
    best[live] = np.take_along_axis(candidates, cost.argmin(0)[None], 0)[0]
    return np.asarray(best * np.sign(exact).astype(np.int64))
