"""The default model's synthesis in float64, the same bits on every machine: what an error bound is built on.

Coefficients are integers times powers of two times one step; the transform behind them takes numbers of few
bits, and sums and products in a fixed order (:mod:`idlat.transform.exact_values`). So it does not matter
either in which tiles a field is decoded.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from idlat.exact_math import exact_exp
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.tile_analysis import Low
from idlat.transform.cells import put_band
from idlat.transform.cuts import NO_CUTS, band_scale
from idlat.transform.exact_values import exact_values
from idlat.transform.second_layout import at_positions
from idlat.transform.subbands import CELL, Shape

__all__ = ["exact_step", "exact_synthesis"]

_LN2 = 0.6931471805599453


def exact_step(exponent: float) -> float:
    """Return Δ₀ = √(6/ln 2)·e^(−exponent/2), of the exponent a + g."""
    return math.sqrt(6 / _LN2) * float(exact_exp(-exponent / 2))


def exact_synthesis(
    latents: NDArray[np.int32], step: float, coding: CodingSettings, low: Low | None, shape: Shape | None
) -> NDArray[np.float64]:
    """Return normalised values (Z, Y, X) of latents (C, z, y, x).

    Parameters
    ----------
    latents : ndarray of int32
    step : float
        Δ₀, of :func:`exact_step`.
    coding : CodingSettings
        What was fitted to the variable.
    low, shape
        As :meth:`idlat.model.subband.model.SubbandModel.synthesise` takes them.
    """
    _, z, y, x = latents.shape
    levels, voxels = latents[0], shape or (CELL * z, CELL * y, CELL * x)
    c = np.empty((z, CELL, y, CELL, x, CELL))
    values = np.ldexp(latents[1:].astype(np.float64), -levels)
    c[...] = values.reshape(CELL, CELL, CELL, z, y, x).transpose(3, 0, 4, 1, 5, 2)
    for key, band in (low or {}).items():
        if coding.modes[key] == "scaled":
            band = np.ldexp(band, -at_positions(levels, key, coding.kinds, band.shape))
        elif coding.cuts != NO_CUTS:
            band = band * band_scale(voxels, key, coding.cuts, band.shape)
        put_band(c, key, coding.kinds, band)
    c *= step
    return coding.companding.backward(exact_values(c, coding.kinds, voxels, coding.cuts))
