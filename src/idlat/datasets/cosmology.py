"""An ensemble of cosmological density fields: members that differ in parameters and in their random phases.

::

    parameters -> linear density -> 2LPT at a = 0.05 -> particle-mesh steps -> matter sheet -> log10
     (matter)                 (lagrangian)              (particle_mesh)            (here)

A cell is 0.25 Mpc/h whatever the size, so that a larger field shows more of the universe, not finer detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy import ndimage

from idlat.datasets.lagrangian import density_modes, displaced
from idlat.datasets.matter import CRITICAL_DENSITY, Matter
from idlat.datasets.particle_mesh import Real, deposit, step
from idlat.errors import IdlatError

START = 0.05
"""Scale factor at which 2LPT hands over to the particle mesh."""

_SMOOTHING = 0.7
"""Width, in cells, of the Gaussian that stands for the pressure of the gas."""

_EMPTIEST = 1e-3
"""Density over the mean below which a cell counts as empty: it has to have a logarithm."""


@dataclass(frozen=True)
class CosmologyOptions:
    """What defines an ensemble.

    Parameters
    ----------
    size
        Cells an axis, 8 or more; as many particles.
    members
        Members of the ensemble.
    seed
        Member `m` depends on `(seed, m)` and on no other member.
    cell
        Comoving length of a cell, in Mpc/h.
    redshift
        When the density is taken.
    mesh_steps
        Particle-mesh steps from the start to there.
    """

    size: int = 128
    members: int = 5
    seed: int = 0
    cell: float = 0.25
    redshift: float = 2.0
    mesh_steps: int = 8

    def __post_init__(self) -> None:
        for name, least in (("size", 8), ("members", 1), ("seed", 0), ("mesh_steps", 1)):
            if getattr(self, name) < least:
                raise IdlatError(f"{name} must be {least} or more, got {getattr(self, name)}")
        if not 0 < self.cell < np.inf:
            raise IdlatError(f"cell must be positive (Mpc/h), got {self.cell}")
        if not 0 <= self.redshift < 1 / START - 1:
            raise IdlatError(f"redshift must be from 0 to less than {1 / START - 1:g}, got {self.redshift}")

    @property
    def scale_factor(self) -> float:
        """Scale factor at `redshift`."""
        return 1 / (1 + self.redshift)


def cosmology(
    size: int = 128, members: int = 5, seed: int = 0, *, start: int = 0
) -> Iterator[tuple[int, xr.DataArray]]:
    """Simulate an ensemble and yield it member by member.

    Parameters
    ----------
    size, members, seed
        As in `CosmologyOptions`.
    start
        First member to make; it does not depend on those before.

    Yields
    ------
    tuple[int, xarray.DataArray]
        The member's index and the log10 of its gas density: float32, dims `(z, y, x)`, in log10 of solar
        masses a cubic comoving megaparsec, with coordinates in Mpc/h and its parameters as attributes.

    Raises
    ------
    IdlatError
        If an option is out of its range.

    Examples
    --------
    >>> for member, field in cosmology(size=8, members=2, seed=1):
    ...     print(member, field.dims, field.shape, field.name)
    0 ('z', 'y', 'x') (8, 8, 8) log_density
    1 ('z', 'y', 'x') (8, 8, 8) log_density
    """
    options = CosmologyOptions(size, members, seed)
    return ((member, member_field(options, member)) for member in range(start, members))


def member_field(options: CosmologyOptions, member: int) -> xr.DataArray:
    """Simulate one member; see `cosmology`."""
    matter = draw_matter(options.seed, member)
    modes = density_modes(
        matter, options.size, options.cell, np.random.default_rng([options.seed, member, 1])
    )
    density = ndimage.gaussian_filter(
        evolved_density(matter, modes, options), _SMOOTHING, mode="wrap", truncate=6
    )
    gas = CRITICAL_DENSITY * matter.h**2 * matter.omega_b  # mean density, solar masses a cubic megaparsec
    values = np.log10(gas * np.maximum(density, _EMPTIEST)).astype(np.float32)
    return _labelled(values, matter, options, member)


def draw_matter(seed: int, member: int) -> Matter:
    """Draw a member's parameters.

    Densities and h lie in the ranges of Nyx ensembles (InSituNet, He et al. 2019: Ω_m h² from 0.12 to 0.155,
    Ω_b h² from 0.0215 to 0.0235, h from 0.55 to 0.85), σ8 and n_s around measured values.

    Examples
    --------
    >>> draw_matter(0, 1) == draw_matter(0, 1), draw_matter(0, 1) == draw_matter(0, 2)
    (True, False)
    """
    rng = np.random.default_rng([seed, member, 0])
    h = float(rng.uniform(0.55, 0.85))
    matter, baryons, sigma8, n_s = (
        float(rng.uniform(*limits)) for limits in ((0.12, 0.155), (0.0215, 0.0235), (0.7, 0.9), (0.93, 1.0))
    )
    return Matter(matter / h**2, baryons / h**2, h, sigma8, n_s)


def evolved_density(
    matter: Matter, modes: npt.NDArray[np.complex64], options: CosmologyOptions
) -> npt.NDArray[np.float64]:
    """Evolve linear density modes to the redshift; return the density over its mean, `(n, n, n)`."""
    n = options.size
    shifts, speeds = displaced(modes, matter.growth(START))
    origin = np.arange(n, dtype=np.float32)
    at_rest = np.stack(np.meshgrid(origin, origin, origin, indexing="ij"))
    positions, velocities = (at_rest + shifts).reshape(3, -1), speeds.reshape(3, -1)
    times = np.linspace(START, options.scale_factor, options.mesh_steps + 1)
    for begin, end in pairwise(times.tolist()):
        step(matter, positions, velocities, begin, end, n)
    shifts = positions.reshape(at_rest.shape) - at_rest
    shifts -= n * np.round(shifts / n)  # the way moved, without the wrapping
    return _sheet_density(shifts)


def _sheet_density(shifts: Real) -> npt.NDArray[np.float64]:
    """Deposit eight interpolated particles for each one, a continuous sheet of matter (Abel et al. 2012).

    In voids particles are more than a cell apart: alone they would leave empty cells between them.
    """
    n = shifts.shape[1]
    density = np.zeros((n, n, n))
    origin = np.arange(n, dtype=np.float32)
    for offset in product((0, 1), repeat=3):
        moved = shifts
        for axis in (axis for axis in range(3) if offset[axis]):
            moved = (moved + np.roll(moved, -1, axis=axis + 1)) * np.float32(0.5)
        places = np.stack(np.meshgrid(*(origin + np.float32(half / 2) for half in offset), indexing="ij"))
        deposit((places + moved).reshape(3, -1), n, density)
    density /= 8
    return density


def _labelled(values: Real, matter: Matter, options: CosmologyOptions, member: int) -> xr.DataArray:
    points = (np.arange(options.size) + 0.5) * options.cell
    coords = {axis: (axis, points, {"units": "Mpc/h", "long_name": f"comoving {axis}"}) for axis in "zyx"}
    attributes: dict[str, object] = {
        "units": "log10(Msun Mpc-3)",
        "long_name": "log10 of the comoving gas density",
        **asdict(matter),
        "redshift": options.redshift,
        "seed": options.seed,
        "member": member,
        "source": "idlat datasets make cosmology: 2LPT and particle mesh, periodic box",
    }
    return xr.DataArray(values, dims=("z", "y", "x"), coords=coords, name="log_density", attrs=attributes)
