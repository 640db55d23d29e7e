"""Water in a hurricane: humid eyewall and bands, a dry eye, rain below the freezing level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

VIRTUAL = 0.608
"""Virtual temperature over temperature, less 1, a unit of specific humidity."""

_FREEZING_LEVEL, _MELTING_DEPTH = 5_000.0, 500.0
_RAIN = 2e-3
_SATURATING_UPDRAFT = 0.4


def saturation(pressure: Array, temperature: Array) -> Array:
    """Specific humidity of saturated air (kg/kg) over water at Pa and K (Bolton 1980).

    Examples
    --------
    >>> print(f"{float(saturation(np.float64(1e5), np.float64(300.0))):.4f}")
    0.0223
    """
    vapour = 611.2 * np.exp(17.67 * (temperature - 273.15) / (temperature - 29.65))
    return np.asarray(0.622 * vapour / (pressure - 0.378 * vapour))


def relative_humidity(ratio: Array, z: Array, updraft: Array) -> Array:
    """Relative humidity from 0 to 1.

    Parameters
    ----------
    ratio
        Distance from the axis over the eyewall's radius.
    z
        Height in metres.
    updraft
        Upward mass flux of the column in kg/(m2 s), which moistens the air.
    """
    far = 0.85 * np.exp(-z / 9_000)
    moist = far + (0.97 - far) * np.tanh(np.clip(updraft, 0, None) / _SATURATING_UPDRAFT) * np.exp(
        -((z / 13_000) ** 4)
    )
    eye = np.exp(-((ratio / 0.5) ** 4)) * (1 - np.exp(-((z / 2_500) ** 2)))
    return np.asarray(moist * (1 - 0.6 * eye))


def rain(z: Array, updraft: Array) -> Array:
    """Mixing ratio of rain (kg/kg): below the freezing level, where the column ascends."""
    melted = 1 / (1 + np.exp(np.clip((z - _FREEZING_LEVEL) / _MELTING_DEPTH, -50, 50)))
    return np.asarray(_RAIN * np.clip(updraft - 0.1, 0, None) * melted)
