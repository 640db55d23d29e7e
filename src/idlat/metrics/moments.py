"""How two fields go together: Pearson's correlation, from sums about the means, joined part by part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "join_moments", "measure_moments", "unit_exponent", "unit_scale"]

_BLOCK = 1 << 18  # elements converted to float64 at a time


@dataclass(frozen=True)
class Moments:
    """Sums over pairs (a, b) of values, about their means, in a unit in which squares stay in float64.

    Attributes
    ----------
    count
        Number of pairs.
    mean_a, mean_b
        Means.
    aa, bb, ab
        Σ (a − ā)², Σ (b − b̄)² and Σ (a − ā)(b − b̄).
    """

    count: int = 0
    mean_a: float = 0.0
    mean_b: float = 0.0
    aa: float = 0.0
    bb: float = 0.0
    ab: float = 0.0

    def joined(self, other: Moments) -> Moments:
        """Return the moments of both parts together (Chan, Golub and LeVeque 1983)."""
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        share, both = other.count / count, self.count * other.count / count
        a, b = other.mean_a - self.mean_a, other.mean_b - self.mean_b
        return Moments(
            count,
            self.mean_a + a * share,
            self.mean_b + b * share,
            self.aa + other.aa + a * a * both,
            self.bb + other.bb + b * b * both,
            self.ab + other.ab + a * b * both,
        )

    @property
    def correlation(self) -> float:
        """Pearson's r; NaN where either is constant."""
        if not (self.aa > 0.0 and self.bb > 0.0):
            return math.nan
        return max(-1.0, min(1.0, self.ab / math.sqrt(self.aa * self.bb)))


def join_moments(parts: Iterable[Moments]) -> Moments:
    """Return the moments of all parts together."""
    joined = Moments()
    for part in parts:
        joined = joined.joined(part)
    return joined


def unit_exponent(low: float, high: float) -> int:
    """Return the power of two by which values between `low` and `high` are divided to lie within −1 and 1.

    Examples
    --------
    >>> unit_exponent(-3.0, 1e300), unit_exponent(0.0, 0.0)
    (997, 0)
    """
    return max(math.frexp(max(abs(low), abs(high)))[1], -1000)


def unit_scale(exponent: int) -> float:
    """Return 2^−exponent, by which values are multiplied without rounding."""
    return math.ldexp(1.0, -exponent)


def measure_moments(
    original: NDArray[Any], reconstruction: NDArray[Any], valid: NDArray[np.bool_], exponent: int = 0
) -> Moments:
    """Return the moments of the pairs of valid values, in units of 2^exponent.

    Examples
    --------
    >>> a = np.array([1.0, 2.0, 3.0, 99.0])
    >>> measure_moments(a, -2 * a, a < 99).correlation
    -1.0
    """
    a, b, keep = (np.asarray(each).reshape(-1) for each in (original, reconstruction, valid))
    if not keep.all():
        a, b = a[keep], b[keep]
    blocks = (slice(start, start + _BLOCK) for start in range(0, a.size, _BLOCK))
    return join_moments(_of_block(a[block], b[block], unit_scale(exponent)) for block in blocks)


def _of_block(a: NDArray[Any], b: NDArray[Any], scale: float) -> Moments:
    u, v = (each.astype(np.float64) * scale for each in (a, b))
    first_u, first_v = float(u[0]), float(v[0])
    u -= first_u  # exactly 0 where all are the same
    v -= first_v
    mean_u, mean_v = float(u.mean()), float(v.mean())
    u -= mean_u
    v -= mean_v
    return Moments(a.size, first_u + mean_u, first_v + mean_v, float(u @ u), float(v @ v), float(u @ v))
