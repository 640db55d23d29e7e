"""A pseudo-spectral solver of the forced incompressible Navier-Stokes equations on a periodic box.

::

    modes (3, 2K+1, 2K+1, K+1) complex64            K = (n - 1) // 3, everything above is never stored
      |  inverse transform, axis by axis, padded only where it has to be
      v
    velocity u, vorticity w (3, n, n, n) float32
      |  u x w (rotational form), forward transform, truncation at K (no aliasing error in a product of two)
      v
    projection onto divergence-free modes, viscosity by an integrating factor, Runge-Kutta of fourth order

The box has the length 2 pi, so wave numbers are integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.fft

from idlat.errors import IdlatError

FORCED_RADIUS = 2.5
"""Modes with 0 < |k| < 2.5 are forced: their energy is held."""

_COURANT = 2.0
"""Largest dt * K * max |u|; the scheme is stable below 2.8 on the imaginary axis."""

_SMALLEST_THREADED = 48
"""Grid points an axis below which threads cost more than they give."""

Spectral = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Modes:
    """The stored wave numbers of an `n`-cubed box and the transforms between them and the grid.

    Parameters
    ----------
    n
        Grid points an axis.
    workers
        Threads of a transform, on grids large enough to gain from them; the result does not depend on them.
    """

    n: int
    workers: int = 2
    cutoff: int = field(init=False)
    kz: Real = field(init=False, repr=False)
    ky: Real = field(init=False, repr=False)
    kx: Real = field(init=False, repr=False)
    k2: Real = field(init=False, repr=False)
    inside: Real = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.n < 8:
            raise IdlatError(f"size must be 8 or more, got {self.n}")
        cutoff = (self.n - 1) // 3
        both = np.concatenate([np.arange(cutoff + 1), np.arange(-cutoff, 0)]).astype(np.float32)
        half = np.arange(cutoff + 1, dtype=np.float32)
        kz, ky, kx = both[:, None, None], both[None, :, None], half[None, None, :]
        k2 = (kz**2 + ky**2 + kx**2).astype(np.float32)
        inside = ((k2 > 0) & (k2 <= cutoff**2)).astype(np.float32)
        derived: dict[str, object] = {
            "cutoff": cutoff,
            "kz": kz,
            "ky": ky,
            "kx": kx,
            "k2": k2,
            "inside": inside,
        }
        if self.n < _SMALLEST_THREADED:
            derived["workers"] = 1
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one component's modes, `(2K+1, 2K+1, K+1)`."""
        return (2 * self.cutoff + 1, 2 * self.cutoff + 1, self.cutoff + 1)

    def to_grid(self, modes: Spectral) -> Real:
        """Transform modes `(2K+1, 2K+1, K+1)` to the grid `(n, n, n)`."""
        n, k = self.n, self.cutoff
        rows = np.zeros((n, *modes.shape[1:]), np.complex64)
        rows[: k + 1], rows[n - k :] = modes[: k + 1], modes[k + 1 :]
        rows = scipy.fft.ifft(rows, axis=0, norm="forward", overwrite_x=True, workers=self.workers)
        planes = np.zeros((n, n, k + 1), np.complex64)
        planes[:, : k + 1], planes[:, n - k :] = rows[:, : k + 1], rows[:, k + 1 :]
        planes = scipy.fft.ifft(planes, axis=1, norm="forward", overwrite_x=True, workers=self.workers)
        values = scipy.fft.irfft(planes, n=n, axis=2, norm="forward", workers=self.workers)
        return np.asarray(values, np.float32)

    def to_modes(self, values: Real) -> Spectral:
        """Transform grid values `(n, n, n)` to modes, dropping those beyond the cut-off."""
        n, k = self.n, self.cutoff
        lines = scipy.fft.rfft(values, axis=2, norm="forward", workers=self.workers)[:, :, : k + 1]
        planes = scipy.fft.fft(lines, axis=1, norm="forward", workers=self.workers)
        kept = np.concatenate([planes[:, : k + 1], planes[:, n - k :]], axis=1)
        rows = scipy.fft.fft(kept, axis=0, norm="forward", overwrite_x=True, workers=self.workers)
        modes: Spectral = np.concatenate([rows[: k + 1], rows[n - k :]], axis=0)
        modes *= self.inside
        return modes

    def curl(self, vector: Spectral) -> Spectral:
        """Curl of a vector field, components in the order x, y, z: `(3, ...)` -> `(3, ...)`."""
        u, v, w = vector
        out = np.empty_like(vector)
        out[0] = self.ky * w - self.kz * v
        out[1] = self.kz * u - self.kx * w
        out[2] = self.kx * v - self.ky * u
        out *= np.complex64(1j)
        return out

    def divergence(self, vector: Spectral) -> Spectral:
        """Divergence of a vector field: `(3, ...)` -> `(...)`."""
        total: Spectral = np.complex64(1j) * (self.kx * vector[0] + self.ky * vector[1] + self.kz * vector[2])
        return total

    def project(self, vector: Spectral) -> Spectral:
        """Remove the part of a vector field that is not divergence-free, in place."""
        along = self.kx * vector[0] + self.ky * vector[1] + self.kz * vector[2]
        along /= np.maximum(self.k2, 1)
        vector[0] -= self.kx * along
        vector[1] -= self.ky * along
        vector[2] -= self.kz * along
        return vector

    def energy(self, vector: Spectral) -> npt.NDArray[np.float64]:
        """Kinetic energy of each mode; the modes with kx > 0 stand for two."""
        squares = vector.real.astype(np.float64) ** 2 + vector.imag.astype(np.float64) ** 2
        density: npt.NDArray[np.float64] = 0.5 * squares.sum(axis=0)
        density[..., 1:] *= 2
        return density


