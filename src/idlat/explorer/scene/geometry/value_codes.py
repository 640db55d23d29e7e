"""Values as bytes: 1 to 255 from the lowest value to the highest, 0 where nothing is known.

A byte a voxel is what the volume mapper is quickest with, and the eye tells no finer steps apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError

__all__ = ["MISSING", "Codes", "opacity_table", "value_span"]

MISSING = 0
_LAST = 255


@dataclass(frozen=True)
class Codes:
    """The values that the bytes 1 to 255 stand for.

    Attributes
    ----------
    low, high : float
        Values of 1 and of 255; what is beyond is drawn as these are.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.low, self.high]).all() and self.low <= self.high):
            raise RenderError(f"value_range must be two finite numbers in order, got {(self.low, self.high)}")

    @property
    def _step(self) -> float:
        """What one more of a byte is worth."""
        return (self.high - self.low) / (_LAST - 1) or 1.0

    def encode(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return bytes of values of any shape; NaN and infinity become 0.

        Examples
        --------
        >>> Codes(0.0, 254.0).encode(np.array([-5.0, 0.0, 127.0, 300.0, np.nan]))
        array([  1,   1, 128, 255,   0], dtype=uint8)
        """
        place = values.astype(np.float32)
        place -= np.float32(self.low)
        place *= np.float32(1 / self._step)
        place += np.float32(1.5)
        finite = np.isfinite(place)
        if not finite.all():
            place[~finite] = MISSING
        known = place.clip(1, _LAST, out=place).astype(np.uint8)
        return known if finite.all() else np.where(finite, known, np.uint8(MISSING))

    def values(self) -> NDArray[np.float64]:
        """Return the value of each byte (256,); that of 0 is the lowest."""
        return self.low + np.maximum(np.arange(256) - 1, 0) * self._step


def opacity_table(points: Sequence[tuple[float, float]], codes: Codes) -> NDArray[np.float64]:
    """Return the opacity of each byte (256,), straight between points and level beyond them; 0's is 0.

    Raises
    ------
    RenderError
        There is no point, one is not finite, or an opacity is outside [0, 1].

    Examples
    --------
    >>> opacity_table([(0.0, 0.0), (254.0, 1.0)], Codes(0.0, 254.0))[[0, 1, 128, 255]]
    array([0. , 0. , 0.5, 1. ])
    """
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array) or not np.isfinite(array).all():
        raise RenderError(f"a transfer function is a list of finite (value, opacity), got {points!r}")
    if array[:, 1].min() < 0 or array[:, 1].max() > 1:
        raise RenderError(f"an opacity must be between 0 and 1, got {array[:, 1].tolist()}")
    array = array[np.argsort(array[:, 0], kind="stable")]
    result = np.interp(codes.values(), array[:, 0], array[:, 1])
    result[MISSING] = 0.0
    return result


def value_span(values: NDArray[np.float32], share: float = 1.0) -> tuple[float, float]:
    """Return the lowest and the highest finite value; 0 and 0 where there is none.

    With a share below 1, both are the magnitude that this share of the values do not exceed.

    Examples
    --------
    >>> value_span(np.array([-4.0, np.nan, 1.0], np.float32)), value_span(np.arange(-100.0, 1), 0.9)
    ((-4.0, 1.0), (90.0, 90.0))
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 0.0
    if share < 1:
        known = np.quantile(np.abs(known), [share])
    return float(known.min()), float(known.max())
