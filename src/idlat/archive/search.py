"""Finding the gain that meets a ratio or a PSNR: bracketing, then the secant method (Illinois form)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from idlat.errors import IdlatError

__all__ = ["GainTarget", "find_gain"]

_MOST_TRIALS = 24


@dataclass(frozen=True)
class GainTarget:
    """What a gain is searched for.

    Parameters
    ----------
    name
        ``ratio`` or ``psnr``.
    value
        LSR, or weighted PSNR in dB.
    """

    name: str
    value: float

    def miss(self, measured: float) -> float:
        """Return how far a measurement lies above the target: in parts of a ratio, in dB of a PSNR."""
        return measured / self.value - 1.0 if self.name == "ratio" else measured - self.value

    def height(self, measured: float) -> float:
        """Return the same on the scale that is nearly linear in the gain, rising with it."""
        if self.name == "psnr":
            return min(measured, 1e4) - self.value
        return -math.log(measured / self.value)

    @property
    def tolerance(self) -> float:
        """The largest miss that is accepted."""
        return 0.02 if self.name == "ratio" else 0.1

    def show(self, measured: float) -> str:
        """Return a measurement as text."""
        return f"{measured:.4g}" + (" dB" if self.name == "psnr" else "")


def find_gain(measure: Callable[[float], float], target: GainTarget, limits: tuple[float, float]) -> float:
    """Return a gain at which the measurement meets the target.

    Parameters
    ----------
    measure
        The LSR or weighted PSNR that a gain gives; the last call is the one for the gain that is returned.
    target
        What to meet: within 2 % for a ratio, 0.1 dB for a PSNR; half of that ends the search.
    limits
        Lowest and highest gain.

    Raises
    ------
    IdlatError
        The target lies outside what the gains reach, or between two gains that are next to each other.

    Examples
    --------
    >>> gain = find_gain(lambda g: 100 * 2.0**-g, GainTarget("ratio", 25), (0.0, 10.0))
    >>> round(gain, 1)
    2.0
    """
    return _Search(measure, target, limits).run()


class _Search:
    """The gains tried so far, and the two nearest on either side of the target."""

    def __init__(
        self, measure: Callable[[float], float], target: GainTarget, limits: tuple[float, float]
    ) -> None:
        self.measure, self.target, self.limits = measure, target, limits
        self.tried: dict[float, float] = {}

    def run(self) -> float:
        middle = sum(self.limits) / 2
        height = self._try(middle)
        gain = middle if self._met() else self._bracketed(middle, height)
        if gain != next(reversed(self.tried)):
            self.measure(gain)
        return gain

    def _try(self, gain: float) -> float:
        """Measure at a gain, and return the height above the target."""
        self.tried[gain] = self.measure(gain)
        if math.isnan(self.tried[gain]):
            raise IdlatError("--psnr needs a map that is above 0 somewhere: the importance is 0 everywhere")
        return self.target.height(self.tried[gain])

    def _met(self) -> bool:
        """Whether the last trial meets the target to half of the tolerance."""
        last = self.tried[next(reversed(self.tried))]
        return abs(self.target.miss(last)) <= self.target.tolerance / 2

    def _bracketed(self, middle: float, height: float) -> float:
        """Step away from the middle, twice as far each time, until the target lies between two trials."""
        here = middle
        low, high = self.limits
        edge = low if height > 0 else high
        step = (high - low) / 16
        while here != edge:
            there = max(here - step, low) if height > 0 else min(here + step, high)
            beyond = self._try(there)
            if self._met():
                return there
            if (beyond > 0) != (height > 0):
                return self._secant(here, height, there, beyond)
            here, height, step = there, beyond, step * 2
        return self._accepted()

    def _secant(self, a: float, fa: float, b: float, fb: float) -> float:
        """Narrow a bracket; the end that stays put twice counts half (Illinois)."""
        while len(self.tried) < _MOST_TRIALS and abs(b - a) > 1e-6:
            c = b - fb * (b - a) / (fb - fa)
            if not min(a, b) < c < max(a, b):
                c = (a + b) / 2
            fc = self._try(c)
            if self._met():
                return c
            if (fc > 0) != (fb > 0):
                a, fa = b, fb
            else:
                fa /= 2
            b, fb = c, fc
        return self._accepted()

    def _accepted(self) -> float:
        """Return the best trial if it meets the target, else raise with what can be reached."""
        best = min(self.tried, key=lambda gain: abs(self.target.miss(self.tried[gain])))
        if abs(self.target.miss(self.tried[best])) <= self.target.tolerance:
            return best
        raise self._unreachable()

    def _unreachable(self) -> IdlatError:
        asked = f"--{self.target.name} {self.target.value:g} cannot be met"
        below = [v for v in self.tried.values() if self.target.miss(v) < 0]
        above = [v for v in self.tried.values() if self.target.miss(v) > 0]
        if below and above:
            near = f"{self.target.show(max(below))} and {self.target.show(min(above))}"
            return IdlatError(f"{asked} for this field: the nearest that can be reached are {near}")
        for limit in self.limits:
            if limit not in self.tried:
                self._try(limit)
        low, high = sorted(self.tried[limit] for limit in self.limits)
        reach = f"{self.target.show(low)} to {self.target.show(high)}"
        return IdlatError(f"{asked}: this model reaches {reach} on this field under this map")
