"""Power spectra of a field and its reconstruction, compared wavelength by wavelength.

::

    layers ─ less the mean, a Hann window on each axis ─ FFT along y, x ─▶ a column of coefficients a (ky, kx)
    all columns ─ FFT along z ─ |·|² ─▶ power, summed in shells of |k| of half an octave

Up to 2²⁴ voxels the coefficients are kept in memory, 16 bytes a voxel; those of larger volumes in a temporary
file.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BandRatio", "PowerSpectra", "resolved_wavelength"]

Floats = NDArray[np.float64]

_IN_MEMORY = 1 << 24  # voxels
_COLUMNS = 1 << 20  # coefficients transformed along z at a time
_TOLERANCE = 0.1  # by which the power of a band that is still resolved may differ


@dataclass(frozen=True)
class BandRatio:
    """Power of a reconstruction over that of its original, in a band of wavelengths.

    Attributes
    ----------
    shortest, longest
        Wavelengths in voxels: ``shortest`` ≤ 1/|k| < ``longest``, k in cycles a voxel.
    ratio
        1 where the power is kept, below 1 where details are lost; None where the original has no power.
    """

    shortest: float
    longest: float
    ratio: float | None


def resolved_wavelength(bands: Sequence[BandRatio]) -> float | None:
    """Return the shortest wavelength down to which bands keep their power to a tenth; None where none does.

    Examples
    --------
    >>> resolved_wavelength([BandRatio(2.0, 4.0, 0.5), BandRatio(4.0, 8.0, 0.95), BandRatio(8.0, 16.0, 1.0)])
    4.0
    """
    found = None
    for band in sorted(bands, key=lambda each: -each.longest):
        if band.ratio is None or abs(band.ratio - 1.0) > _TOLERANCE:
            break
        found = band.shortest
    return found


class PowerSpectra:
    """Spectra of two volumes that come layer by layer.

    Parameters
    ----------
    shape
        Of the volumes (z, y, x).
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._windows = [_hann(length) for length in shape]
        self._shape = shape
        self._layers = 0
        columns = (2, shape[0], shape[1], shape[2] // 2 + 1)
        if math.prod(shape) <= _IN_MEMORY:
            self._columns: NDArray[np.complex128] = np.empty(columns, np.complex128)
        else:
            with tempfile.TemporaryFile(prefix="idlat-spectra-") as file:  # the map keeps it open
                self._columns = np.memmap(file, np.complex128, "w+", shape=columns)

    def add(self, a: Floats, b: Floats) -> None:
        """Add the next layers (n, Y, X) of original and reconstruction, each less the original's mean."""
        from scipy.fft import rfft2

        stop = self._layers + len(a)
        z, y, x = self._windows
        window = z[self._layers : stop, None, None] * (y[:, None] * x)
        for kept, values in zip(self._columns, (a, b), strict=True):
            kept[self._layers : stop] = rfft2(values * window)
        self._layers = stop

    def ratios(self) -> tuple[BandRatio, ...]:
        """Return the ratio of each band that has waves, from short waves to long ones."""
        power = self._power()
        found = []
        for band, (original, decoded, waves) in enumerate(power):
            if waves:
                ratio = float(decoded / original) if original > 0.0 else None
                found.append(BandRatio(2.0 * 2 ** (band / 2), 2.0 * 2 ** ((band + 1) / 2), ratio))
        return tuple(found)

    def _power(self) -> Floats:
        """Return of each band the power of both, and how many coefficients it has."""
        from scipy.fft import fft

        depth, height, width = self._shape
        kz, ky, kx = np.fft.fftfreq(depth), np.fft.fftfreq(height), np.fft.rfftfreq(width)
        twice = np.full(len(kx), 2.0)  # a coefficient stands for its conjugate, too
        twice[0] = 1.0
        if width % 2 == 0:
            twice[-1] = 1.0
        bands = 2 * max(int(np.ceil(np.log2(max(self._shape)))), 1)
        power = np.zeros((bands + 1, 3))
        rows = max(_COLUMNS // (depth * len(kx)), 1)
        for start in range(0, height, rows):
            part = slice(start, start + rows)
            k = np.sqrt(kz[:, None, None] ** 2 + ky[None, part, None] ** 2 + kx**2)
            weights = np.broadcast_to(twice, k.shape)
            band, inside = _bands(k)
            for at in range(2):
                squares = np.abs(fft(self._columns[at, :, part], axis=0)) ** 2 * weights
                power[:, at] += np.bincount(band[inside], squares[inside], bands + 1)[: bands + 1]
            power[:, 2] += np.bincount(band[inside], minlength=bands + 1)[: bands + 1]
        return power


def _hann(length: int) -> Floats:
    """Return a window that is nowhere 0, and 1 on an axis of one voxel."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2, np.float64)


def _bands(k: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the band of each wavenumber, half octaves down from half a cycle a voxel, and which have one."""
    inside = (k > 0.0) & (k <= 0.5)
    octaves = np.log2(0.5 / np.where(inside, k, 0.5))
    return np.floor(2 * octaves + 1e-9).astype(np.int64), inside
