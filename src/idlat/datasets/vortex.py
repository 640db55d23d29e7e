"""Simulated vortices: the vorticity magnitude of forced isotropic turbulence, step by step.

A flow is spun up on coarse grids first, where it is cheap, and refined spectrally to its final size; each
grid's viscosity is the final one scaled so that its smallest eddies span the same number of voxels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from idlat.datasets.turbulence import Turbulence
from idlat.errors import IdlatError

REFERENCE_SIZE = 128
"""Grid points an axis at which `viscosity` is taken as it is given."""

_ENERGY = 1.7
_SMALLEST_GRID = 32
_SPIN_UP_FIRST, _SPIN_UP_BETWEEN, _SPIN_UP_LAST = 4.0, 3.0, 1.5
_INTERVAL = 0.06


@dataclass(frozen=True)
class VortexOptions:
    """What defines a simulated vortex series.

    Parameters
    ----------
    size
        Grid points an axis, 8 or more.
    steps
        Saved steps.
    seed
        Seed of the initial flow.
    viscosity
        Kinematic viscosity (m2/s) at a size of 128; another size `n` gets `viscosity * (128 / n) ** (4 / 3)`,
        so that the smallest eddies span as many voxels.
    interval
        Simulated time between two saved steps (s); a large eddy turns over in about one second.
    workers
        Threads; the values do not depend on them.
    """

    size: int = 128
    steps: int = 30
    seed: int = 0
    viscosity: float = 0.02
    interval: float = _INTERVAL
    workers: int = 2

    def __post_init__(self) -> None:
        for name, least in (("size", 8), ("steps", 1), ("seed", 0), ("workers", 1)):
            if getattr(self, name) < least:
                raise IdlatError(f"{name} must be {least} or more, got {getattr(self, name)}")
        for name in ("viscosity", "interval"):
            if not getattr(self, name) > 0:
                raise IdlatError(f"{name} must be positive, got {getattr(self, name)}")

    def viscosity_at(self, size: int) -> float:
        """Viscosity on a grid of `size` points an axis (m2/s)."""
        return float(self.viscosity * (REFERENCE_SIZE / size) ** (4 / 3))


def spin_up(options: VortexOptions) -> Turbulence:
    """Return a developed flow at the final size, ready for its first saved step."""
    sizes = [options.size]
    while sizes[-1] // 2 >= _SMALLEST_GRID:
        sizes.append(sizes[-1] // 2)
    first = sizes.pop()
    flow = Turbulence.random(first, options.seed, options.viscosity_at(first), _ENERGY, options.workers)
    flow.advance(_SPIN_UP_FIRST)
    while sizes:
        finer = sizes.pop()
        flow = flow.refined(finer, options.viscosity_at(finer))
        flow.advance(_SPIN_UP_BETWEEN if sizes else _SPIN_UP_LAST)
    return flow


def vortex(
    size: int = 128,
    steps: int = 30,
    seed: int = 0,
    viscosity: float = 0.02,
    *,
    interval: float = _INTERVAL,
    workers: int = 2,
) -> Iterator[tuple[int, xr.DataArray]]:
    """Simulate forced turbulence and yield its vorticity magnitude step by step.

    Parameters are those of `VortexOptions`.

    Yields
    ------
    tuple[int, xarray.DataArray]
        The step's index and the field: float32, dims `(z, y, x)`, in 1/s, with coordinates in metres and a
        scalar coordinate `time` in seconds since the first saved step.

    Raises
    ------
    IdlatError
        If an option is out of its range.

    Examples
    --------
    >>> for step, field in vortex(size=8, steps=2, seed=1):
    ...     print(step, field.dims, field.shape, field.attrs["units"])
    0 ('z', 'y', 'x') (8, 8, 8) s-1
    1 ('z', 'y', 'x') (8, 8, 8) s-1
    """
    return _series(VortexOptions(size, steps, seed, viscosity, interval, workers))


def _series(options: VortexOptions) -> Iterator[tuple[int, xr.DataArray]]:
    flow = spin_up(options)
    for step in range(options.steps):
        if step:
            flow.advance(options.interval)
        yield step, _labelled(flow.vorticity_magnitude(), step * options.interval, options)


def _labelled(values: np.ndarray, time: float, options: VortexOptions) -> xr.DataArray:
    """Attach dims, coordinates and attributes to a step's values `(n, n, n)`."""
    points = np.arange(options.size) * (2 * np.pi / options.size)
    coords: dict[str, object] = {
        axis: (axis, points, {"units": "m", "long_name": f"position along {axis}"}) for axis in "zyx"
    }
    coords["time"] = ((), time, {"units": "s", "long_name": "time since the first saved step"})
    attributes = {
        "units": "s-1",
        "long_name": "vorticity magnitude",
        "viscosity": options.viscosity_at(options.size),
        "seed": options.seed,
        "source": "idlat datasets make vortex: forced incompressible Navier-Stokes, periodic box",
    }
    return xr.DataArray(values, dims=("z", "y", "x"), coords=coords, name="vorticity", attrs=attributes)
