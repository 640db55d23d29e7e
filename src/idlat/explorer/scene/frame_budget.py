"""How much a moving picture may cost: as much as a machine draws ten times a second."""

from __future__ import annotations

__all__ = ["Pace"]

_SECONDS = 0.075
"""For a picture; what is left of a tenth of a second takes it to the page."""

_FEWEST, _MOST = 20_000.0, 400_000.0  # rays
_CHANGE = 1.25  # from one picture to the next at most, so that one slow picture does not blur those after it


class Pace:
    """Rays that a moving picture casts, by what the pictures before it took.

    Attributes
    ----------
    rays : float
        For the next picture.

    Examples
    --------
    >>> pace = Pace()
    >>> pace.took(0.15)
    >>> pace.rays
    120000.0
    """

    def __init__(self) -> None:
        self.rays = 150_000.0

    def took(self, seconds: float) -> None:
        """Learn from the time that a moving picture took."""
        change = min(max(_SECONDS / max(seconds, 1e-3), 1 / _CHANGE), _CHANGE)
        self.rays = min(max(self.rays * change, _FEWEST), _MOST)
