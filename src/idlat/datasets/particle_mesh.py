"""Particles on a periodic mesh: cloud-in-cell deposit, forces by Fourier transform, steps in time.

::

    positions (3, particles) --deposit--> density (n, n, n) --∇⁻², ∇--> forces (3, n, n, n)
                ^                                                              |
                +-- drift by (D1 - D0) <-- velocity dx/dD <-- kick <-- gather -+

Positions are in cells, components in the order z, y, x, and wrap around. Kicks and drifts follow the linear
growth factor D, so that a step of any length moves large scales exactly (Feng et al. 2016, "FastPM").
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt
import scipy.fft

from idlat.datasets.matter import Matter

Real = npt.NDArray[np.float32]
Spectral = npt.NDArray[np.complex64]

WORKERS = 2
"""Threads of the transforms; the values do not depend on them."""

_BATCH = 2**20
"""Particles that are handled at a time, which bounds the memory of indices and weights."""


def waves(n: int) -> tuple[Real, Real, Real]:
    """Wave numbers of a real transform along z, y and x, in radians a cell, ready to broadcast."""
    both = (2 * np.pi * scipy.fft.fftfreq(n)).astype(np.float32)
    half = (2 * np.pi * scipy.fft.rfftfreq(n)).astype(np.float32)
    return both[:, None, None], both[:, None], half


def inverse_laplacian(modes: Spectral) -> Spectral:
    """Solve ∇²φ = δ for modes `(n, n, n // 2 + 1)`; the mean of φ is 0."""
    kz, ky, kx = waves(modes.shape[0])
    k2 = kz**2 + ky**2 + kx**2
    k2[0, 0, 0] = 1
    solved: Spectral = modes / -k2
    solved[0, 0, 0] = 0
    return solved


def derivative(modes: Spectral, *axes: int) -> Real:
    """Differentiate modes once along each of `axes` and transform to the grid `(n, n, n)`, a cell as unit."""
    n = modes.shape[0]
    factor = np.ones((1, 1, 1), np.complex64)
    for axis in axes:
        factor = factor * (1j * waves(n)[axis])
    return np.asarray(scipy.fft.irfftn(modes * factor, s=(n, n, n), workers=WORKERS), np.float32)


def deposit(
    positions: Real, n: int, density: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Share out particles of mass 1 among the eight cells around each (cloud in cell).

    Parameters
    ----------
    positions
        `(3, particles)` in cells; anything outside the box wraps around.
    n
        Cells an axis.
    density
        `(n, n, n)` to add to, in place; zeros unless given.

    Returns
    -------
    ndarray of float64
        Mass in each cell, `(n, n, n)`; its sum is the number of particles.

    Examples
    --------
    >>> mass = deposit(np.array([[1.0], [2.0], [3.25]], np.float32), 4)
    >>> float(mass[1, 2, 3]), float(mass[1, 2, 0])
    (0.75, 0.25)
    """
    total = np.zeros((n, n, n)) if density is None else density
    flat = total.reshape(-1)
    for part in _batches(positions):
        for cell, weight in _clouds(part, n):
            flat += np.bincount(cell, weight, minlength=n**3)
    return total


def gather(field: Real, positions: Real) -> Real:
    """Interpolate a field `(n, n, n)` linearly at positions `(3, particles)`: the transpose of `deposit`."""
    values = np.empty(positions.shape[1], np.float32)
    flat, start = field.reshape(-1), 0
    for part in _batches(positions):
        sums = np.zeros(part.shape[1], np.float32)
        for cell, weight in _clouds(part, field.shape[0]):
            sums += weight * flat[cell]
        values[start : start + len(sums)] = sums
        start += len(sums)
    return values


def _batches(positions: Real) -> Iterator[Real]:
    for start in range(0, positions.shape[1], _BATCH):
        yield positions[:, start : start + _BATCH]


def _clouds(positions: Real, n: int) -> Iterator[tuple[npt.NDArray[np.int64], Real]]:
    """For each of the eight corners around the particles: the cell's flat index and the weight."""
    floor = np.floor(positions)
    fraction = positions - floor
    low = np.mod(floor.astype(np.int64), n)
    high = np.where(low == n - 1, 0, low + 1)
    for corner in product((0, 1), repeat=3):
        z, y, x = (high[axis] if up else low[axis] for axis, up in enumerate(corner))
        a, b, c = (fraction[axis] if up else 1 - fraction[axis] for axis, up in enumerate(corner))
        yield (z * n + y) * n + x, a * b * c


def step(matter: Matter, positions: Real, velocities: Real, start: float, end: float, n: int) -> None:
    """Advance particles in place from scale factor `start` to `end`: half a drift, a kick, half a drift.

    Parameters
    ----------
    positions, velocities
        `(3, particles)`: in cells, and dx/dD at `start`, in cells a unit of growth.
    n
        Cells an axis.
    """
    middle = (start + end) / 2
    first, half, last = (matter.growth(a) for a in (start, middle, end))
    before, after = matter.growth_momentum(start), matter.growth_momentum(end)
    # the momentum is growth_momentum * dx/dD; in linear theory the force is D times dx/dD
    drift(positions, velocities, half - first, n)
    modes = scipy.fft.rfftn(deposit(positions, n).astype(np.float32), workers=WORKERS)
    modes *= n**3 / positions.shape[1]  # over the mean density; the mean itself pulls nowhere
    potential = inverse_laplacian(modes)
    for axis in range(3):
        force = gather(-derivative(potential, axis), positions)
        velocities[axis] *= before / after
        velocities[axis] += force * np.float32((after - before) / (half * after))
    drift(positions, velocities, last - half, n)


def drift(positions: Real, velocities: Real, growth: float, n: int) -> None:
    """Move particles by `velocities * growth` in place and wrap them into the box."""
    for position, velocity in zip(positions, velocities, strict=True):
        position += velocity * np.float32(growth)
        np.mod(position, np.float32(n), out=position)
