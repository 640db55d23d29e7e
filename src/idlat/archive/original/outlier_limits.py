"""Values far from all others, such as spikes and fill values that nobody declared: found, and kept exactly.

They would widen the range by which a field is normalised until everything else is lost in it. So they do not
take part in the normalisation and in the transform: the mask has a category for each such value, as for fill
values, and decoding puts them back. Unlike these they are valid values, and count in every error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Limits", "representatives", "usual_limits"]

_GAP = 30.0  # times as far from the median as any usual value
_ROOM = 5.0  # times the largest distance of a usual value: as far as values that the sample missed may lie
_COMPACT = 1000.0  # the farthest usual value lies at most so many median distances from the median
_SHARE = 0.02  # of the values, at most, may be outliers that differ from each other
_FEWEST = 16  # values among which an outlier can be told
_OFTEN = 3  # times that an extreme comes to be one that occurs again and again
_MANY = 1000  # values, of which 1.5 times the share is more than the share and some

Limits = tuple[float, float]
Values = NDArray[np.float64]


def usual_limits(values: Values) -> Limits | None:
    """Return limits between the usual values and those far away; None where none is far away.

    Far away is what lies 30 times as far from the median as everything usual, which must itself be compact:
    where values thin out over many orders of magnitude, none is an outlier. At most 2 % of the values are
    outliers, or one extreme that occurs again and again.

    Parameters
    ----------
    values
        A sample, any order, and the field's extremes.

    Returns
    -------
    (low, high) or None
        In the gaps between usual values and outliers; infinite where that side has none.

    Examples
    --------
    >>> values = np.append(np.linspace(-1, 1, 99), 1e30)
    >>> low, high = usual_limits(values)
    >>> low, 1 < high < 1e30
    (-inf, True)
    >>> usual_limits(np.linspace(-1, 1, 99)) is None
    True
    """
    if _compact(values):
        return None
    ordered = np.sort(values)
    usual = _without_repeated_extremes(ordered)
    centre, reach = _reach(usual)
    if reach is not None:
        usual = usual[np.abs(usual - centre) <= reach]
    if len(usual) == len(ordered):
        return None
    first, last = float(usual[0]), float(usual[-1])
    below, above = ordered[ordered < first], ordered[ordered > last]
    room = _ROOM * max(last - centre, centre - first)
    low = max(below[-1] / 2 + first / 2, centre - room) if below.size else -np.inf
    high = min(last / 2 + above[0] / 2, centre + room) if above.size else np.inf
    return float(low), float(high)


def _compact(values: Values) -> bool:
    """Whether it takes no sorting to see that no value is far away; False where it does.

    No extreme comes often, and more values than may be outliers lie so far from the median that nothing lies
    30 times as far.
    """
    low, high = values.min(), values.max()
    if len(values) < _MANY or any(np.count_nonzero(values == end) >= _OFTEN for end in (low, high)):
        return False
    if not np.isfinite(high - low):
        return False
    # Either group is at least a tenth of the range away from any centre.
    ends = values <= low + 0.4 * (high - low), values >= low + 0.6 * (high - low)
    return all(np.count_nonzero(end) > 1.5 * _SHARE * len(values) for end in ends)


def _without_repeated_extremes(ordered: Values) -> Values:
    """Leave out the largest value, and the smallest, where it occurs often and far from the rest."""
    for extreme in (ordered[0], ordered[-1]):
        rest = ordered[ordered != extreme]
        if len(rest) < _FEWEST or len(ordered) - len(rest) < _OFTEN:
            continue
        centre = float(np.median(rest))
        distances = np.abs(rest - centre)
        usual = float(np.quantile(distances, 1 - _SHARE))
        if 0 < usual * _GAP <= abs(extreme - centre) and usual <= _COMPACT * _typical(distances):
            ordered = rest
    return ordered


def _reach(ordered: Values) -> tuple[float, float | None]:
    """Return the median, and the largest distance from it before the gap; None where there is no gap."""
    centre = float(np.median(ordered))
    distances = np.sort(np.abs(ordered - centre))
    distances = distances[distances > 0]
    if len(distances) < _FEWEST:
        return centre, None
    count = max(int(_SHARE * len(distances)), min(3, len(distances) // 8))
    tail = distances[len(distances) - count - 1 :]
    gaps = np.flatnonzero((tail[1:] / _GAP >= tail[:-1]) & (tail[:-1] <= _COMPACT * _typical(distances)))
    return centre, float(tail[gaps[0]]) if gaps.size else None


def _typical(distances: Values) -> float:
    """Return the median distance of the values that differ from the median."""
    away = distances[distances > 0]
    return float(np.median(away)) if away.size else 0.0


def representatives(values: NDArray[Any], most: int) -> tuple[float, ...]:
    """Return the outliers' values, rising; where there are too many, representatives of their neighbours.

    Parameters
    ----------
    values
        Distinct, rising; integers stay what they are.
    most
        How many there may be; at least 1.

    Examples
    --------
    >>> representatives(np.array([-1e9, 1e20, 1e30]), 9)
    (-1000000000.0, 1e+20, 1e+30)
    >>> representatives(np.array([100.0, 101.0, 200.0]), 2)
    (101.0, 200.0)
    """
    if len(values) <= most:
        return tuple(values.tolist())
    real = values.astype(np.float64)
    low, high = 0.0, 1e4
    for _ in range(60):  # bisection of the largest ratio within a group
        middle = (low + high) / 2
        low, high = (low, middle) if len(_groups(real, middle)) <= most else (middle, high)
    groups = _groups(real, high)
    if len(groups) > most:  # a few around 0 that no ratio brings together
        groups = [int(start) for start in np.linspace(0, len(values), most, endpoint=False)]
    ends = [*groups[1:], len(values)]
    return tuple(values[(start + end) // 2].item() for start, end in zip(groups, ends, strict=True))


def _groups(values: Values, log_ratio: float) -> list[int]:
    """Return where groups of rising values begin, in each of which magnitudes differ by a ratio at most."""
    starts, at = [], 0
    with np.errstate(divide="ignore"):
        keys = np.sign(values) * (np.log(np.abs(values)) + 800.0)  # rising with the values, logarithmic
    while at < len(values):
        starts.append(at)
        end = int(np.searchsorted(keys, keys[at] + log_ratio, "right"))
        if values[at] < 0:
            end = min(end, int(np.searchsorted(values, 0.0)))
        at = max(end, at + 1)
    return starts
