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

__all__ = ["estimated_gain", "find_gain"]

_MOST_TRIALS = 16  # whole encodings; one or two are the rule
_ENOUGH = 0.95  # of the tolerance ends the search
_EXACT = 0.2  # of the tolerance, to which an estimate is solved
_ROUGH = 10.0  # tolerances: 1 dB, or a fifth of a ratio
_MOST_ESTIMATES = 40
_TRUSTED = 5  # whole encodings after which the sample is asked no more
_SAME_GAIN = 1e-6
_SUDDEN = 0.001  # in gains, within which more than four times the tolerance is a jump
_ALIKE = 0.01  # gains so near need not be told apart by a sample
_STEEP = 25.0  # tolerances that a gain is worth, about
_BEYOND = 1.3  # of the way to where the target may be, so that it comes to lie between two
_LEAST_STEP = 0.02  # in gains


def find_gain(
    measure: Callable[[float], float],
    estimate: Callable[[float], float],
    target: Target,
    limits: tuple[float, float],
    start: float | None = None,
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
        What to meet: within 2 % for a ratio, 0.1 dB for a PSNR.
    limits
        Lowest and highest gain.
    start
        A gain near which the sample is to be solved first.

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
    gain = sample.solve(0.0, start)
    while len(whole.measured) < _MOST_TRIALS:
        height = whole.height(gain)
        if abs(target.miss(whole.measured[gain])) <= _ENOUGH * target.tolerance:
            return gain
        low, high = whole.bracket(0.0)
        if high - low < _SAME_GAIN or whole.jumps(low, high):
            break
        guess = sample.solve(sample.height(gain) - height)
        trusted = low < guess < high and len(whole.measured) < _TRUSTED
        gain = guess if trusted else whole.next_gain(0.0)
    return _best(whole, measure)


def estimated_gain(
    estimate: Callable[[float], float],
    target: Target,
    limits: tuple[float, float],
    start: float | None = None,
    *,
    roughly: bool = False,
) -> float:
    """Return a gain at which an estimate meets the target, or the nearest limit.

    Arguments are those of :func:`find_gain`; `roughly` is to some half of a gain.
    """
    return _Curve(estimate, target, limits).solve(0.0, start, _ROUGH if roughly else _EXACT)


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
        self._outwards = 0  # steps beyond all that was tried

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

    def next_gain(self, level: float) -> float:
        """Return where to look next for a level: outwards, ever further, or between two by their secant.

        By the Illinois method an end of the bracket that stays again and again counts as half as high each
        time, so that both ends move.
        """
        low, high = self.bracket(level)
        known = [end for end in (low, high) if end in self.measured]
        if not known:
            return (low + high) / 2
        if len(known) == 1:
            away = abs(self.height(known[0]) - level) / (_STEEP * self.target.tolerance)
            step = max(_BEYOND * away, _LEAST_STEP) * 2.0**self._outwards
            self._outwards += 1
            return min(low + step, high) if low in known else max(high - step, low)
        self._stayed = {end: self._stayed.get(end, -1) + 1 for end in (low, high)}
        below, above = (
            (self.height(end) - level) / 2 ** max(self._stayed[end] - 1, 0) for end in (low, high)
        )
        secant = low - below * (high - low) / (above - below) if above != below else low
        return secant if low < secant < high else (low + high) / 2

    def jumps(self, low: float, high: float) -> bool:
        """Whether the height rises too much between two gains for those between to help."""
        if high - low > _SUDDEN or low not in self.measured or high not in self.measured:
            return False
        return self.height(high) - self.height(low) > 4 * self.target.tolerance

    def solve(self, level: float, start: float | None = None, within: float = _EXACT) -> float:
        """Return a gain where the height is about a level, `within` tolerances; else the nearest limit."""
        self._stayed, self._outwards = {}, 0
        gain = start if start is not None and not self.measured else self.next_gain(level)
        for _ in range(_MOST_ESTIMATES):
            self.height(gain)
            low, high = self.bracket(level)
            known = [gain for gain in (low, high) if gain in self.measured]
            best = min(known, key=lambda gain: abs(self.height(gain) - level))
            near = abs(self.height(best) - level) <= within * self.target.tolerance
            if near or (len(known) == 2 and high - low < _ALIKE):
                break
            gain = self.next_gain(level)
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
