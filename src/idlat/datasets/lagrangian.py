"""A Gaussian density field and where it moves matter, by Lagrangian perturbation theory of second order.

::

    white noise -> x sqrt(power) -> density modes -> potential φ1 -> first-order displacement  -∇φ1
                                                        |
                                                        +-> Σ φ,ii φ,jj - φ,ij² = ∇²φ2 -> second order  ∇φ2

Positions are x = q - D ∇φ1 + D2 ∇φ2 with D2 = -3/7 D², in cells; densities and displacements are those of
D = 1.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.fft

from idlat.datasets.matter import Matter
from idlat.datasets.particle_mesh import WORKERS, Real, Spectral, derivative, inverse_laplacian, waves

SECOND_ORDER = -3 / 7
"""D2 over D² while matter dominates, which it does when the particles start."""


def density_modes(matter: Matter, n: int, cell: float, rng: np.random.Generator) -> Spectral:
    """Draw the linear density of growth D = 1 as modes of a real transform, `(n, n, n // 2 + 1)`.

    Parameters
    ----------
    matter
        Gives the power spectrum.
    n
        Cells an axis.
    cell
        Comoving length of a cell, in Mpc/h.
    rng
        Draws the noise.
    """
    noise = rng.standard_normal((n, n, n), np.float32)
    modes: Spectral = scipy.fft.rfftn(noise, workers=WORKERS)
    kz, ky, kx = waves(n)
    k = np.sqrt(kz**2 + ky**2 + kx**2) / cell
    # white noise of variance 1 has the power of one cell's volume
    modes *= np.sqrt(matter.power(k) / cell**3).astype(np.float32) / np.float32(matter.growth(1.0))
    return modes


def displacements(modes: Spectral) -> tuple[Real, Real]:
    """Return the displacements -∇φ1 and ∇φ2 of density modes of D = 1, each `(3, n, n, n)` in cells."""
    potential = inverse_laplacian(modes)
    first = np.stack([-derivative(potential, axis) for axis in range(3)])
    source = _second_order_source(potential)
    potential = inverse_laplacian(scipy.fft.rfftn(source, workers=WORKERS))
    second = np.stack([derivative(potential, axis) for axis in range(3)])
    return first, second


def _second_order_source(potential: Spectral) -> Real:
    """Σ over i < j of φ,ii φ,jj - φ,ij², `(n, n, n)`."""
    diagonal = [derivative(potential, axis, axis) for axis in range(3)]
    source = np.zeros_like(diagonal[0])
    for i, j in combinations(range(3), 2):
        source += diagonal[i] * diagonal[j]
        source -= derivative(potential, i, j) ** 2
    return source


def displaced(modes: Spectral, growth: float) -> tuple[Real, Real]:
    """Place particles, one a cell, at growth D.

    Returns
    -------
    tuple of ndarray
        Displacements x - q in cells, and dx/dD, each `(3, n, n, n)`.
    """
    velocities, second = displacements(modes)
    shifts = velocities * np.float32(growth)
    shifts += second * np.float32(SECOND_ORDER * growth**2)
    second *= np.float32(2 * SECOND_ORDER * growth)
    velocities += second
    return shifts, velocities
