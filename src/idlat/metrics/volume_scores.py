"""Scores of a volume beside PSNR: structure, spectrum, gradient, and what is left in the errors.

A volume comes in slabs of layers, in order; some layers of a slab and, for spectra, the volume's coefficients
are kept (:mod:`idlat.metrics.power_spectra`)::

    original, reconstruction, valid ─ scaled by the original's range to 0 … 1
      ├▶ Moments               correlation
      ├▶ StructuralSimilarity  ssim
      ├▶ NeighbourDifferences  gradient_error, error_autocorrelation
      └▶ PowerSpectra          spectrum, resolved_wavelength
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.metrics.moments import Moments, measure_moments, unit_exponent, unit_scale
from idlat.metrics.neighbour_differences import NeighbourDifferences
from idlat.metrics.power_spectra import BandRatio, PowerSpectra, resolved_wavelength
from idlat.metrics.structural_similarity import StructuralSimilarity

__all__ = ["OriginalStatistics", "VolumeScorer", "VolumeScores", "score_volume", "slabs_of_layers"]

_VOXELS = 1 << 20  # of a slab


@dataclass(frozen=True)
class VolumeScores:
    """How a reconstruction of a volume differs from its original; None where a score is not defined.

    No score depends on the field's unit or offset. Missing voxels and outliers are left out.

    Attributes
    ----------
    ssim
        Structural similarity in three dimensions, 1 for an exact copy
        (:class:`~idlat.metrics.structural_similarity.StructuralSimilarity`).
    correlation
        Pearson's r of the values.
    gradient_error
        Root mean square of the error's gradient over that of the original's, by differences of neighbouring
        voxels; 0 for an exact copy.
    error_autocorrelation
        Of errors of neighbouring voxels (lag 1), mean of the axes: 0 where errors are noise, near 1 where
        they are smooth. None where the error is the same everywhere.
    error_autocorrelation_axes
        The same along z, y and x; None along an axis of one voxel.
    resolved_wavelength
        The shortest wavelength in voxels down to which the power spectrum is kept to a tenth.
    spectrum
        Ratio of the power spectra by bands of half an octave, from short waves to long ones.
    """

    ssim: float | None
    correlation: float | None
    gradient_error: float | None
    error_autocorrelation: float | None
    error_autocorrelation_axes: tuple[float | None, float | None, float | None]
    resolved_wavelength: float | None
    spectrum: tuple[BandRatio, ...]


@dataclass(frozen=True)
class OriginalStatistics:
    """Number, extremes and mean of an original's valid values, divided by 2^exponent."""

    exponent: int
    count: int = 0
    low: float = math.inf
    high: float = -math.inf
    mean: float = 0.0

    def joined(self, values: NDArray[Any], valid: NDArray[np.bool_]) -> OriginalStatistics:
        """Return the statistics with a further part of the original."""
        kept = values[valid].astype(np.float64) * unit_scale(self.exponent)
        if not kept.size:
            return self
        count = self.count + kept.size
        mean = self.mean + (float(kept.mean()) - self.mean) * (kept.size / count)
        low, high = min(self.low, float(kept.min())), max(self.high, float(kept.max()))
        return OriginalStatistics(self.exponent, count, low, high, mean)


