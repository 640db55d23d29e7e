"""The values that a published variable is known to have, and files refused that have others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError


@dataclass(frozen=True)
class KnownRange:
    """What the values of a variable lie between.

    Attributes
    ----------
    low, high : float
        The smallest and the largest value, as published.
    below, above : float
        How far a step may go beyond them: see where it is made for the reason.
    least : float
        The part of the range that the values of one file must span at least. It tells a file of other
        numbers, such as a copy scaled to 0…1.
    of : str
        Who says so, for messages.

    Examples
    --------
    >>> str(KnownRange(0.0, 10.0, 0.0, 10.0, 0.25, "the paper"))
    '0 … 10 (the paper; 0 … 20 allowed)'
    """

    low: float
    high: float
    below: float
    above: float
    least: float
    of: str

    def __str__(self) -> str:
        text = f"{self.low:.7g} … {self.high:.7g} ({self.of}"
        if self.below or self.above:
            text += f"; {self.low - self.below:.7g} … {self.high + self.above:.7g} allowed"
        return text + ")"

    def check(self, values: NDArray[np.floating], path: Path, variable: str) -> tuple[float, float]:
        """Return the range of a file's values.

        Parameters
        ----------
        values : numpy.ndarray
            Missing ones left out.
        path : Path
        variable : str
            For messages.

        Raises
        ------
        FieldError
            If it is another than the known one; the message says both.
        """
        found = value_range(values, path, variable)
        beyond = found[0] < self.low - self.below or found[1] > self.high + self.above
        if beyond or found[1] - found[0] <= self.least * (self.high - self.low):
            raise FieldError(
                f"{path}: {variable} has the range {found[0]:.7g} … {found[1]:.7g}, expected {self}: "
                "another variable, unit or byte order? --no-check imports it as it is"
            )
        return found


def value_range(values: NDArray[np.floating], path: Path, variable: str) -> tuple[float, float]:
    """Return the smallest and the largest value.

    Raises
    ------
    FieldError
        If there is none, or one is not finite.
    """
    if not values.size:
        raise FieldError(f"{path}: {variable} has no value: all are missing")
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise FieldError(f"{path}: {variable} has values that are not finite: damaged, or in other bytes")
    return low, high
