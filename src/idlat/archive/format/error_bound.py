"""Bounds on the error of every voxel: as they are asked for, and as one variable has them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idlat.archive.format.checked_json import Finite
from idlat.errors import ArchiveError, IdlatError

__all__ = ["BOUND_CELL", "ErrorBound", "VoxelBounds"]

BOUND_CELL = 4
"""Voxels an axis that share a bound, where it varies."""

_PER_OCTAVE = 4  # levels of a bound that varies
_MOST_LEVELS = 200
_WIDEST = 2.0**500  # times the stricter bound
_SLACK = 1 - 2.0**-16  # of a bin: room for the rounding of what is decoded
_FEW = 8  # roundings of the values' own type within a bound, below which bins are made of whole ones
_NUMBER = re.compile(r"\s*([0-9.eE+-]+)\s*(%?)\s*")


@dataclass(frozen=True)
class ErrorBound:
    """The largest error that any voxel may have, as it was asked for.

    Attributes
    ----------
    inside, outside
        Where I = 1 and where I = 0; geometric between.
    unit
        ``absolute``, in the data's own unit, or ``percent`` of the variable's range.

    Raises
    ------
    IdlatError
        A bound is not above 0.
    """

    inside: Finite
    outside: Finite
    unit: Literal["absolute", "percent"] = "absolute"

    def __post_init__(self) -> None:
        for bound in (self.inside, self.outside):
            if not (bound > 0 and math.isfinite(bound)):
                raise IdlatError(f"--max-error should be above 0, such as 0.01 or 0.1%, got {bound:g}")

    @classmethod
    def of(cls, given: str | float | Sequence[float] | ErrorBound | None) -> ErrorBound | None:
        """Read a bound: a number, a pair of them, or a text ``E``, ``E:E0``, either with ``%``.

        Raises
        ------
        IdlatError
            It is none.

        Examples
        --------
        >>> ErrorBound.of("0.1%:5%")
        ErrorBound(inside=0.1, outside=5.0, unit='percent')
        >>> ErrorBound.of(0.5), ErrorBound.of((0.5, 2.0)).outside
        (ErrorBound(inside=0.5, outside=0.5, unit='absolute'), 2.0)
        """
        if given is None or isinstance(given, ErrorBound):
            return given
        if isinstance(given, str):
            return cls._parse(given)
        numbers = [given] if isinstance(given, int | float | np.number) else list(given)
        if not 1 <= len(numbers) <= 2:
            raise IdlatError(
                f"max_error should be a number or two of them, inside and outside, got {given!r}"
            )
        return cls(float(numbers[0]), float(numbers[-1]))

    @classmethod
    def _parse(cls, text: str) -> ErrorBound:
        parts = [_NUMBER.fullmatch(part) for part in text.split(":")]
        try:
            numbers = [float(part.group(1)) for part in parts if part]
        except ValueError:
            numbers = []
        units = {part.group(2) for part in parts if part}
        if len(numbers) != len(parts) or len(parts) > 2 or len(units) != 1:
            raise IdlatError(
                f"--max-error {text!r}: expected E or E:E0, such as 0.01, 0.1% or 0.1%:5% (both with %, or "
                "neither)"
            )
        return cls(numbers[0], numbers[-1], "percent" if units == {"%"} else "absolute")

    @property
    def text(self) -> str:
        """The bound as the command line takes it.

        Examples
        --------
        >>> ErrorBound.of("0.1%:5%").text, ErrorBound.of(0.5).text
        ('0.1%:5%', '0.5')
        """
        unit = "%" if self.unit == "percent" else ""
        ends = [self.inside] if self.inside == self.outside else [self.inside, self.outside]
        return ":".join(f"{bound!r}".removesuffix(".0") + unit for bound in ends)

    def resolve(
        self, lowest: float, highest: float, dtype: np.dtype[Any], *, whole: bool = False
    ) -> VoxelBounds:
        """Return the bounds of a variable whose valid values reach from `lowest` to `highest`.

        `whole` says that its floats are whole numbers: under a bound below 1/2 they are kept as integers are,
        exactly, in bins of 1.
        """
        inside, outside = self.inside, self.outside
        if self.unit == "percent":
            span = highest - lowest if math.isfinite(highest - lowest) else np.finfo(np.float64).max
            inside, outside = inside / 100 * span, outside / 100 * span
        most = min(inside, outside) * _WIDEST  # nothing where the stricter one is too small for a float64
        inside, outside = min(inside, most), min(outside, most)
        strict, loose = sorted((inside, outside))
        levels = 0
        if loose > strict:
            levels = min(_MOST_LEVELS, max(1, math.ceil(_PER_OCTAVE * math.log2(loose / strict))))
        made = VoxelBounds(inside, outside, (1.0,) * (levels + 1))
        ulp = _finest_ulp(lowest, highest, dtype)
        widths = [_width(float(bound), dtype, ulp) for bound in made.of_levels]
        whole = whole and dtype.kind == "f" and widths[0] < 1
        return VoxelBounds(
            inside, outside, tuple(max(1.0, w) for w in widths) if whole else tuple(widths), whole
        )


def _finest_ulp(lowest: float, highest: float, dtype: np.dtype[Any]) -> float:
    """From one value of a float type to the next, where values are smallest; 0 where they change sign."""
    if dtype.kind != "f" or lowest <= 0 <= highest:
        return 0.0
    return float(np.spacing(np.abs(np.array([lowest, highest])).min().astype(dtype)))


def _width(bound: float, dtype: np.dtype[Any], ulp: float) -> float:
    """Return the bin whose middle is never farther than `bound` from what lies in it."""
    if dtype.kind != "f":
        return 2.0 * math.floor(min(bound, 2.0**60)) + 1.0
    if bound < _FEW * ulp:
        return (2.0 * math.floor(bound / ulp) + 1.0) * ulp * _SLACK
    width = 2.0 * min(bound, np.finfo(np.float64).max / 4) * _SLACK
    return width or 1.0


@dataclass(frozen=True)
class VoxelBounds:
    """The bounds of one variable.

    The bound at a voxel is inside^I · outside^(1−I). Where the two differ, a cell of 4³ voxels has a level n
    of 0 … N, strictest first: its bound is that of an importance n/N of the way, no larger than any of its
    voxels'.

    Attributes
    ----------
    inside, outside
        Where I = 1 and where I = 0, in the data's own unit; 0 of a constant variable under percents.
    widths
        Of the bins in which corrections are counted, for each level.
    whole
        Whether floats are whole numbers, so that what is foretold of them is rounded, as among integers.
    """

    inside: Finite
    outside: Finite
    widths: tuple[Finite, ...]
    whole: bool = False

    @property
    def varies(self) -> bool:
        """Whether the bound depends on the importance."""
        return len(self.widths) > 1

    def start(self, foretold: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[np.float64]:
        """Return what bins are counted from, given what is foretold of values of a type."""
        return np.rint(foretold) if self.whole or dtype.kind in "iu" else foretold

    @property
    def of_levels(self) -> NDArray[np.float64]:
        """The bound of each level."""
        return self._at(np.arange(len(self.widths)) / max(len(self.widths) - 1, 1))

    def _at(self, looseness: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The bound so far from the strictest to the loosest, 0 to 1."""
        strict, loose = sorted((self.inside, self.outside))
        if strict == loose:
            return np.full(looseness.shape, strict)
        return np.asarray(strict * np.power(loose / strict, looseness.astype(np.float64)))

    def _looseness(self, importance: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        inward = importance.astype(np.float64)
        return inward if self.inside > self.outside else 1 - inward

    def at(self, importance: ArrayLike) -> NDArray[np.float64]:
        """Return the bound at voxels of some importance."""
        return self._at(self._looseness(np.asarray(importance)))

    def levels(self, importance: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the level of each cell of 4³ voxels: the strictest of its voxels (z, y, x).

        Examples
        --------
        >>> bounds = ErrorBound.of((1.0, 4.0)).resolve(0.0, 100.0, np.dtype("float32"))
        >>> bounds.levels(np.array([[[0, 0, 0, 0.5, 0]]], np.float32)).tolist()
        [[[4, 8]]]
        """
        last = len(self.widths) - 1
        levels = np.floor(self._looseness(importance) * last).astype(np.uint8)
        for axis, n in enumerate(levels.shape):
            levels = np.minimum.reduceat(levels, np.arange(0, n, BOUND_CELL), axis=axis)
        return levels

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The width of each level in sixteenths of the first."""
        relative = np.minimum(np.array(self.widths) / self.widths[0], 2.0**20)
        return np.asarray(np.rint(16 * relative).astype(np.int64))

    def check(self) -> None:
        """Raise :class:`ArchiveError` where they are none."""
        numbers = (self.inside, self.outside)
        good = self.widths and len(self.widths) <= _MOST_LEVELS + 1 and min(self.widths) > 0
        if not good or min(numbers) < 0 or list(self.widths) != sorted(self.widths):
            raise ArchiveError(f"{self} are no bounds")
