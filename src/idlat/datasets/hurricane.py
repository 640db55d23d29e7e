"""A hurricane that moves towards a coast: seven variables on a flat grid, the ground as missing values.

::

    balanced vortex  -> pressure, temperature, tangential wind     (balanced_vortex)
    + steering wind  -> uniform wind, isobars tilted to balance it
    + circulation    -> inflow, eyewall, outflow, spiral rain bands  (circulation)
    + moisture       -> vapour, rain                                 (moisture)
    - terrain        -> missing below the ground                     (terrain)

The domain is 2000 km x 2000 km x 19.8 km at every size. Where the grid is coarse the eyewall is widened, so
that the eye always spans a few voxels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import xarray as xr

from idlat.datasets.balanced_vortex import GRAVITY, BalancedVortex, VortexProfile, far_pressure
from idlat.datasets.circulation import Overturning, RainBands, cell_texture
from idlat.datasets.moisture import VIRTUAL, rain, relative_humidity, saturation
from idlat.datasets.terrain import terrain_height
from idlat.errors import IdlatError

Array = npt.NDArray[np.float64]

DOMAIN, LOWEST, DEPTH = 2_000e3, 35.0, 19_800.0
"""Width, height of the lowest level, and distance from there to the highest, in metres."""

FILL = 1e35
"""Value of voxels below the ground, as in WRF's Hurricane Isabel."""

VARIABLES = {
    "P": ("Pa", "perturbation pressure"),
    "T": ("K", "temperature"),
    "U": ("m s-1", "eastward wind"),
    "V": ("m s-1", "northward wind"),
    "W": ("m s-1", "upward wind"),
    "QVAPOR": ("kg kg-1", "specific humidity"),
    "QRAIN": ("kg kg-1", "rain water mixing ratio"),
}

_FRICTION, _FRICTION_DEPTH = 0.3, 500.0
_SLAB_VOXELS = 2**20


