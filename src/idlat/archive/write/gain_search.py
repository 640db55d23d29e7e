"""Finding the gain that meets a ratio or a PSNR: a sample says where to look, whole encodings decide.

::

    sample: height s(g) above the target ──solve s(g) = shift──▶ g ──encode the whole──▶ height h(g)
                       ▲                                                         │
                       └──────── shift = s(g) − h(g), what the sample got wrong ─┘   until |h| is small
"""

from __future__ import annotations

import math
from collections.abc import Callable

from idlat.archive.format.settings import Target
from idlat.errors import IdlatError, TargetError, TargetGapError

__all__ = ["find_gain"]

_MOST_TRIALS = 16  # whole encodings; two are the rule
_ENOUGH = 0.8  # of the tolerance ends the search
_EXACT = 0.2  # of the tolerance, to which an estimate is solved
_MOST_ESTIMATES = 40
_TRUSTED = 5  # whole encodings after which the sample is asked no more
_SAME_GAIN = 1e-6


def find_gain(
    measure: Callable[[float], float],
    estimate: Callable[[float], float],
    target: Target,
    limits: tuple[float, float],
) -> float:
    """Return a gain at which the measurement meets the target.

    Parameters
    ----------
    measure
        The LSR or weighted PSNR that a gain gives on the whole field, expensive; the last call is the one for
        the gain that is returned.
    estimate
        The same on a sample, cheap.
    target
        What to meet: within 2 % for a ratio, 0.1 dB for a PSNR; four fifths of that end the search.
    limits
        Lowest and highest gain.

    Raises
    ------
    TargetError
        The target lies outside what the gains reach, or between two gains that are next to each other.

    Examples
    --------
    >>> whole, sample = lambda g: 100 * 2.0**-g, lambda g: 90 * 2.0**-g
    >>> gain = find_gain(whole, sample, Target("ratio", 25), (0.0, 10.0))
    >>> round(gain, 1)
    2.0
    """
    whole, sample = _Curve(measure, target, limits), _Curve(estimate, target, limits)
    gain = sample.solve(0.0)
    while len(whole.measured) < _MOST_TRIALS:
        height = whole.height(gain)
        if abs(target.miss(whole.measured[gain])) <= _ENOUGH * target.tolerance:
            return gain
        low, high = whole.bracket(0.0)
        if high - low < _SAME_GAIN:
            break
        guess = sample.solve(sample.height(gain) - height)
        trusted = low < guess < high and len(whole.measured) < _TRUSTED
        gain = guess if trusted else whole.between(low, high)
    return _best(whole, measure)


def _best(whole: _Curve, measure: Callable[[float], float]) -> float:
    """Return the nearest trial if it is near enough, measured last; else raise with what can be reached."""
    target = whole.target
    best = min(whole.measured, key=lambda gain: abs(target.miss(whole.measured[gain])))
    if abs(target.miss(whole.measured[best])) > target.tolerance:
        raise _unreachable(whole)
    if best != next(reversed(whole.measured)):
        measure(best)
    return best


class _Curve:
    """Heights above the target, which rise with the gain, at the gains tried so far."""

    def __init__(
        self, measure: Callable[[float], float], target: Target, limits: tuple[float, float]
    ) -> None:
        self.measure, self.target, self.limits = measure, target, limits
        self.measured: dict[float, float] = {}
        self._stayed: dict[float, int] = {}  # how often in a row each end of the bracket was one

    def height(self, gain: float) -> float:
        """Return the height at a gain, measured once."""
        if gain not in self.measured:
            self.measured[gain] = self.measure(gain)
        if math.isnan(self.measured[gain]):
            raise IdlatError("--psnr needs a map that is above 0 somewhere: the importance is 0 everywhere")
        return self.target.height(self.measured[gain])

    def bracket(self, level: float) -> tuple[float, float]:
        """Return the tried gains next to a level on either side; a limit where there is none."""
        low, high = self.limits
        for gain in sorted(self.measured):
            if self.height(gain) < level:
                low = gain
            else:
                return low, gain
        return low, high

    def between(self, low: float, high: float, level: float = 0.0) -> float:
        """Return a gain between two: an untried end, else the secant's, by the Illinois method.

        An end that stays again and again counts as half as high each time, so that both ends move.
        """
        for end in (low, high):
            if end not in self.measured:
                return end
        self._stayed = {end: self._stayed.get(end, -1) + 1 for end in (low, high)}
        below, above = (
            (self.height(end) - level) / 2 ** max(self._stayed[end] - 1, 0) for end in (low, high)
        )
        secant = low - below * (high - low) / (above - below) if above != below else low
        return secant if low < secant < high else (low + high) / 2

    def solve(self, level: float) -> float:
        """Return a gain where the height is about a level; the nearest limit where none is."""
        step = (self.limits[1] - self.limits[0]) / 16
        self._stayed = {}
        for _ in range(_MOST_ESTIMATES):
            low, high = self.bracket(level)
            known = [gain for gain in (low, high) if gain in self.measured]
            best = min(known, key=lambda gain: abs(self.height(gain) - level), default=None)
            if best is None:
                gain = (low + high) / 2
            elif abs(self.height(best) - level) <= _EXACT * self.target.tolerance:
                return best
            elif len(known) == 1:
                gain = min(low + step, high) if low in known else max(high - step, low)
                step *= 2
            elif high - low < _SAME_GAIN:
                break
            else:
                gain = self.between(low, high, level)
            self.height(gain)
        assert best is not None
        return best


def _unreachable(whole: _Curve) -> TargetError:
    target = whole.target
    asked = f"--{target.name} {target.value:g} cannot be met"
    below = [v for v in whole.measured.values() if target.miss(v) < 0]
    above = [v for v in whole.measured.values() if target.miss(v) > 0]
    if below and above:
        near = f"{target.show(max(below))} and {target.show(min(above))}"
        return TargetGapError(f"{asked} for this field: the nearest that can be reached are {near}")
    for limit in whole.limits:
        whole.height(limit)
    low, high = sorted(whole.measured[limit] for limit in whole.limits)
    reach = f"{target.show(low)} to {target.show(high)}"
    return TargetError(f"{asked}: this model reaches {reach} on this field under this map")
