"""Structural similarity in three dimensions (Wang et al. 2004), window by window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["StructuralSimilarity"]

Floats = NDArray[np.float64]

_SIDE = 7  # voxels of a window
_C1, _C2 = 0.01**2, 0.03**2  # of values whose range is 1


class StructuralSimilarity:
    """Mean SSIM over the windows of a volume that comes layer by layer.

    A window has 7 voxels along each axis (of a shorter axis all), weighted alike, with the sample's
    covariances: what ``skimage.metrics.structural_similarity`` gives by default for values from 0 to 1 and
    ``data_range=1``. Windows lie wholly inside the volume; those with a missing voxel are left out.

    Parameters
    ----------
    shape
        Of the volume (z, y, x).
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._window = tuple(min(_SIDE, length) for length in shape)
        self._kept: tuple[Floats, Floats, NDArray[np.bool_]] | None = None
        self._total, self._count = 0.0, 0

    def add(self, a: Floats, b: Floats, valid: NDArray[np.bool_]) -> None:
        """Add the next layers (n, Y, X): the original from 0 to 1, the reconstruction, which voxels count."""
        if self._kept is not None:
            old_a, old_b, old_valid = self._kept
            a, b = np.concatenate([old_a, a]), np.concatenate([old_b, b])
            valid = np.concatenate([old_valid, valid])
        overlap = self._window[0] - 1
        first = max(len(a) - overlap, 0) if overlap else len(a)
        self._kept = (a[first:], b[first:], valid[first:]) if overlap else None
        if len(a) >= self._window[0] and math.prod(self._window) > 1:
            self._add_windows(a, b, valid)

    def _add_windows(self, a: Floats, b: Floats, valid: NDArray[np.bool_]) -> None:
        if valid.all():
            whole = None
        else:
            whole = self._whole(valid)
            a, b = np.where(valid, a, 0.0), np.where(valid, b, 0.0)
        size = math.prod(self._window)
        sample = size / (size - 1)
        mean_a, mean_b = self._mean(a), self._mean(b)
        product = mean_a * mean_b
        squares = mean_a * mean_a + mean_b * mean_b
        covariance = sample * (self._mean(a * b) - product)
        variances = sample * (self._mean(a * a + b * b) - squares)
        values = (2 * product + _C1) * (2 * covariance + _C2) / ((squares + _C1) * (variances + _C2))
        kept = values if whole is None else values[whole]
        self._total += float(kept.sum())
        self._count += kept.size

    def _mean(self, values: Floats) -> Floats:
        """Return the mean of each window that lies wholly inside."""
        from scipy.ndimage import uniform_filter1d

        for axis, side in enumerate(self._window):
            values = _inside(uniform_filter1d(values, side, axis), axis, side)
        return values

    def _whole(self, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which windows have no missing voxel."""
        from scipy.ndimage import minimum_filter1d

        marks = valid.astype(np.uint8)
        for axis, side in enumerate(self._window):
            marks = _inside(minimum_filter1d(marks, side, axis), axis, side)
        return marks.astype(bool)

    @property
    def mean(self) -> float:
        """Mean over all windows; NaN where there is none of more than one voxel."""
        return self._total / self._count if self._count else math.nan


def _inside(values: NDArray[Any], axis: int, side: int) -> NDArray[Any]:
    """Keep, of a filter's results along an axis, those whose window lies inside."""
    start = side // 2
    inside = [slice(None)] * 3
    inside[axis] = slice(start, start + values.shape[axis] - side + 1)
    return values[tuple(inside)]
