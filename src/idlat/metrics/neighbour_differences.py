"""Pairs of neighbouring voxels: the error of the gradient, and how errors of neighbours go together.

First differences see every wavelength; central ones are blind to what alternates from voxel to voxel.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["NeighbourDifferences"]

Floats = NDArray[np.float64]


class NeighbourDifferences:
    """Sums over pairs of neighbouring valid voxels along z, y and x, of a volume that comes layer by layer.

    Examples
    --------
    >>> ramp = np.arange(8.0).reshape(1, 1, 8)
    >>> pairs = NeighbourDifferences()
    >>> pairs.add(ramp, 0.1 * ramp, np.ones(ramp.shape, bool))
    >>> round(pairs.gradient_error, 6)
    0.1
    """

    def __init__(self) -> None:
        self._before: tuple[Floats, Floats, NDArray[np.bool_]] | None = None
        self._shift: float | None = None
        self._squares = np.zeros(2)  # Σ(Δe)², Σ(Δx)²
        self._error = np.zeros(3)  # N, Σe, Σe², e less the first error
        self._pairs = np.zeros((3, 3))  # along z, y, x: n, Σ(e₁ + e₂), Σe₁e₂

    def add(self, original: Floats, error: Floats, valid: NDArray[np.bool_]) -> None:
        """Add the next layers (n, Y, X): values, their errors, and which count; the others must be finite."""
        last = original[-1:].copy(), error[-1:].copy(), valid[-1:].copy()
        if self._shift is None and valid.any():
            self._shift = float(error[valid][0])
        shift = self._shift or 0.0
        error = error - shift
        kept = error[valid]
        self._error += np.array([kept.size, kept.sum(), kept @ kept])
        for axis in (1, 2):
            self._add_pairs(axis, original, error, valid)
        if self._before is not None:
            old, old_error, old_valid = self._before
            original, error = np.concatenate([old, original]), np.concatenate([old_error - shift, error])
            valid = np.concatenate([old_valid, valid])
        self._add_pairs(0, original, error, valid)
        self._before = last

    def _add_pairs(self, axis: int, original: Floats, error: Floats, valid: NDArray[np.bool_]) -> None:
        if original.shape[axis] < 2:
            return
        near, far = [slice(None)] * 3, [slice(None)] * 3
        near[axis], far[axis] = slice(None, -1), slice(1, None)
        first, second = tuple(near), tuple(far)
        both = valid[first] & valid[second]
        a, b = error[first][both], error[second][both]
        moved, change = b - a, (original[second] - original[first])[both]
        self._squares += np.array([moved @ moved, change @ change])
        self._pairs[axis] += np.array([a.size, a.sum() + b.sum(), a @ b])

    @property
    def gradient_error(self) -> float:
        """√(Σ |Δe|² / Σ |Δx|²) over all pairs; NaN where the original has no differences."""
        errors, original = self._squares
        return math.sqrt(errors / original) if original > 0.0 else math.nan

    @property
    def error_autocorrelation(self) -> tuple[float, float, float]:
        """Along z, y, x: mean of (e₁ − ē)(e₂ − ē) over pairs, over the variance of e; NaN without one."""
        count, total, squares = self._error
        if not count:
            return math.nan, math.nan, math.nan
        mean = total / count
        variance = squares / count - mean * mean
        along_z, along_y, along_x = (self._covariance(axis, mean) for axis in range(3))
        if not variance > 0.0:
            return math.nan, math.nan, math.nan
        return along_z / variance, along_y / variance, along_x / variance

    def _covariance(self, axis: int, mean: float) -> float:
        n, sums, products = self._pairs[axis]
        return float((products - mean * sums) / n + mean * mean) if n else math.nan
