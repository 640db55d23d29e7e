"""The flow of a hurricane that its balance does not give: inflow, eyewall, outflow, spiral rain bands.

Both parts conserve mass by construction (anelastically, with the density ρ0(z) of the far field):

::

    overturning    r ρ0 u = -∂Ψ/∂z     r ρ0 w = ∂Ψ/∂r              Ψ(r, z), a mass stream function
    rain bands         ρ0 w = B(x, y) M(z)   (u, v) = -M' ∇χ / ρ0,     ∇²χ = B
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy import ndimage

from idlat.datasets.balanced_vortex import VortexProfile, far_density
from idlat.datasets.random_fields import RandomFieldOptions, random_field

Array = npt.NDArray[np.float64]

BOUNDARY_LAYER = 1_000.0
"""Depth of the inflow, in metres."""

_INFLOW = 22.0
_OUTFLOW, _OUTFLOW_DEPTH = 12_500.0, 1_600.0
_REACH = 500e3
_CLOUD_TOP = 14_000.0
_ARMS, _PITCH = 2, np.tan(np.radians(18))
_TURN = 1.2e-4
_UPDRAFT = 1.0


@dataclass(frozen=True)
class Overturning:
    """The axisymmetric overturning: inflow near the ground, up the eyewall, out below the tropopause.

    Parameters
    ----------
    profile
        The vortex; its eyewall is where the air rises.
    """

    profile: VortexProfile

    def stream(self, r: Array, z: Array) -> Array:
        """Mass stream function Ψ (kg/s a radian) at radius and height (m); 0 on the ground and axis."""
        sixth = (r / self.profile.radius_at(z)) ** 6
        inwards = sixth / (1 + sixth) * np.exp(-((r / _REACH) ** 2))
        depth = 1 - np.exp(-z / BOUNDARY_LAYER)
        depth = depth * (1 - np.tanh((z - _OUTFLOW) / _OUTFLOW_DEPTH)) / 2
        flux = _INFLOW * BOUNDARY_LAYER * self.profile.radius * self.profile.speed / 50
        return np.asarray(flux * float(far_density(np.zeros(1))[0]) * inwards * depth)

    def radial(self, r: Array, z: Array) -> Array:
        """Radial wind, in m/s; positive outwards."""
        step = 10.0
        slope = (self.stream(r, z + step) - self.stream(r, np.maximum(z - step, 0))) / (
            z + step - np.maximum(z - step, 0)
        )
        return np.asarray(-slope / (far_density(z) * np.maximum(r, 1.0)))

    def vertical(self, r: Array, z: Array) -> Array:
        """Vertical wind, in m/s."""
        step = 100.0
        near = np.maximum(r, 2 * step)
        slope = (self.stream(near + step, z) - self.stream(near - step, z)) / (2 * step)
        return np.asarray(slope / (far_density(z) * near))


@dataclass(frozen=True)
class RainBands:
    """Spiral bands of convective cells that turn with the storm, on a map.

    Parameters
    ----------
    mass_flux
        B at the height of strongest ascent, `(y, x)`, in kg/(m2 s).
    flow_x, flow_y
        Components of ∇χ, `(y, x)`, in kg/(m s).
    """

    mass_flux: Array
    flow_x: Array
    flow_y: Array

    @classmethod
    def of(
        cls, profile: VortexProfile, x: Array, y: Array, time: float, texture: Array, strength: float
    ) -> RainBands:
        """Draw the bands around the centre.

        Parameters
        ----------
        profile
            The vortex.
        x, y
            Distance of columns and rows from the centre in metres, `(n,)` and `(m,)`, evenly spaced.
        time
            Seconds, by which the pattern has turned.
        texture
            From `cell_texture`.
        strength
            Factor on the mass flux; 0 for none.
        """
        spacing = float(x[1] - x[0])
        wide_x, wide_y = (_padded(axis) for axis in (x, y))
        flux = strength * _pattern(profile, wide_x, wide_y, time, texture, spacing)
        gradient = _inverse_laplacian_gradient(flux, spacing)
        rows, columns = slice(0, len(y)), slice(0, len(x))
        return cls(*(np.ascontiguousarray(part[rows, columns]) for part in (flux, *gradient)))

    def vertical(self, z: Array) -> Array:
        """Vertical wind in m/s at heights `(levels, 1, 1)`."""
        return np.asarray(_ascent(z) / far_density(z) * self.mass_flux)

    def horizontal(self, z: Array) -> tuple[Array, Array]:
        """Eastward and northward wind in m/s at heights `(levels, 1, 1)`."""
        factor = -_ascent_slope(z) / far_density(z)
        return factor * self.flow_x, factor * self.flow_y


def cell_texture(size: int, seed: int) -> Array:
    """Noise `(2 size, 2 size)` of variance 1 that breaks bands up into cells."""
    noise = random_field((1, 2 * size, 2 * size), seed, RandomFieldOptions(slope=0.5))
    return np.asarray(noise.values[0], np.float64)


def _padded(axis: Array) -> Array:
    """Continue an axis to twice its length, so that bands do not meet their periodic images."""
    return np.asarray(axis[0] + (axis[1] - axis[0]) * np.arange(2 * len(axis)))


def _pattern(
    profile: VortexProfile, x: Array, y: Array, time: float, texture: Array, spacing: float
) -> Array:
    """Upward mass flux of spiral bands and of the cells in the eyewall, `(y, x)`."""
    r = np.hypot(x, y[:, None])
    ratio = np.maximum(r, 1.0) / profile.radius
    angle = np.arctan2(y[:, None], x) - _TURN * time
    spiral = np.exp(3 * (np.cos(_ARMS * (angle + np.log(ratio) / _PITCH)) - 1))
    bands = spiral * np.exp(-0.5 * (np.log(ratio / 4) / 0.45) ** 2)
    eyewall = 0.5 * np.exp(-(((ratio - 1) / 0.25) ** 2))
    cosine, sine = np.cos(_TURN * time), np.sin(_TURN * time)
    turned = (cosine * y[:, None] - sine * x, cosine * x + sine * y[:, None])
    middle = np.array(texture.shape)[:, None, None] / 2
    cells = ndimage.map_coordinates(texture, np.stack(turned) / spacing + middle, order=1, mode="grid-wrap")
    return np.asarray(_UPDRAFT * (bands * (0.7 + 0.7 * cells) + eyewall * cells))


def _inverse_laplacian_gradient(flux: Array, spacing: float) -> tuple[Array, Array]:
    """∇χ of ∇²χ = flux on a periodic map; the mean of the flux has no χ and is left out."""
    modes = scipy.fft.rfft2(flux)
    kx = 2 * np.pi * scipy.fft.rfftfreq(flux.shape[1], spacing)
    ky = 2 * np.pi * scipy.fft.fftfreq(flux.shape[0], spacing)[:, None]
    k2 = kx**2 + ky**2
    k2[0, 0] = np.inf
    east, north = (scipy.fft.irfft2(-1j * k / k2 * modes, s=flux.shape) for k in (kx, ky))
    return np.asarray(east), np.asarray(north)


def _ascent(z: Array) -> Array:
    """M: how ascent in bands varies with height, at most 1."""
    return np.where(z < _CLOUD_TOP, np.sin(np.pi * np.minimum(z, _CLOUD_TOP) / _CLOUD_TOP) ** 2, 0.0)


def _ascent_slope(z: Array) -> Array:
    inside = np.minimum(z, _CLOUD_TOP)
    return np.asarray(np.pi / _CLOUD_TOP * np.sin(2 * np.pi * inside / _CLOUD_TOP))
