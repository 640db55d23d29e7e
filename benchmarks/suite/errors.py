"""PSNR of a decoded field, plain and weighted, as `idlat evaluate` defines them (Eq. 13 and 14)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float32]


def relative_errors(original: Real, decoded: Real) -> npt.NDArray[np.float64]:
    """Squared errors in units of the squared range, each time step's its own; 0 where values are missing."""
    axes = (-3, -2, -1)
    span = np.nanmax(original, axes, keepdims=True) - np.nanmin(original, axes, keepdims=True)
    error = (decoded.astype(np.float64) - original) / np.where(span > 0, span, 1)
    return np.square(np.nan_to_num(error, nan=0.0))


def psnr(relative: npt.NDArray[np.float64], importance: Real) -> float:
    """PSNR (dB) under a map that is 0 where values are missing."""
    mean = float((relative * importance).sum(dtype=np.float64) / importance.sum(dtype=np.float64))
    return -10 * float(np.log10(mean)) if mean > 0 else float("inf")
