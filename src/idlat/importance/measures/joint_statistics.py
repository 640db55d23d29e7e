"""How two quantities go together: locally, in a window of 7³ voxels, and in histograms of whole steps.

With X and Y in bins and p their frequencies, H(X|Y) = H(X, Y) − H(Y), H = −Σ p log2 p (paper Sect. 5.1.1,
statistical; Wang, Yu and Ma 2008 for steps).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.importance.measures.local_statistics import (
    RADIUS,
    bins_of,
    in_slabs,
    window_information,
    window_sum,
)

__all__ = [
    "WINDOW_BINS",
    "Range",
    "entropy_of",
    "histogram_of",
    "joint_bins",
    "local_conditional_entropy",
    "local_correlation",
]

WINDOW_BINS = 8
"""Bins of each quantity in a window's joint histogram."""

Range = tuple[float, float]
"""Lowest and highest valid value of a quantity; NaN where there is none."""

_FEWEST = 3  # voxels that make a correlation
_STILL = 1e-12  # variance, in parts of the squared range, below which a quantity does not vary
_CHUNK = 1 << 20  # voxels counted at a time


def joint_bins(values: Sequence[NDArray[Any]], ranges: Sequence[Range], bins: int) -> NDArray[np.int32]:
    """Number the cell of a joint histogram for every voxel; `bins` to their number where any is missing.

    Examples
    --------
    >>> joint_bins([np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, np.nan])], [(0, 1), (0, 1)], 4)
    array([ 0, 15, 16], dtype=int32)
    """
    cells = np.zeros(values[0].shape, np.int32)
    missing = np.zeros(values[0].shape, bool)
    for part, (low, high) in zip(values, ranges, strict=True):
        own = bins_of(part, low, high, bins)
        missing |= own == bins
        cells = cells * bins + own
    cells[missing] = bins ** len(values)
    return cells


def histogram_of(cells: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Count the voxels in each cell, without those that are missing."""
    flat, total = cells.reshape(-1), np.zeros(count + 1, np.int64)
    for start in range(0, flat.size, _CHUNK):
        total += np.bincount(flat[start : start + _CHUNK], minlength=count + 1)
    return total[:count]


def entropy_of(histogram: NDArray[np.int64]) -> float:
    """Entropy of a histogram, in bits; 0 for an empty one.

    >>> entropy_of(np.array([2, 2, 0]))
    1.0
    """
    counts = histogram[histogram > 0].astype(np.float64)
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0


def local_conditional_entropy(
    x: NDArray[Any], y: NDArray[Any] | None, ranges: Sequence[Range]
) -> NDArray[np.float32]:
    """Compute H(X|Y) in the window around each voxel; H(X) where there is no Y.

    Parameters
    ----------
    x, y
        Floating arrays (Z, Y, X).
        NaN where missing: voxels where either is do not count.
    ranges
        That the bins of `x` and `y` divide.

    Returns
    -------
    float32 array (Z, Y, X)
        In bits, from 0 to log2(8).

    Examples
    --------
    >>> x = np.array([[[0.0, 1.0, 0.0, 1.0]]])
    >>> local_conditional_entropy(x, x, [(0, 1), (0, 1)])[0, 0].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    parts = [x] if y is None else [x, y]
    count = WINDOW_BINS ** len(parts)

    def compute(cells: NDArray[np.int32]) -> NDArray[np.float32]:
        both, number = window_information(cells, count)
        given = np.where(cells == count, WINDOW_BINS, cells % WINDOW_BINS)
        told = window_information(given, WINDOW_BINS)[0] if len(parts) == 2 else 0.0
        return np.asarray(np.maximum(both - told, 0.0) / number, np.float32)

    return in_slabs(RADIUS, compute, joint_bins(parts, ranges[: len(parts)], WINDOW_BINS))


def local_correlation(x: NDArray[Any], y: NDArray[Any], ranges: Sequence[Range]) -> NDArray[np.float32]:
    """Compute |r|, Pearson's correlation in the window around each voxel; 0 where either does not vary.

    Parameters
    ----------
    x, y
        Floating arrays (Z, Y, X).
        NaN where missing: voxels where either is do not count.
    ranges
        Of `x` and `y`, which keep the sums well conditioned.

    Returns
    -------
    float32 array (Z, Y, X)
        From 0 to 1.

    Examples
    --------
    >>> x = np.arange(4.0).reshape(1, 1, 4)
    >>> local_correlation(x, 5 - 2 * x, [(0, 3), (-1, 5)])[0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def compute(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
        known = np.isfinite(a) & np.isfinite(b)
        a, b = (_unit(part, known, *span) for part, span in zip((a, b), ranges, strict=True))
        number = np.maximum(window_sum(known.astype(np.float64)), 1.0)
        mean_a, mean_b = window_sum(a) / number, window_sum(b) / number
        spread_a = window_sum(a * a) / number - mean_a**2
        spread_b = window_sum(b * b) / number - mean_b**2
        varies = (spread_a > _STILL) & (spread_b > _STILL) & (number >= _FEWEST)
        covariance = window_sum(a * b) / number - mean_a * mean_b
        size = np.sqrt(np.where(varies, spread_a * spread_b, 1.0))
        return np.where(varies, np.minimum(np.abs(covariance) / size, 1.0), 0.0).astype(np.float32)

    return in_slabs(RADIUS, compute, x, y)


def _unit(values: NDArray[Any], known: NDArray[np.bool_], low: float, high: float) -> NDArray[np.float64]:
    """Scale values to [−½, ½] of their range; 0 where they do not count."""
    span = high - low
    scaled = (values.astype(np.float64) - low) / (span if span > 0 else 1.0) - 0.5
    return np.where(known, scaled, 0.0)
