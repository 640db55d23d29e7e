"""Location: importance from where a voxel is (paper Sect. 5.1.1; Eq. 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.arguments import AxisRange, Units, arg
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf
from idlat.importance.family_registry import family
from idlat.importance.field_view import FieldView
from idlat.importance.importance_map import Faces
from idlat.importance.measures.voxel_spacing import physical_positions
from idlat.tiling import Box, Triple, crop, intersect

__all__ = ["Region", "Sphere"]


@family(
    "box",
    group="location",
    title="A box",
    examples=("box(z=10:40, y=:64, x=8:)",),
    meaning="1 inside, else 0; half-open voxel indices, open ends and absent axes reach the edge",
    use="a place",
)
@dataclass(frozen=True)
class Region(Leaf):
    """1 inside a box of voxels, else 0 (paper Eq. 17).

    Attributes
    ----------
    z, y, x
        Half-open ranges of voxels, not negative; None for an open end or a whole axis.

    Examples
    --------
    >>> from idlat.importance import box
    >>> box(np.zeros((1, 2, 3)), x=slice(1, None)).values.tolist()
    [[[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]]
    """

    same_in_parts = True

    z: AxisRange = None
    y: AxisRange = None
    x: AxisRange = None

    def spans(self, shape: Triple) -> Box:
        """Write out the ranges for a field of a shape."""
        ranges = ((None, None) if given is None else given for given in (self.z, self.y, self.x))
        z, y, x = (
            (start or 0, size if stop is None else stop)
            for (start, stop), size in zip(ranges, shape, strict=True)
        )
        return z, y, x

    def faces(self, shape: Triple) -> Faces:
        """Those of the box."""
        z, y, x = (frozenset(span) for span in self.spans(shape))
        return z, y, x

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:
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


@family(
    "sphere",
    group="location",
    title="A sphere",
    examples=("sphere(z=6, y=7, x=8, radius=4)",),
    meaning="1 where \\|p − c\\| ≤ radius, else 0; `units=physical` for the coordinates' unit",
    use="a place",
)
@dataclass(frozen=True)
class Sphere(Leaf):
    """1 where |p − centre| ≤ radius, else 0 (paper Eq. 17).

    Attributes
    ----------
    z, y, x
        The centre.
    radius
        Above 0.
    units
        One of "voxels", "physical".
        What centre and radius are given in; physical units are those of the coordinates.

    Examples
    --------
    >>> from idlat.importance import sphere
    >>> sphere(np.zeros((1, 1, 5)), 0, 0, 2, radius=1).values.tolist()
    [[[0.0, 1.0, 1.0, 1.0, 0.0]]]
    """

    same_in_parts = True

    z: float = arg(label="the z of sphere", title="z", axis="z")
    y: float = arg(label="the y of sphere", title="y", axis="y")
    x: float = arg(label="the x of sphere", title="x", axis="x")
    radius: float = arg(positive=True, units="voxels")
    units: Units = "voxels"

    def prepare(
        self,
        view: FieldView,
        facts: Mapping[Expression, Any],
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
