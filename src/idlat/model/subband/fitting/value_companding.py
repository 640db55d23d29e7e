"""A companding that follows a map: where importance is told by the value, what matters less is flatter.

::

    values and importance of windows ─▶ mean weight of each bin of values ─▶ doublings ─▶ pieces between knots
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from idlat.model.tile_analysis import FitWindow
from idlat.transform.companding import LINEAR, MOST_KNOTS, Companding

__all__ = ["value_companding"]

_BINS = 1024
_SHORTEST = 4  # bins of a piece
_ENOUGH = 2**18  # values that tell
_TOLD = 0.9  # of the variance of importance, that values have to tell
# Of the doublings that weights ask for, those that pieces take on; levels do the rest, cell by cell. The
# sharper a bend, the more high frequencies, and the further errors of what matters reach beyond it.
_SHARE = 0.3
_DOUBLING = 2 * math.log(2)  # in the weight's logarithm


def value_companding(windows: Sequence[FitWindow], importance_range: float, step: float) -> Companding:
    """Return the companding for values under their map; linear where values do not tell importance.

    Parameters
    ----------
    windows : sequence of FitWindow
    importance_range : float
        a of the weight e^{a(I−1)}.
    step : float
        Δ₀.
    """
    if all(np.ptp(window.importance) == 0 for window in windows):
        return LINEAR
    stride = sum(window.x.size for window in windows) // _ENOUGH | 1  # odd, as sides often are powers of two
    values, importance = (
        np.concatenate([part.ravel()[::stride] for part in parts]).astype(np.float64)
        for parts in zip(*((window.x, window.importance) for window in windows), strict=True)
    )
    edges = np.linspace(values.min(), values.max(), _BINS + 1)
    if not edges[0] < edges[-1]:
        return LINEAR
    weight = np.exp(importance_range * (importance - 1))
    at = ((values - edges[0]) * (_BINS / (edges[-1] - edges[0]))).astype(np.intp)
    np.minimum(at, _BINS - 1, out=at)
    count = np.bincount(at, minlength=_BINS)
    seen = np.flatnonzero(count)
    mean = np.bincount(at, importance, _BINS)[seen] / count[seen]
    told = float(np.average(np.square(mean - importance.mean()), weights=count[seen]))
    if told < _TOLD * importance.var():
        return LINEAR
    mean_weight = np.bincount(at, weight, _BINS)[seen] / count[seen]
    asked = np.log(mean_weight.max() / mean_weight) / _DOUBLING
    margin = 1 + math.ceil(step / (edges[1] - edges[0]))  # a step: few errors leave a piece that matters
    doublings = _least_around(np.interp(np.arange(_BINS), seen, _SHARE * asked), margin)
    return _pieces(doublings, edges)


def _least_around(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    reach = min(reach, values.size)
    return np.asarray(sliding_window_view(np.pad(values, reach, mode="edge"), 2 * reach + 1).min(-1))


def _pieces(doublings: NDArray[np.float64], edges: NDArray[np.float64]) -> Companding:
    """Return pieces of whole doublings; of more of these at a time, where there would be too many pieces."""
    unit = 1
    while True:
        whole = _long_enough(np.rint(doublings / unit).astype(int) * unit)
        ends = np.flatnonzero(np.diff(whole))
        if len(ends) <= MOST_KNOTS:
            break
        unit += 1
    if not len(ends):
        return LINEAR
    pieces = [*whole[ends].tolist(), int(whole[-1])]
    least = min(pieces)
    return Companding(tuple(edges[ends + 1].tolist()), tuple(piece - least for piece in pieces))


def _long_enough(doublings: NDArray[np.int_]) -> NDArray[np.int_]:
    """Give pieces of a few bins, as a bin with both sides of a threshold is, to the steeper one beside."""
    while True:
        ends = [0, *(np.flatnonzero(np.diff(doublings)) + 1).tolist(), _BINS]
        short = [(a, b) for a, b in pairwise(ends) if b - a < _SHORTEST]
        if not short:
            return doublings
        a, b = short[0]
        beside = [doublings[at] for at in (a - 1, b) if 0 <= at < _BINS]
        doublings[a:b] = min(beside)
