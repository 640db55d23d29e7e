"""The families of importance of paper Sect. 5.1.1 as leaves of an expression.

Location: :class:`Region`. Distance: :class:`Isosurface`. Value: :class:`Threshold`, :class:`Near`.
Statistical: :class:`Gradient`, :class:`Entropy`. (Time and several variables: maps given as arrays, files or
callables.)
"""

from __future__ import annotations

import math
import operator
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.coarse import CoarseSurfaces
from idlat.importance.distance import HALO, REACH, crossings, surface_distance
from idlat.importance.nodes import Block, Expression, Values, finite, number
from idlat.importance.texture import RADIUS, gradient_magnitude, local_entropy
from idlat.importance.view import FieldView, crop, grow

__all__ = ["COMPARISONS", "Entropy", "Gradient", "Isosurface", "Near", "Region", "Threshold"]

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)

Range = tuple[int | None, int | None]


class _Leaf(Expression):
    """A node without children whose values lie in [0, 1]."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Zero and one."""
        return 0.0, 1.0


@dataclass(frozen=True)
class Threshold(_Leaf):
    """1 where the value compares so, else 0 (paper Eq. 16); 0 where it is missing."""

    comparison: str
    level: float
    is_comparison = True

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ImportanceError(
                f"unknown comparison {self.comparison!r}, expected one of {' '.join(COMPARISONS)}"
            )
        object.__setattr__(self, "level", finite("the value compared with", self.level))

    def __str__(self) -> str:
        return f"value {self.comparison} {number(self.level)}"

    def compute(self, block: Block) -> Values:
        """Compare in the field's own precision."""
        values = block.values
        with np.errstate(invalid="ignore", over="ignore"):
            level = values.dtype.type(self.level)
            true = COMPARISONS[self.comparison](values, level)
        return np.asarray(true, np.float32)


@dataclass(frozen=True)
class Near(_Leaf):
    """exp(−((value − level) / width)² / 2): 1 at the level, 0.61 a width away; 0 where missing."""

    level: float
    width: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", finite("the value of near", self.level))
        object.__setattr__(self, "width", _positive("width", self.width))

    def __str__(self) -> str:
        return f"near({number(self.level)}, width={number(self.width)})"

    def compute(self, block: Block) -> Values:
        """Evaluate the bell, in the field's own precision."""
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            away = (block.values.astype(np.float64) - self.level) / self.width
            bell = np.exp(-0.5 * away * away).astype(np.float32)
        return np.nan_to_num(bell, copy=False, nan=0.0)


@dataclass(frozen=True)
class Region(_Leaf):
    """1 inside a box of voxels, else 0 (paper Eq. 17); half-open, None for an open end or a whole axis."""

    z: Range | None = None
    y: Range | None = None
    x: Range | None = None

    def __post_init__(self) -> None:
        for name, given in zip("zyx", (self.z, self.y, self.x), strict=True):
            start, stop = given if given is not None else (None, None)
            if not all(end is None or isinstance(end, int | np.integer) for end in (start, stop)):
                raise ImportanceError(f"box {name}={_range(given)}: expected whole numbers of voxels")
            low, high = start or 0, math.inf if stop is None else stop
            if low < 0 or high <= low:
                raise ImportanceError(
                    f"box {name}={_range(given)} is empty or negative, expected voxels start:stop"
                )

    def __str__(self) -> str:
        parts = zip("zyx", (self.z, self.y, self.x), strict=True)
        return f"box({', '.join(f'{name}={_range(given)}' for name, given in parts if given is not None)})"

    def spans(self, shape: tuple[int, int, int]) -> tuple[tuple[int, int], ...]:
        """Write out the ranges for a field of a shape."""
        found = []
        for given, size in zip((self.z, self.y, self.x), shape, strict=True):
            start, stop = given if given is not None else (None, None)
            found.append((start or 0, size if stop is None else stop))
        return tuple(found)

    def prepare(self, view: FieldView) -> None:
        """Raise where the box leaves the field."""
        for name, (start, stop), size in zip("zyx", self.spans(view.shape), view.shape, strict=True):
            if start >= size or stop > size:
                raise ImportanceError(
                    f"{self} lies outside the field: {name}={start}:{stop}, but {name} runs 0:{size}"
                )

    def compute(self, block: Block) -> Values:
        """Fill the box."""
        inside = np.zeros(block.shape, np.float32)
        spans = zip(self.spans(block.view.shape), block.box, strict=True)
        inside[tuple(slice(max(0, a - first), max(0, b - first)) for (a, b), (first, _) in spans)] = 1.0
        return inside