@dataclass
class Turbulence:
    """The state of a forced turbulent flow.

    Parameters
    ----------
    modes
        Wave numbers and transforms.
    velocity_modes
        `(3, 2K+1, 2K+1, K+1)`, components x, y, z (m/s).
    viscosity
        Kinematic viscosity (m2/s).
    energy
        Kinetic energy held in the forced modes, a unit of mass (m2/s2).
    time
        Simulated time (s).
    """

    modes: Modes
    velocity_modes: Spectral
    viscosity: float
    energy: float
    time: float = 0.0

    @classmethod
    def random(cls, n: int, seed: int, viscosity: float, energy: float, workers: int = 2) -> Turbulence:
        """Start from random divergence-free large eddies."""
        modes = Modes(n, workers)
        rng = np.random.default_rng(seed)
        noise = [modes.to_modes(rng.standard_normal((n, n, n), np.float32)) for _ in range(3)]
        start = modes.project(np.stack(noise) * np.exp(-modes.k2 / 8) * np.sqrt(np.maximum(modes.k2, 1)))
        state = cls(modes, start.astype(np.complex64), viscosity, energy)
        state._hold_energy()
        return state

    def refined(self, n: int, viscosity: float) -> Turbulence:
        """Return the same flow on a finer grid (spectral interpolation)."""
        modes = Modes(n, self.modes.workers)
        k, fine = self.modes.cutoff, np.zeros((3, *modes.shape), np.complex64)
        both = np.concatenate([np.arange(k + 1), np.arange(modes.shape[0] - k, modes.shape[0])])
        fine[:, both[:, None], both[None, :], : k + 1] = self.velocity_modes
        return Turbulence(modes, fine, viscosity, self.energy, self.time)

    def velocity(self) -> Real:
        """Velocity on the grid, `(3, n, n, n)`: components x, y, z over axes z, y, x (m/s)."""
        return np.stack([self.modes.to_grid(component) for component in self.velocity_modes])

    def vorticity_magnitude(self) -> Real:
        """Length of the vorticity vector on the grid, `(n, n, n)` (1/s)."""
        squared = np.zeros((self.modes.n,) * 3, np.float32)
        for component in self.modes.curl(self.velocity_modes):
            squared += self.modes.to_grid(component) ** 2
        return np.sqrt(squared)

    def energy_spectrum(self) -> npt.NDArray[np.float64]:
        """Kinetic energy of the shells |k| = 0, 1, ... K (m2/s2); its sum is the whole energy."""
        shell = np.rint(np.sqrt(self.modes.k2)).astype(int)
        sums = np.bincount(shell.ravel(), self.modes.energy(self.velocity_modes).ravel())
        return np.asarray(sums[: self.modes.cutoff + 1])

    def advance(self, duration: float) -> None:
        """Integrate over `duration` (s) in steps chosen from the Courant number."""
        end = self.time + duration
        while end - self.time > 1e-9 * max(duration, 1.0):
            slope, speed = self._slope(self.velocity_modes)
            largest = _COURANT / (self.modes.cutoff * max(speed, 1e-6))
            count = int(np.ceil((end - self.time) / largest - 1e-9))
            step = (end - self.time) / max(count, 1)
            self._step(step, slope)
            self.time = end if count <= 1 else self.time + step

    def _slope(self, velocity_modes: Spectral) -> tuple[Spectral, float]:
        """Projected u x curl u, and the greatest |u| on the grid."""
        modes = self.modes
        u, v, w = (modes.to_grid(component) for component in velocity_modes)
        a, b, c = (modes.to_grid(component) for component in modes.curl(velocity_modes))
        speed = float(np.sqrt(max((x * x + y * y + z * z).max() for x, y, z in zip(u, v, w, strict=True))))
        slope = np.empty_like(velocity_modes)
        for axis, (p, q, r, s) in enumerate(((v, c, w, b), (w, a, u, c), (u, b, v, a))):
            product = p * q
            product -= r * s
            slope[axis] = modes.to_modes(product)
        return modes.project(slope), speed

    def _step(self, dt: float, first: Spectral) -> None:
        """One Runge-Kutta step of fourth order with the viscous term integrated exactly."""
        half = np.exp(-0.5 * dt * self.viscosity * self.modes.k2).astype(np.float32)
        dt32, start = np.float32(dt), self.velocity_modes
        decayed = half * start
        second = self._slope(half * (start + (dt32 / 2) * first))[0]
        third = self._slope(decayed + (dt32 / 2) * second)[0]
        fourth = self._slope(half * (decayed + dt32 * third))[0]
        early = decayed + (dt32 / 6) * (half * first + 2 * (second + third))
        self.velocity_modes = half * early + (dt32 / 6) * fourth
        self._hold_energy()

    def _hold_energy(self) -> None:
        """Force the flow: scale the lowest modes so that their energy is what it was."""
        low = self.modes.k2 < FORCED_RADIUS**2
        present = float(self.modes.energy(self.velocity_modes)[low].sum())
        self.velocity_modes[:, low] *= np.float32(np.sqrt(self.energy / present))
