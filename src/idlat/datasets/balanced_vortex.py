"""A circular vortex in gradient-wind and hydrostatic balance, tabulated over radius and height.

In pressure coordinates gradient-wind balance is an ordinary differential equation for each isobar's height Z:

::

    dZ/dr = C(r, Z) / g,    C = v²/r + f v        from the far field, where Z = Z0(p), inwards

which holds thermal-wind balance as well: p(r, z) is that of the isobar through (r, z), and the virtual
temperature is the far field's, stretched by dZ/dZ0 (Smith 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.float64]

GRAVITY, GAS_CONSTANT = 9.81, 287.05
"""m/s², and of dry air in J/(kg K)."""

_SURFACE_PRESSURE, _SURFACE_TEMPERATURE = 101_500.0, 302.0
_LAPSE, _TROPOPAUSE = 6.6e-3, 15_500.0
_SHAPE = 1.4
_BOTTOM, _TOP, _LEVELS = -600.0, 22_000.0, 453
_FAR, _SPACING = 1_600e3, 2e3


@dataclass(frozen=True)
class VortexProfile:
    """The tangential wind of a hurricane above the boundary layer.

    Parameters
    ----------
    speed
        Largest wind, at the ground, in m/s.
    radius
        Radius of largest wind at the ground, in metres.
    coriolis
        Coriolis parameter, in 1/s; positive, for a vortex that turns anticlockwise.
    """

    speed: float
    radius: float
    coriolis: float = 6e-5

    def radius_at(self, z: Array) -> Array:
        """Radius of largest wind, in metres: the eyewall leans outwards with height."""
        return np.asarray(self.radius * (1 + 0.6 * np.clip(z, 0, None) / _TROPOPAUSE))

    def wind(self, r: Array, z: Array) -> Array:
        """Tangential wind (m/s) at radius and height (m): Holland's profile, fading upwards and outwards."""
        ratio = (self.radius_at(z) / np.maximum(r, 1.0)) ** _SHAPE
        fading = np.exp(-((np.clip(z, 0, None) / 11_000) ** 2) - (r / 700e3) ** 2)
        # exp underflows to 0 in the eye, which is what is meant
        return np.asarray(self.speed * np.sqrt(ratio) * np.exp((1 - np.minimum(ratio, 1e3)) / 2) * fading)


def far_temperature(z: Array) -> Array:
    """Virtual temperature (K) of the far field: a constant lapse rate up to the tropopause."""
    return np.asarray(_SURFACE_TEMPERATURE - _LAPSE * np.minimum(z, _TROPOPAUSE))


def far_pressure(z: Array) -> Array:
    """Pressure (Pa) of the far field, in hydrostatic balance with `far_temperature`."""
    below = np.minimum(z, _TROPOPAUSE)
    power = (1 - _LAPSE * below / _SURFACE_TEMPERATURE) ** (GRAVITY / (GAS_CONSTANT * _LAPSE))
    coldest = _SURFACE_TEMPERATURE - _LAPSE * _TROPOPAUSE
    above = np.exp(-GRAVITY * (z - below) / (GAS_CONSTANT * coldest))
    return np.asarray(_SURFACE_PRESSURE * power * above)


def far_density(z: Array) -> Array:
    """Density (kg/m³) of the far field."""
    return np.asarray(far_pressure(z) / (GAS_CONSTANT * far_temperature(z)))


@dataclass(frozen=True)
class BalancedVortex:
    """The balanced state as tables over radius and height, to be looked up anywhere.

    Parameters
    ----------
    profile
        The wind that is balanced.
    origin
        Height of each (r, z)'s isobar in the far field, `(radii, levels)`, in metres.
    stretching
        dZ/dZ0 there: the virtual temperature over that of the far field at `origin`.
    """

    profile: VortexProfile
    origin: Array
    stretching: Array

    @classmethod
    def of(cls, profile: VortexProfile) -> BalancedVortex:
        """Follow the isobars inwards from the far field by Runge and Kutta's method of fourth order."""
        heights = np.linspace(_BOTTOM, _TOP, _LEVELS)
        radii = np.arange(0, _FAR + _SPACING / 2, _SPACING)
        origin, stretching = (np.empty((len(radii), _LEVELS)) for _ in range(2))
        isobars = heights.copy()
        for number in range(len(radii) - 1, -1, -1):
            if number < len(radii) - 1:
                isobars = _follow(profile, isobars, float(radii[number + 1]), float(radii[number]))
            origin[number] = np.interp(heights, isobars, heights)
            stretching[number] = np.interp(heights, isobars, np.gradient(isobars, heights))
        return cls(profile, origin, stretching)

    def pressure(self, r: Array, z: Array) -> Array:
        """Pressure (Pa) at radius and height in metres."""
        return far_pressure(_look_up(self.origin, r, z))

    def virtual_temperature(self, r: Array, z: Array) -> Array:
        """Virtual temperature (K) at radius and height in metres."""
        return far_temperature(_look_up(self.origin, r, z)) * _look_up(self.stretching, r, z)


def _follow(profile: VortexProfile, isobars: Array, start: float, end: float) -> Array:
    """Move the isobars' heights from radius `start` to `end`."""

    def slope(r: float, z: Array) -> Array:
        radius = np.full_like(z, max(r, 1.0))
        v = profile.wind(radius, z)
        return np.asarray((v**2 / radius + profile.coriolis * v) / GRAVITY)

    step = end - start
    first = slope(start, isobars)
    second = slope(start + step / 2, isobars + step / 2 * first)
    third = slope(start + step / 2, isobars + step / 2 * second)
    fourth = slope(end, isobars + step * third)
    return np.asarray(isobars + step / 6 * (first + 2 * second + 2 * third + fourth))


def _look_up(table: Array, r: Array, z: Array) -> Array:
    """Interpolate a table `(radii, levels)` linearly."""
    spacing = (_TOP - _BOTTOM) / (_LEVELS - 1)
    places = np.broadcast_arrays(r / _SPACING, (z - _BOTTOM) / spacing)
    return np.asarray(ndimage.map_coordinates(table, places, order=1, mode="nearest"))