@dataclass(frozen=True)
class Isosurface(_Leaf):
    """exp(−decay·|SDF|), the distance to an isosurface in voxels (paper Eq. 15).

    A step of a series without the isosurface gets importance 0; that no step has it is an error.
    """

    level: float
    decay: float = 0.2

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", finite("the isovalue", self.level))
        object.__setattr__(self, "decay", _positive("decay", self.decay))

    def __str__(self) -> str:
        return f"isosurface({number(self.level)}, decay={number(self.decay)})"

    @property
    def halo(self) -> int:
        """What distances within a region's reach need."""
        return HALO

    def prepare(self, view: FieldView) -> CoarseSurfaces | None:
        """Look for the isosurface, until a step has it; where it runs is kept for large steps alone."""
        surfaces = None if view.whole else CoarseSurfaces(view, self.level)
        for step in range(view.steps):
            if surfaces is not None:
                found = surfaces.of(step).found
            else:
                found = any(c.any() for c in crossings(view.read(step, view.everything), self.level))
            if found:
                return surfaces
        low, high = view.value_range()
        raise ImportanceError(
            f"the field has no isosurface {number(self.level)}: its values lie in [{low:.6g}, {high:.6g}] "
            "and no neighbours enclose it; choose another"
        )

    def compute(self, block: Block) -> Values:
        """Measure the distance and let it decay."""
        surfaces: CoarseSurfaces | None = block.facts[self]
        if surfaces is None:
            distance = surface_distance(block.values, self.level)
        elif surfaces.of(block.step).found:
            far = surfaces.of(block.step).distance(block.box)
            near = surface_distance(block.values, self.level, REACH)
            distance = far if near is None else np.where(np.isfinite(near), near, far)
        else:
            distance = None
        if distance is None:
            return np.zeros(block.shape, np.float32)
        with np.errstate(under="ignore"):
            result: NDArray[np.float32] = np.exp(distance * np.float32(-self.decay))
        return result


@dataclass(frozen=True)
class _Scale:
    """What a normalised measure must know: the field's range, its own maximum, and the only step's values."""

    low: float
    high: float
    maximum: float
    only: NDArray[np.float32] | None


class _Normalised(_Leaf):
    """A measure divided by its maximum over the field and all of its steps; 0 where the maximum is 0."""

    @abstractmethod
    def measure(self, values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
        """Compute the measure on a block."""

    def prepare(self, view: FieldView) -> _Scale:
        """Find the maximum, block by block."""
        low, high = self._range(view)
        maximum, only = 0.0, None
        for step in range(view.steps):
            for box in view.boxes():
                outer = grow(box, self.halo, view.shape)
                measured = self.measure(view.read(step, outer), low, high)[crop(outer, box)]
                maximum = max(maximum, float(measured.max()))
                only = measured if view.whole and view.steps == 1 else None
        return _Scale(low, high, maximum, only)

    def _range(self, view: FieldView) -> tuple[float, float]:  # noqa: ARG002
        return 0.0, 0.0

    def compute(self, block: Block) -> Values:
        """Divide by the maximum."""
        scale: _Scale = block.facts[self]
        if scale.maximum == 0.0:
            return 0.0
        measured = scale.only if scale.only is not None else self.measure(block.values, scale.low, scale.high)
        result: NDArray[np.float32] = np.minimum(measured / np.float32(scale.maximum), np.float32(1))
        return result


@dataclass(frozen=True)
class Gradient(_Normalised):
    """Gradient magnitude by central differences, divided by its maximum."""

    def __str__(self) -> str:
        return "gradient()"

    @property
    def halo(self) -> int:
        """One voxel."""
        return 1

    def measure(self, values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:  # noqa: ARG002
        """Compute the gradient's length."""
        return gradient_magnitude(values)


@dataclass(frozen=True)
class Entropy(_Normalised):
    """Entropy of the histogram in a window of 7³ voxels, divided by its maximum."""

    def __str__(self) -> str:
        return "entropy()"

    @property
    def halo(self) -> int:
        """Half the window."""
        return RADIUS

    def _range(self, view: FieldView) -> tuple[float, float]:
        low, high = view.value_range()
        return (low, high) if math.isfinite(low) else (0.0, 0.0)

    def measure(self, values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
        """Compute the local entropy."""
        return local_entropy(values, low, high)


def _positive(name: str, value: Any) -> float:
    """Check that a parameter is finite and above 0."""
    result = finite(name, value)
    if result <= 0.0:
        raise ImportanceError(f"{name} is {result:g}, expected more than 0")
    return result


def _range(given: Range | None) -> str:
    """Write a half-open range."""
    start, stop = given if given is not None else (None, None)
    return f"{'' if start is None else start}:{'' if stop is None else stop}"
