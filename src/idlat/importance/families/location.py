"""Location: importance from where a voxel is (paper Sect. 5.1.1; Eq. 17)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.expression_tree import Block, Expression, Values, finite, number, positive
from idlat.importance.families.family_base import Leaf
from idlat.importance.field_view import FieldView
from idlat.importance.measures.voxel_spacing import check_units, physical_positions
from idlat.tiling import Box, Triple, crop, intersect

__all__ = ["Range", "Region", "Sphere", "check_range", "range_text"]

Range = tuple[int | None, int | None]
"""Half-open range; None for an open end."""


def range_text(given: Range | None) -> str:
    """Write a half-open range."""
    start, stop = given if given is not None else (None, None)
    return f"{'' if start is None else start}:{'' if stop is None else stop}"


def check_range(name: str, given: Range | None, what: str) -> None:
    """Raise where a range is empty, negative or not of whole numbers."""
    start, stop = given if given is not None else (None, None)
    if not all(end is None or isinstance(end, int | np.integer) for end in (start, stop)):
        raise ImportanceError(f"{name}{range_text(given)}: expected whole numbers of {what}")
    if (start or 0) < 0 or (math.inf if stop is None else stop) <= (start or 0):
        raise ImportanceError(f"{name}{range_text(given)} is empty or negative, expected {what} start:stop")


@dataclass(frozen=True)
class Region(Leaf):
    """1 inside a box of voxels, else 0 (paper Eq. 17); half-open, None for an open end or a whole axis."""

    z: Range | None = None
    y: Range | None = None
    x: Range | None = None

    def __post_init__(self) -> None:
        for name, given in zip("zyx", (self.z, self.y, self.x), strict=True):
            check_range(f"box {name}=", given, "voxels")

    def __str__(self) -> str:
        parts = zip("zyx", (self.z, self.y, self.x), strict=True)
        return (
            f"box({', '.join(f'{name}={range_text(given)}' for name, given in parts if given is not None)})"
        )

    def spans(self, shape: Triple) -> Box:
        """Write out the ranges for a field of a shape."""
        ranges = ((None, None) if given is None else given for given in (self.z, self.y, self.x))
        z, y, x = (
            (start or 0, size if stop is None else stop)
            for (start, stop), size in zip(ranges, shape, strict=True)
        )
        return z, y, x

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:  # noqa: ARG002
        """Raise where the box leaves the field."""
        for name, (start, stop), size in zip("zyx", self.spans(view.shape), view.shape, strict=True):
            if start >= size or stop > size:
                raise ImportanceError(
                    f"{self} lies outside the field: {name}={start}:{stop}, but {name} runs 0:{size}"
                )

    def compute(self, block: Block) -> Values:
        """Fill the box."""
        inside = np.zeros(block.shape, np.float32)
        inside[crop(intersect(self.spans(block.view.shape), block.box), block.box)] = 1.0
        return inside


@dataclass(frozen=True)
class Sphere(Leaf):
    """1 where |p − centre| ≤ radius, else 0 (paper Eq. 17); in voxels, or in the coordinates' unit."""

    z: float
    y: float
    x: float
    radius: float
    units: str = "voxels"

    def __post_init__(self) -> None:
        for name in "zyx":
            object.__setattr__(self, name, finite(f"the {name} of sphere", getattr(self, name)))
        object.__setattr__(self, "radius", positive("radius", self.radius))
        check_units(self.units)

    def __str__(self) -> str:
        named = [f"{name}={number(getattr(self, name))}" for name in ("z", "y", "x", "radius")]
        units = [] if self.units == "voxels" else [f"units={self.units}"]
        return f"sphere({', '.join([*named, *units])})"

    def prepare(
        self,
        view: FieldView,
        facts: Mapping[Expression, Any],  # noqa: ARG002
    ) -> tuple[NDArray[np.float64], ...]:
        """Square every voxel's distance along each axis, in radii; raise where the sphere holds none."""
        if self.units == "voxels":
            places: tuple[NDArray[np.float64], ...] = tuple(
                np.arange(n, dtype=np.float64) for n in view.shape
            )
        else:
            places = physical_positions(view.field)
        centre = zip(places, (self.z, self.y, self.x), strict=True)
        with np.errstate(over="ignore"):
            squares = tuple(((place - at) / self.radius) ** 2 for place, at in centre)
        if not sum(float(square.min()) for square in squares) <= 1.0:
            ends = ", ".join(f"{a}={p.min():g}:{p.max():g}" for a, p in zip("zyx", places, strict=True))
            raise ImportanceError(f"{self} holds no voxel of the field, whose centres lie in {ends}")
        return squares

    def compute(self, block: Block) -> Values:
        """Fill the sphere."""
        squares: tuple[NDArray[np.float64], ...] = block.facts[self]
        z, y, x = (square[start:stop] for square, (start, stop) in zip(squares, block.box, strict=True))
        return np.asarray(z[:, None, None] + y[:, None] + x <= 1.0, np.float32)
