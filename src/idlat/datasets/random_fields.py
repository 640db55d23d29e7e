"""Seeded random fields with power-law spectra: smooth training data that needs no licence.

::

    white noise -> x (k0^2 + k^2)^(-(slope + 2) / 4) -> Gaussian field of variance 1 -> form -> + profile

The Gaussian field is made on a grid a quarter larger than asked for and cropped, so it is not periodic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import scipy.fft
import xarray as xr

from idlat.errors import IdlatError

Form = Literal["gaussian", "lognormal", "gradient", "fronts"]
"""What is made of the Gaussian field: itself, its exponential, its gradient's length, or smoothed steps."""

Real = npt.NDArray[np.float32]

_LARGEST_EDDIES = 2.0
"""Wave number, in waves across the longest axis, below which the spectrum is flat."""


@dataclass(frozen=True)
class RandomFieldOptions:
    """What defines a random field besides its shape and seed.

    Parameters
    ----------
    slope
        The energy in a shell of wave numbers falls as k to the power of minus `slope`: 5/3 is turbulent
        velocity, 7/3 its pressure, 6 nearly a polynomial.
    form
        `"gaussian"`, `"lognormal"` (spiky), `"gradient"` (filaments) or `"fronts"` (plateaus, smooth edges).
    strength
        The standard deviation of the logarithm of `"lognormal"`, the steepness of `"fronts"`.
    stretch
        Factors by which features are longer along z, y and x.
    profile
        Height of a mean profile, exponential along z, in standard deviations of the field.
    """

    slope: float = 3.0
    form: Form = "gaussian"
    strength: float = 1.0
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)
    profile: float = 0.0

    def __post_init__(self) -> None:
        if self.form not in get_args(Form):
            raise IdlatError(f"form must be one of {', '.join(get_args(Form))}, got {self.form!r}")
        if not 0 <= self.slope <= 12:
            raise IdlatError(f"slope must be from 0 to 12, got {self.slope}")
        if not self.strength > 0:
            raise IdlatError(f"strength must be positive, got {self.strength}")
        if len(self.stretch) != 3 or not all(factor > 0 for factor in self.stretch):
            raise IdlatError(f"stretch must be three positive factors (z, y, x), got {self.stretch}")


def random_field(
    shape: tuple[int, int, int], seed: int, options: RandomFieldOptions | None = None, *, workers: int = 2
) -> xr.DataArray:
    """Make a random field.

    Parameters
    ----------
    shape
        Voxels along z, y and x.
    seed
        The same seed, shape and options give the same values.
    options
        Spectrum and form; `RandomFieldOptions()` if not given.
    workers
        Threads of the transforms; the values do not depend on them.

    Returns
    -------
    xarray.DataArray
        float32, dims `(z, y, x)`, dimensionless, with coordinates in voxels.

    Raises
    ------
    IdlatError
        If a size or the seed is out of range.

    Examples
    --------
    >>> field = random_field((8, 12, 16), seed=3, options=RandomFieldOptions(slope=5 / 3))
    >>> field.dims, field.shape, field.dtype.name
    (('z', 'y', 'x'), (8, 12, 16), 'float32')
    """
    options = options or RandomFieldOptions()
    if len(shape) != 3 or min(shape) < 1:
        raise IdlatError(f"shape must be three positive sizes (z, y, x), got {shape}")
    if seed < 0:
        raise IdlatError(f"seed must be 0 or more, got {seed}")
    gaussian = _gaussian(shape, np.random.default_rng(seed), options, workers)
    values = _formed(gaussian, options)
    values += _profile(shape[0], options.profile * float(values.std()))[:, None, None]
    attributes: dict[str, object] = {"units": "1", "long_name": f"random {options.form} field"}
    attributes |= {"slope": options.slope, "seed": seed}
    coords = {axis: (axis, np.arange(n, dtype=np.float64)) for axis, n in zip("zyx", shape, strict=True)}
    return xr.DataArray(values, dims=("z", "y", "x"), coords=coords, name="random_field", attrs=attributes)


def random_options(seed: int) -> RandomFieldOptions:
    """Draw the options of one training sample; consecutive seeds go through the forms in turn.

    Examples
    --------
    >>> [random_options(seed).form for seed in range(4)]
    ['gaussian', 'lognormal', 'gradient', 'fronts']
    """
    rng = np.random.default_rng([seed, 0x1D1A7])
    form: Form = get_args(Form)[seed % len(get_args(Form))]
    slope = float(rng.uniform(5 / 3, 6))
    strength = float(rng.uniform(0.5, 1.5) if form == "lognormal" else rng.uniform(1, 8))
    stretch = [1.0, 1.0, 1.0]
    if rng.random() < 0.5:
        stretch[int(rng.integers(3))] = float(2 ** rng.uniform(-2, 2))
    profile = float(rng.uniform(-6, 6)) if rng.random() < 0.4 else 0.0
    return RandomFieldOptions(slope, form, strength, (stretch[0], stretch[1], stretch[2]), profile)


def _gaussian(
    shape: tuple[int, int, int], rng: np.random.Generator, options: RandomFieldOptions, workers: int
) -> Real:
    """Make a Gaussian field of mean 0 and variance 1, `(z, y, x)`."""
    grid = [scipy.fft.next_fast_len(n + n // 4 + 1, real=True) for n in shape]
    longest = max(shape)
    waves = [scipy.fft.fftfreq(n) * longest for n in grid[:2]] + [scipy.fft.rfftfreq(grid[2]) * longest]
    stretched = [wave * factor for wave, factor in zip(waves, options.stretch, strict=True)]
    kz, ky, kx = np.meshgrid(*stretched, indexing="ij", sparse=True)
    amplitude = (_LARGEST_EDDIES**2 + kz**2 + ky**2 + kx**2) ** (-(options.slope + 2) / 4)
    amplitude[0, 0, 0] = 0
    noise = rng.standard_normal(tuple(grid), np.float32)
    modes = scipy.fft.rfftn(noise, workers=workers) * amplitude.astype(np.float32)
    values = scipy.fft.irfftn(modes, s=grid, workers=workers)[: shape[0], : shape[1], : shape[2]]
    return _standardised(np.array(values, np.float32))


def _standardised(values: Real) -> Real:
    spread = float(values.std(dtype=np.float64))
    return np.asarray((values - values.mean(dtype=np.float64)) / (spread or 1.0), np.float32)


def _formed(gaussian: Real, options: RandomFieldOptions) -> Real:
    """Turn a Gaussian field into the form asked for."""
    match options.form:
        case "lognormal":
            return np.asarray(np.exp(np.float32(options.strength) * gaussian))
        case "gradient":
            return _gradient_length(gaussian)
        case "fronts":
            return np.asarray(np.tanh(np.float32(options.strength) * gaussian))
        case _:
            return gaussian


def _gradient_length(values: Real) -> Real:
    """Length of the gradient in voxels; axes of one voxel have none."""
    axes = [axis for axis, n in enumerate(values.shape) if n > 1]
    slopes = [np.gradient(values, axis=axis) for axis in axes]
    return np.asarray(np.sqrt(sum((slope**2 for slope in slopes), np.zeros_like(values))), np.float32)


def _profile(levels: int, height: float) -> Real:
    """Return an exponential profile from `height` at the bottom towards 0, `(z,)`."""
    return np.asarray(height * np.exp(-2.0 * np.arange(levels) / max(levels - 1, 1)), np.float32)
