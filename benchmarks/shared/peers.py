"""Other compressors behind one small interface, and their bytes at a given weighted PSNR.

A peer is asked for a quantisation step as a fraction of the field's range; everything else follows::

    field, map ── prepared (plain, smoothed, clipped) ──▶ encode(step) ──▶ bytes ──▶ decode ──▶ weighted PSNR
                                                             ▲                                     │
                                                             └──── search for the target ◀─────────┘

The compressors themselves are those of `idlat.reproduce.peers`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from idlat.metrics import weighted_psnr
from idlat.reproduce.peers import PEERS, Peer, PeerError, quiet_stdout

__all__ = ["PEERS", "PREPARATIONS", "Curve", "Peer", "PeerError", "Point", "quiet_stdout"]

Real = npt.NDArray[np.float32]


def plain(values: Real, importance: Real) -> Real:  # noqa: ARG001
    """Leave the field as it is."""
    return values


def smoothed(values: Real, importance: Real) -> Real:
    """Blend the field with a smoothed copy away from where the importance is high."""
    grown = scipy.ndimage.maximum_filter(np.minimum(2 * importance, 1), 5)
    inner = scipy.ndimage.gaussian_filter(grown, 1.5)
    return np.asarray(inner * values + (1 - inner) * scipy.ndimage.gaussian_filter(values, 3), np.float32)


def clipped(values: Real, importance: Real) -> Real:
    """Clip the field to the range that it has where the importance is high."""
    inside = values[importance >= 0.5]
    return np.clip(values, inside.min(), inside.max()) if inside.size else values


PREPARATIONS = {"plain": plain, "smoothed": smoothed, "clipped": clipped}


@dataclass(frozen=True)
class Point:
    """A peer's bytes and weighted PSNR (dB) at one step."""

    step: float
    size: int
    wpsnr: float


@dataclass
class Curve:
    """A peer's sizes over weighted PSNR for one field and map, measured where they are asked for.

    Parameters
    ----------
    peer, values, importance
        The compressor, the field `(z, y, x)` and the map on its grid.
    preparation
        One of `PREPARATIONS`: what the peer is given; errors are always against the field itself.
    """

    peer: Peer
    values: Real
    importance: Real
    preparation: str = "plain"
    points: dict[float, Point] = field(default_factory=dict)

    def at(self, step: float) -> Point:
        """Measure one step, or recall it."""
        if step not in self.points:
            given = PREPARATIONS[self.preparation](self.values, self.importance)
            data, decoded = self.peer.run(given, step)
            wpsnr = weighted_psnr(self.values, decoded, self.importance)
            self.points[step] = Point(step, len(data), wpsnr)
        return self.points[step]

    def bytes_at(self, target: float, tolerance: float = 0.05, limit: int = 14) -> float:
        """Return the bytes for a weighted PSNR of `target` dB.

        The step is searched for until the PSNR is within `tolerance`; between the two nearest steps the
        logarithm of the bytes is taken as linear in the PSNR (ZFP has steps of powers of two only).

        Raises
        ------
        PeerError
            If the peer fails or cannot reach the target.
        """
        low, high = self._bracket(target)
        for _ in range(limit):
            if min(abs(low.wpsnr - target), abs(high.wpsnr - target)) <= tolerance:
                break
            if low.step / high.step < 1.01:
                break
            middle = self.at(math.sqrt(low.step * high.step))
            low, high = (low, middle) if middle.wpsnr >= target else (middle, high)
        if high.wpsnr == low.wpsnr:
            return float(high.size)
        share = min(max((target - low.wpsnr) / (high.wpsnr - low.wpsnr), 0.0), 1.0)
        return float(math.exp((1 - share) * math.log(low.size) + share * math.log(high.size)))

    def _bracket(self, target: float) -> tuple[Point, Point]:
        """Two steps, the coarser one below the target and the finer one above it."""
        if not math.isfinite(target):
            raise PeerError(f"{self.peer.name} cannot be asked for {target} dB")
        low = high = self.at(2 * 10 ** (-target / 20))
        while low.wpsnr > target and low.step < 4:
            low = self.at(low.step * 2)
        while high.wpsnr < target and high.step > 1e-7:
            high = self.at(high.step / 2)
        if low.wpsnr > target or high.wpsnr < target:
            name = f"{self.peer.name} ({self.preparation})"
            reached = f"{low.wpsnr:.1f} to {high.wpsnr:.1f} dB"
            raise PeerError(f"{name} goes from {reached} here, {target:.1f} dB was asked for")
        return low, high
