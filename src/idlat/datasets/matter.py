"""Linear theory of matter in a flat universe: parameters, growth, transfer function, power spectrum.

Lengths are comoving, in Mpc/h; `a` is the scale factor, 1 today; radiation is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import integrate, special

from idlat.errors import IdlatError

Array = npt.NDArray[np.float64]

CRITICAL_DENSITY = 2.77536627e11
"""Critical density today, in solar masses and h2 a cubic megaparsec."""

_THETA = 2.7255 / 2.7
"""Temperature of the microwave background over 2.7 K."""


@dataclass(frozen=True)
class Matter:
    """A flat cold-dark-matter universe with a cosmological constant.

    Parameters
    ----------
    omega_m, omega_b
        Density of all matter, and of its baryons, over the critical density today.
    h
        Hubble constant over 100 km/s/Mpc.
    sigma8
        Standard deviation of the linear density today in spheres of 8 Mpc/h.
    n_s
        Exponent of the primordial spectrum.

    Raises
    ------
    IdlatError
        If a parameter is not positive, or the densities are not `omega_b < omega_m < 1`.

    Examples
    --------
    >>> planck = Matter(omega_m=0.31, omega_b=0.049, h=0.68, sigma8=0.81, n_s=0.965)
    >>> round(planck.growth(1.0), 3)
    0.785
    """

    omega_m: float
    omega_b: float
    h: float
    sigma8: float
    n_s: float

    def __post_init__(self) -> None:
        for name in (item.name for item in fields(self)):
            if not getattr(self, name) > 0:
                raise IdlatError(f"{name} must be positive, got {getattr(self, name)}")
        if not self.omega_b < self.omega_m < 1:
            raise IdlatError(f"expected omega_b < omega_m < 1, got {self.omega_b} and {self.omega_m}")

    def expansion(self, a: float) -> float:
        """Hubble rate over that of today."""
        return float(np.sqrt(self.omega_m / a**3 + 1 - self.omega_m))

    def growth(self, a: float) -> float:
        """Linear growth factor D, equal to `a` while matter dominates (Heath's integral in closed form)."""
        return float(a * special.hyp2f1(1 / 3, 1, 11 / 6, self._argument(a)))

    def growth_momentum(self, a: float) -> float:
        """a³ E dD/da, which turns displacements a unit of D into canonical momenta a² dx/dt (in H0)."""
        x = self._argument(a)
        slope = special.hyp2f1(1 / 3, 1, 11 / 6, x) + 3 * x * (2 / 11) * special.hyp2f1(4 / 3, 2, 17 / 6, x)
        return float(a**3 * self.expansion(a) * slope)

    def _argument(self, a: float) -> float:
        return -(a**3) * (1 - self.omega_m) / self.omega_m

    def transfer(self, k: npt.ArrayLike) -> Array:
        """Transfer function without baryon wiggles (Eisenstein & Hu 1998, Eq. 26 and 28–31); k in h/Mpc."""
        k = np.asarray(k, np.float64)
        matter, baryons, share = (
            self.omega_m * self.h**2,
            self.omega_b * self.h**2,
            self.omega_b / self.omega_m,
        )
        horizon = 44.5 * np.log(9.83 / matter) / np.sqrt(1 + 10 * baryons**0.75)  # sound horizon, Mpc
        alpha = 1 - 0.328 * np.log(431 * matter) * share + 0.38 * np.log(22.3 * matter) * share**2
        shape = self.omega_m * self.h * (alpha + (1 - alpha) / (1 + (0.43 * k * self.h * horizon) ** 4))
        q = k * _THETA**2 / shape
        cold = np.log(2 * np.e + 1.8 * q)
        return np.asarray(cold / (cold + (14.2 + 731 / (1 + 62.5 * q)) * q**2))

    def power(self, k: npt.ArrayLike) -> Array:
        """Linear power spectrum of the density today, in (Mpc/h)³, normalised to `sigma8`; 0 at k = 0."""
        k = np.asarray(k, np.float64)
        return np.asarray((self.sigma8 / self._unscaled_sigma()) ** 2 * self._unscaled(k))

    def _unscaled(self, k: Array) -> Array:
        return np.asarray(k**self.n_s * self.transfer(k) ** 2)

    def _unscaled_sigma(self, radius: float = 8.0) -> float:
        """Standard deviation in top-hat spheres before normalisation: ∫ k³ P W² d ln k / 2π²."""
        log_k = np.linspace(np.log(1e-5), np.log(1e3), 16384)
        k = np.exp(log_k)
        x = k * radius
        window = 3 * special.spherical_jn(1, x) / x
        variance = integrate.simpson(k**3 * self._unscaled(k) * window**2 / (2 * np.pi**2), x=log_k)
        return float(np.sqrt(variance))
