"""Rate–distortion optimised quantisation of a box, pass by pass, under the costs that coding will meet.

Each coefficient takes the value that costs least in error and bits, given the class that the values chosen
so far foretell. An error of one squared step is worth 6/ln 2 bits: the slope of an optimal quantiser at
high rate. Compiled where kernels are (:mod:`idlat.jit`), else in NumPy: the same values.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import LARGEST, split_sizes
from idlat.coding.subband_arrays import box_arrays
from idlat.coding.subband_walk import Box, Pass, Symbols, last_beyond, new_symbols, walk, without_empty_end
from idlat.jit import compiles

__all__ = ["BITS_OF_ERROR", "quantise_box"]

Real = NDArray[np.float64]

#: Bits that an error of one squared step is worth.
BITS_OF_ERROR = 6 / math.log(2)


def quantise_box(
    real: Real,
    box: Box,
    model: ContextModel,
    importance: float | Real = 1.0,
    cell: NDArray[np.int32] | None = None,
) -> Symbols:
    """Return the symbols of coefficients (N,) given in steps.

    Parameters
    ----------
    real : ndarray of float64
        (N,): coefficients in their own steps; those of known bands are ignored.
    box : Box
    model : ContextModel
    importance : float or ndarray of float64
        How much an error counts beside what the steps say: (N,), or one number for all coefficients, or with
        `cell` by cell.
    cell : ndarray of int32, optional
        (N,): the cell of each coefficient.

    Raises
    ------
    ValueError
        If a coefficient is not finite or larger than 2³⁰ − 1, or arrays do not fit the layout.
    """
    real = np.ascontiguousarray(real, dtype=np.float64)
    worth = np.atleast_1d(np.asarray(importance, dtype=np.float64)) * BITS_OF_ERROR
    fit = worth.shape in ((1,), real.shape) if cell is None else cell.shape == real.shape
    if real.shape != (box.layout.size,) or not fit:
        raise ValueError(
            f"expected {box.layout.size} coefficients, and as many importances or one; "
            f"got {real.shape} and {worth.shape}"
        )
    last = last_beyond(0.5, real, box.layout)  # rounded, smaller ones are 0
    arrays = box_arrays(box, model)
    if arrays is None or not compiles():
        worth = np.broadcast_to(worth if cell is None else worth[cell], real.shape)
        symbols = walk(
            box, model.weights, last, lambda at: _cheapest(real[at.where], worth[at.where], at, model)
        )
        return without_empty_end(symbols)
    from idlat.coding import kernels

    symbols = new_symbols(box.layout, last)
    cells = np.zeros(0, np.int32) if cell is None else cell
    if not kernels.quantise(last, *arrays, real, worth, cells, symbols.coefficients, symbols.classes):
        raise ValueError(_TOO_LARGE)
    return without_empty_end(symbols)


def _cheapest(exact: Real, worth: Real, at: Pass, model: ContextModel) -> NDArray[np.int64]:
    size = np.abs(exact)
    if not (size <= LARGEST).all():
        raise ValueError(_TOO_LARGE)
    best = np.rint(size).astype(np.int64)
    live = np.flatnonzero(best)
    if not len(live):
        return best
    size, table, nearest = size[live], at.classes[live], best[live]
    candidates = np.stack([nearest, nearest - 1, np.maximum(nearest - 2, 0), np.zeros_like(nearest)])
    symbols = split_sizes(candidates.ravel())[0].reshape(candidates.shape)
    cost = model.bits[table, symbols] + worth[live] * np.square(size - candidates)
    best[live] = np.take_along_axis(candidates, cost.argmin(0)[None], 0)[0]
    return np.asarray(best * np.sign(exact).astype(np.int64))


_TOO_LARGE = f"coefficients are expected to be finite and at most {LARGEST} steps"
