"""How good and how small: PSNR and errors (Eq. 13, 14), latent size ratio (Eq. 12), moved isosurfaces.

Errors are accumulated chunk by chunk, so that neither the field nor its reconstruction need fit in memory.
Chunks are summed without rounding (`math.fsum`): their order and the number of workers change no bit::

    original, reconstruction, importance, valid   chunks of one variable and step, any shape
        │ measure
        ▼
    ErrorSums(Σ I e², Σ e², Σ I, count, min, max, max |e|)
        │ ErrorAccumulator.add, in any order
        ▼
    ErrorSummary(wpsnr, psnr, wmse, mse, max_error, count)

Structure, spectrum, gradients and what is left in the errors are scored beside them
(:mod:`idlat.metrics.volume_scores`). How far an isosurface moved is measured between triangles
(:mod:`idlat.metrics.mesh_distance`).
"""

from __future__ import annotations

from idlat.metrics.error_sums import ErrorSums, measure
from idlat.metrics.latent_size_ratio import latent_size_ratio
from idlat.metrics.marching_cubes import Triangles, extract_surface
from idlat.metrics.mesh_distance import SurfaceDistance, distance_between
from idlat.metrics.moments import Moments, join_moments, measure_moments, unit_exponent
from idlat.metrics.power_spectra import BandRatio
from idlat.metrics.volume_scores import (
    OriginalStatistics,
    VolumeScorer,
    VolumeScores,
    score_volume,
    slabs_of_layers,
)
from idlat.metrics.weighted_errors import (
    ErrorAccumulator,
    ErrorSummary,
    decibels,
    max_error,
    weighted_mse,
    weighted_psnr,
)

__all__ = [
    "BandRatio",
    "ErrorAccumulator",
    "ErrorSummary",
    "ErrorSums",
    "Moments",
    "OriginalStatistics",
    "SurfaceDistance",
    "Triangles",
    "VolumeScorer",
    "VolumeScores",
    "decibels",
    "distance_between",
    "extract_surface",
    "join_moments",
    "latent_size_ratio",
    "max_error",
    "measure",
    "measure_moments",
    "score_volume",
    "slabs_of_layers",
    "unit_exponent",
    "weighted_mse",
    "weighted_psnr",
]
