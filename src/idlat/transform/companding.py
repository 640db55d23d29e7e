"""Companding: values that matter less are brought nearer to one another before the transform.

Where importance follows the value itself, as under ``value > 5``, cells that a region's edge goes through
hold values that matter and others that hardly do. A map that is steep where values matter and flat elsewhere
lets both share a quantisation step: an error of what matters less comes back as many times as large as its
piece is flatter. It is invertible, continuous and linear between knots, with slopes that are powers of two.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINEAR", "MOST_KNOTS", "Companding"]

#: Knots of a companding, at most.
MOST_KNOTS = 8

_MOST_DOUBLINGS = 16
_LARGEST = 1e9  # of a knot, in normalised units

Real = TypeVar("Real", np.float32, np.float64)


class _Fold(NamedTuple):
    """A place at which the slope changes: on one side of it distances are taken times a factor."""

    at: float
    above: bool
    factor: float


_Folds: TypeAlias = tuple[_Fold, ...]


class Companding(NamedTuple):
    """Pieces of values, and how flat each is.

    Attributes
    ----------
    knots : tuple of float
        Increasing: where a piece ends and the next begins, in normalised units.
    doublings : tuple of int
        Of each piece, one more than there are knots: its slope is 2^−doublings. The least is 0.

    Examples
    --------
    >>> import numpy as np
    >>> companding = Companding((1.0,), (2, 0))  # below 1, four times as near
    >>> companding.forward(np.array([-3.0, 0.0, 1.0, 5.0])).tolist()
    [0.0, 0.75, 1.0, 5.0]
    >>> companding.backward(np.array([0.0, 0.75, 1.0, 5.0])).tolist()
    [-3.0, 0.0, 1.0, 5.0]
    """

    knots: tuple[float, ...] = ()
    doublings: tuple[int, ...] = (0,)

    def forward(self, values: NDArray[Real]) -> NDArray[Real]:
        """Return what is transformed in place of values."""
        return _folded(values, _folds(self.knots, self.doublings))

    def backward(self, values: NDArray[Real]) -> NDArray[Real]:
        """Return the values of what is transformed in their place; in float64, the same bits everywhere."""
        folds = _folds(self.knots, self.doublings)
        return _folded(values, tuple(fold._replace(factor=1 / fold.factor) for fold in folds[::-1]))

    def doublings_at(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the doublings of the piece of each value."""
        found = np.full(values.shape, self.doublings[0], np.uint8)
        for knot, doublings in zip(self.knots, self.doublings[1:], strict=True):
            found[values >= knot] = doublings
        return found

    def to_json(self) -> list[Any]:
        """Return knots and doublings as JSON values."""
        return [list(self.knots), list(self.doublings)]

    @classmethod
    def from_json(cls, values: Any) -> Companding:
        """Read :meth:`to_json`'s result.

        Raises
        ------
        TypeError, ValueError
            If it is none.
        """
        knots, doublings = values
        if not all(type(knot) is float and abs(knot) <= _LARGEST for knot in knots):
            raise ValueError("knots are no numbers, or too large")
        if any(b <= a for a, b in pairwise(knots)) or not 1 <= len(knots) <= MOST_KNOTS:
            raise ValueError("knots are not in order, or too many")
        if len(doublings) != len(knots) + 1 or not all(type(number) is int for number in doublings):
            raise ValueError("pieces and knots do not belong together")
        if min(doublings) != 0 or max(doublings) > _MOST_DOUBLINGS:
            raise ValueError("slopes are out of range")
        return cls(tuple(knots), tuple(doublings))


#: Values stay as they are.
LINEAR = Companding()


def _folds(knots: tuple[float, ...], doublings: tuple[int, ...]) -> _Folds:
    """Return folds, one after the other, outwards from the first piece of slope 1, which stays in place.

    Each is where its knot comes to lie, which those further out do not move.
    """
    still = doublings.index(0)
    places = list(knots)
    for k in range(still - 2, -1, -1):
        places[k] = places[k + 1] - (knots[k + 1] - knots[k]) * 2.0 ** -doublings[k + 1]
    for k in range(still + 1, len(knots)):
        places[k] = places[k - 1] + (knots[k] - knots[k - 1]) * 2.0 ** -doublings[k]
    steeper = [2.0 ** (a - b) for a, b in pairwise(doublings)]  # the piece above a knot than that below
    below = [_Fold(places[k], False, 1 / steeper[k]) for k in range(still - 1, -1, -1)]
    above = [_Fold(places[k], True, steeper[k]) for k in range(still, len(knots))]
    return (*below, *above)


def _folded(values: NDArray[Real], folds: _Folds) -> NDArray[Real]:
    """Return values after folds: a value's distance from a place is below it or above, and the other is 0."""
    kind = values.dtype.type
    for fold in folds:
        distance = values - kind(fold.at)
        values, far = np.minimum(distance, kind(0)), np.maximum(distance, kind(0), out=distance)
        if fold.above:
            far *= kind(fold.factor)
        else:
            values *= kind(fold.factor)
        values += far
        values += kind(fold.at)
    return values