class VolumeScorer:
    """Scores a volume that comes layer by layer.

    Parameters
    ----------
    shape
        Of the volume (z, y, x).
    statistics
        Of the original.
    """

    def __init__(self, shape: tuple[int, int, int], statistics: OriginalStatistics) -> None:
        self._statistics = statistics
        self._constant = not statistics.high > statistics.low
        self._moments = Moments()
        self._differences = NeighbourDifferences()
        self._similarity = None if self._constant else StructuralSimilarity(shape)
        self._spectra = None if self._constant else PowerSpectra(shape)

    def add(self, original: NDArray[Any], reconstruction: NDArray[Any], valid: NDArray[np.bool_]) -> None:
        """Add the next layers (n, Y, X), and which of their voxels count."""
        known = self._statistics
        span = 1.0 if self._constant else known.high - known.low
        low, mean = (0.0, 0.0) if self._constant else (known.low, (known.mean - known.low) / span)
        a, b = (np.where(valid, each, 0).astype(np.float64) for each in (original, reconstruction))
        a *= unit_scale(known.exponent)
        b *= unit_scale(known.exponent)
        with np.errstate(invalid="ignore", over="ignore"):
            error = (b - a) / span
            a, b = (a - low) / span, (b - low) / span
            self._moments = self._moments.joined(measure_moments(a, b, valid))
            self._differences.add(a, error, valid)
            if self._similarity is not None and self._spectra is not None:
                self._similarity.add(a, b, valid)
                self._spectra.add(np.where(valid, a - mean, 0.0), np.where(valid, b - mean, 0.0))

    def result(self) -> VolumeScores:
        """Return the scores, once all layers were added."""
        z, y, x = map(_finite, self._differences.error_autocorrelation)
        known = [value for value in (z, y, x) if value is not None]
        spectrum = () if self._spectra is None else self._spectra.ratios()
        return VolumeScores(
            ssim=None if self._similarity is None else _finite(self._similarity.mean),
            correlation=_finite(self._moments.correlation),
            gradient_error=_finite(self._differences.gradient_error),
            error_autocorrelation=sum(known) / len(known) if known else None,
            error_autocorrelation_axes=(z, y, x),
            resolved_wavelength=resolved_wavelength(spectrum),
            spectrum=spectrum,
        )


def score_volume(
    original: NDArray[Any], reconstruction: NDArray[Any], valid: NDArray[np.bool_] | None = None
) -> VolumeScores:
    """Score a reconstruction of a volume.

    Parameters
    ----------
    original, reconstruction
        Arrays (z, y, x), or (y, x), in the units of the field.
    valid
        Bool array of that shape, or None.
        Voxels that count; None means those where the original is finite.

    Raises
    ------
    IdlatError
        If the shapes differ, or the rank is not 2 or 3.

    Examples
    --------
    >>> field = np.sin(np.arange(4096.0) / 50).reshape(16, 16, 16)
    >>> scores = score_volume(field, 0.9 * field)
    >>> round(scores.gradient_error, 3), round(scores.correlation, 3), round(scores.spectrum[0].ratio, 2)
    (0.1, 1.0, 0.81)
    """
    original, reconstruction = np.asarray(original), np.asarray(reconstruction)
    valid = np.isfinite(original) if valid is None else np.asarray(valid, bool)
    if original.ndim not in (2, 3) or not original.shape == reconstruction.shape == valid.shape:
        raise IdlatError(
            "scores need an original, a reconstruction and valid voxels of one shape (z, y, x) or (y, x), "
            f"got {original.shape}, {reconstruction.shape} and {valid.shape}"
        )
    depth, height, width = (1,) * (3 - original.ndim) + original.shape
    shape = (depth, height, width)
    a, b, keep = (each.reshape(shape) for each in (original, reconstruction, valid))
    kept = a[keep]
    exponent = unit_exponent(kept.min().item(), kept.max().item()) if kept.size else 0
    scorer = VolumeScorer(shape, OriginalStatistics(exponent).joined(a, keep))
    for part in slabs_of_layers(shape):
        scorer.add(a[part], b[part], keep[part])
    return scorer.result()


def slabs_of_layers(shape: tuple[int, int, int], most: int = _VOXELS, multiple: int = 1) -> Iterator[slice]:
    """Cut a volume into slabs of whole layers, of `most` voxels or `multiple` layers, in order.

    Examples
    --------
    >>> list(slabs_of_layers((5, 4, 4), most=40))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    layers = max(most // max(math.prod(shape[1:]), 1) // multiple, 1) * multiple
    for start in range(0, shape[0], layers):
        yield slice(start, min(start + layers, shape[0]))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