@dataclass(frozen=True)
class HurricaneOptions:
    """What defines a simulated hurricane.

    Parameters
    ----------
    size
        Voxels along x and y, 8 or more; a fifth as many levels.
    steps
        Saved steps.
    seed
        Seed of strength, size, track, bands and coast.
    interval
        Simulated time between two saved steps, in seconds.
    bands
        Strength of the rain bands; 0 for none.
    """

    size: int = 250
    steps: int = 10
    seed: int = 0
    interval: float = 3_600.0
    bands: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("size", 8), ("steps", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise IdlatError(f"{name} must be {least} or more, got {getattr(self, name)}")
        if not 0 < self.interval < np.inf:
            raise IdlatError(f"interval must be positive (s), got {self.interval}")
        if not 0 <= self.bands < np.inf:
            raise IdlatError(f"bands must be 0 or more, got {self.bands}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y and x."""
        return hurricane_shape(self.size)


def hurricane_shape(size: int) -> tuple[int, int, int]:
    """Voxels along z, y and x at a size.

    Examples
    --------
    >>> hurricane_shape(500)
    (100, 500, 500)
    """
    return max(6, round(size / 5)), size, size


@dataclass(frozen=True)
class Hurricane:
    """A hurricane drawn from its options: what stays the same over the steps.

    Parameters
    ----------
    options
        Grid and seed.
    speed, radius
        Largest tangential wind (m/s) and its radius (m) on average over time.
    start, steering
        Place of the centre (m) at time 0, and the wind (m/s) that carries it, each `(x, y)`.
    phase
        Where in its cycle of strength the storm begins.
    """

    options: HurricaneOptions
    speed: float
    radius: float
    start: tuple[float, float]
    steering: tuple[float, float]
    phase: float

    @classmethod
    def of(cls, options: HurricaneOptions) -> Hurricane:
        """Draw a hurricane."""
        rng = np.random.default_rng([options.seed, 0x15ABE1])
        speed, radius = rng.uniform(44, 54), rng.uniform(40e3, 55e3)
        start = (float(rng.uniform(1_300e3, 1_450e3)), float(rng.uniform(550e3, 700e3)))
        steering = (float(rng.uniform(-6.5, -5.0)), float(rng.uniform(3.5, 5.0)))
        widened = max(float(radius), 3 * DOMAIN / options.size)
        return cls(options, float(speed), widened, start, steering, float(rng.uniform(0, 2 * np.pi)))

    @cached_property
    def axes(self) -> tuple[Array, Array, Array]:
        """Coordinates of the voxels' centres along z, y and x, in metres."""
        levels, rows, columns = self.options.shape
        z = LOWEST + np.linspace(0, DEPTH, levels)
        y, x = ((np.arange(n, dtype=np.float64) + 0.5) * (DOMAIN / n) for n in (rows, columns))
        return np.asarray(z, np.float64), y, x

    @cached_property
    def ground(self) -> Array:
        """Height of the ground `(y, x)`, in metres."""
        _, y, x = self.axes
        return terrain_height(x, y, self.options.seed)

    @cached_property
    def texture(self) -> Array:
        """Noise that breaks the rain bands up into cells."""
        return cell_texture(self.options.size, self.options.seed + 2)

    def centre(self, time: float) -> tuple[float, float]:
        """Place `(x, y)` of the centre, in metres, after `time` seconds."""
        return self.start[0] + self.steering[0] * time, self.start[1] + self.steering[1] * time

    def profile(self, time: float) -> VortexProfile:
        """Wind profile after `time` seconds: the strength swings by 8 % in a day and a half."""
        swing = 1 + 0.08 * np.sin(2 * np.pi * time / 129_600 + self.phase)
        return VortexProfile(float(self.speed * swing), self.radius)

    def fields(self, time: float) -> dict[str, npt.NDArray[np.float32]]:
        """All variables after `time` seconds, `(z, y, x)`, NaN below the ground; a few levels at a time."""
        z, y, x = self.axes
        centre = self.centre(time)
        state = _State.of(self, time, x - centre[0], y - centre[1])
        fields = {name: np.empty(self.options.shape, np.float32) for name in VARIABLES}
        depth = max(1, _SLAB_VOXELS // self.ground.size)
        for low in range(0, len(z), depth):
            part = slice(low, low + depth)
            heights = z[part, None, None]
            buried = heights < self.ground
            for name, values in state.at(heights).items():
                fields[name][part] = np.where(buried, np.nan, values)
        return fields


@dataclass(frozen=True)
class _State:
    """The storm at one time, on the map around its centre: `x` is `(n,)`, `y` is `(n, 1)`, in metres."""

    vortex: BalancedVortex
    overturning: Overturning
    bands: RainBands
    steering: tuple[float, float]
    x: Array
    y: Array

    @classmethod
    def of(cls, storm: Hurricane, time: float, x: Array, y: Array) -> _State:
        profile = storm.profile(time)
        bands = RainBands.of(profile, x, y, time, storm.texture, storm.options.bands)
        return cls(BalancedVortex.of(profile), Overturning(profile), bands, storm.steering, x, y[:, None])

    def at(self, z: Array) -> dict[str, Array]:
        """All variables at heights `(levels, 1, 1)`."""
        profile, (steer_x, steer_y) = self.vortex.profile, self.steering
        r = np.hypot(self.x, self.y)
        # the steering wind is geostrophic: it tilts every isobar by the same slope
        tilted = z - profile.coriolis / GRAVITY * (steer_y * self.x - steer_x * self.y)
        pressure = self.vortex.pressure(r, tilted)
        virtual = self.vortex.virtual_temperature(r, tilted)
        ascent = self.overturning.vertical(r, z)
        updraft = self.bands.mass_flux + 2 * ascent
        humidity = relative_humidity(r / profile.radius_at(z), z, updraft) * saturation(pressure, virtual)
        tangential = profile.wind(r, z) * (1 - _FRICTION * np.exp(-z / _FRICTION_DEPTH))
        radial = self.overturning.radial(r, z)
        east, north = self.x / np.maximum(r, 1.0), self.y / np.maximum(r, 1.0)
        band_east, band_north = self.bands.horizontal(z)
        return {
            "P": pressure - far_pressure(z),
            "T": virtual / (1 + VIRTUAL * humidity),
            "U": steer_x - tangential * north + radial * east + band_east,
            "V": steer_y + tangential * east + radial * north + band_north,
            "W": ascent + self.bands.vertical(z),
            "QVAPOR": humidity,
            "QRAIN": rain(z, updraft),
        }


def hurricane(
    size: int = 250, steps: int = 10, seed: int = 0, *, start: int = 0
) -> Iterator[tuple[int, xr.Dataset]]:
    """Simulate a hurricane and yield it step by step.

    Parameters
    ----------
    size, steps, seed
        As in `HurricaneOptions`.
    start
        First step to make; it does not depend on those before.

    Yields
    ------
    tuple[int, xarray.Dataset]
        The step's index and the variables of `VARIABLES`: float32, dims `(z, y, x)`, NaN below the ground
        (1e35 in files), with coordinates in metres, `time` in seconds, the base state pressure `PB` to which
        P adds, and the centre of the eye as attributes.

    Raises
    ------
    IdlatError
        If an option is out of its range.

    Examples
    --------
    >>> for step, fields in hurricane(size=16, steps=2, seed=1):
    ...     print(step, dict(fields.sizes), bool(fields["P"].isnull().any()))
    0 {'z': 6, 'y': 16, 'x': 16} True
    1 {'z': 6, 'y': 16, 'x': 16} True
    """
    storm = Hurricane.of(HurricaneOptions(size, steps, seed))
    return ((step, _labelled(storm, step)) for step in range(start, steps))


def _labelled(storm: Hurricane, step: int) -> xr.Dataset:
    options = storm.options
    time = step * options.interval
    names = ("height", "northward distance", "eastward distance")
    coords: dict[str, object] = {
        axis: (axis, points, {"units": "m", "long_name": name})
        for axis, points, name in zip("zyx", storm.axes, names, strict=True)
    }
    coords["time"] = ((), time, {"units": "s", "long_name": "time since the first saved step"})
    coords["PB"] = ("z", far_pressure(storm.axes[0]), {"units": "Pa", "long_name": "base state pressure"})
    variables = {}
    for name, values in storm.fields(time).items():
        units, long_name = VARIABLES[name]
        variables[name] = xr.DataArray(
            values, dims=("z", "y", "x"), attrs={"units": units, "long_name": long_name}
        )
        variables[name].encoding["_FillValue"] = np.float32(FILL)
    centre = dict(zip(("eye_x", "eye_y"), storm.centre(time), strict=True))
    attributes = {
        **centre,
        "eyewall_radius": storm.radius,
        "steering_x": storm.steering[0],
        "steering_y": storm.steering[1],
        "coriolis": storm.profile(time).coriolis,
        "seed": options.seed,
        "source": "idlat datasets make hurricane: balanced vortex with prescribed circulation",
    }
    return xr.Dataset(variables, coords=coords, attrs=attributes)
