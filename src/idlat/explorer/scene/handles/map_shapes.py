"""Places that importance is made of, a box and a sphere in voxels: their lines, their handles, their moves.

All coordinates are those of voxels, z, y, x; a voxel reaches half of one beyond its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIDDLE", "SHAPES", "BoxShape", "Handle", "Shape", "Sides", "SphereShape"]

MIDDLE = "middle"
"""The handle that moves all of a shape."""

_ARCS = 64  # straight pieces of a circle

Real = NDArray[np.float64]
Triple = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Handle:
    """A point to drag a shape by.

    Attributes
    ----------
    name : str
        The parameter that it sets, or :data:`MIDDLE`.
    place : float array (3,)
        Where it is.
    along : float array (3,) or None
        The unit vector, outwards, along which it goes; None for all directions.
    """

    name: str
    place: Real
    along: Real | None


@dataclass(frozen=True, eq=False)
class Sides:
    """Straight lines on a shape's surface, and how the surface lies there.

    Attributes
    ----------
    lines : float array (n, 2, 3)
        Their ends.
    normals : float array (n, k, 3)
        Outward normals of the surfaces that meet in a line; one is behind the shape where all face away.
    """

    lines: Real
    normals: Real


class Shape(Protocol):
    """A box or a sphere."""

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Self:
        """Make it of parameters by their names."""

    def values(self) -> dict[str, float]:
        """Return its parameters by their names."""

    def sides(self) -> Sides:
        """Return its lines."""

    def handles(self, right: Real) -> tuple[Handle, ...]:
        """Return its handles, for an eye whose right is this direction in voxels (3,)."""

    def moved(self, handle: Handle, shift: Real, size: Triple) -> Self:
        """Return it with a handle moved by voxels (3,), within a field of a size."""


@dataclass(frozen=True)
class BoxShape:
    """The voxels from `low` up to and without `high`.

    Examples
    --------
    >>> box = BoxShape((0, 0, 0), (4, 4, 4))
    >>> top = box.handles(np.zeros(3))[1]
    >>> top.name, top.place.tolist()
    ('z1', [3.5, 1.5, 1.5])
    >>> box.moved(top, np.array([2.2, 0.0, 0.0]), (9, 9, 9))
    BoxShape(low=(0, 0, 0), high=(6, 4, 4))
    """

    low: Triple
    high: Triple

    @classmethod
    def of(cls, values: Mapping[str, float]) -> BoxShape:
        """Make it of z0, z1 and so on."""
        return cls(
            (round(values["z0"]), round(values["y0"]), round(values["x0"])),
            (round(values["z1"]), round(values["y1"]), round(values["x1"])),
        )

    def values(self) -> dict[str, float]:
        """Return z0, z1 and so on."""
        ends = zip("zyx", self.low, self.high, strict=True)
        return {f"{axis}{i}": float(end) for axis, *both in ends for i, end in enumerate(both)}

    @property
    def _ends(self) -> Real:
        """Where the faces are: (2, 3), low and high."""
        return np.array([self.low, self.high], np.float64) - 0.5

    def sides(self) -> Sides:
        """Return the 12 edges, each between two faces."""
        lines, normals = [], []
        for axis in range(3):
            for corner in np.ndindex(2, 2):
                at = np.insert(np.array(corner), axis, 0)
                stop = at + np.eye(3, dtype=int)[axis]
                lines.append([np.take_along_axis(self._ends, end[None], 0)[0] for end in (at, stop)])
                outward = np.diag(2.0 * at - 1)
                normals.append(np.delete(outward, axis, axis=0))
        return Sides(np.array(lines), np.array(normals))

    def handles(self, right: Real) -> tuple[Handle, ...]:
        """Return the middle of each face, and of all."""
        middle, found = self._ends.mean(axis=0), []
        for axis, name in enumerate("zyx"):
            for i in range(2):
                place, along = middle.copy(), np.zeros(3)
                place[axis], along[axis] = self._ends[i, axis], 2.0 * i - 1
                found.append(Handle(f"{name}{i}", place, along))
        return (*found, Handle(MIDDLE, middle, None))

    def moved(self, handle: Handle, shift: Real, size: Triple) -> BoxShape:
        """Move a face and leave at least a voxel, or all and keep its size."""
        low, high = np.array(self.low), np.array(self.high)
        steps = np.rint(shift).astype(int)
        if handle.along is None:
            first, last = np.minimum(low, high), np.maximum(low, high)  # sliders may turn it inside out
            steps = np.maximum(np.minimum(steps, np.array(size) - last), -first)
            return _box(low + steps, high + steps)
        axis = int(np.flatnonzero(handle.along)[0])
        if handle.along[axis] < 0:
            low[axis] = max(min(low[axis] + steps[axis], high[axis] - 1), 0)
        else:
            high[axis] = min(max(high[axis] + steps[axis], low[axis] + 1), size[axis])
        return _box(low, high)


def _box(low: NDArray[np.intp], high: NDArray[np.intp]) -> BoxShape:
    (z0, y0, x0), (z1, y1, x1) = low.tolist(), high.tolist()
    return BoxShape((z0, y0, x0), (z1, y1, x1))


@dataclass(frozen=True)
class SphereShape:
    """The voxels within `radius` of `centre`.

    Examples
    --------
    >>> ball = SphereShape((5, 5, 5), 3.0)
    >>> middle, rim = ball.handles(np.array([0.0, 0.0, 2.0]))
    >>> rim.place.tolist(), ball.moved(rim, np.array([0.0, 0.0, 1.5]), (9, 9, 9)).radius
    ([5.0, 5.0, 8.0], 4.5)
    """

    centre: Triple
    radius: float

    @classmethod
    def of(cls, values: Mapping[str, float]) -> SphereShape:
        """Make it of z, y, x and radius."""
        return cls((round(values["z"]), round(values["y"]), round(values["x"])), values["radius"])

    def values(self) -> dict[str, float]:
        """Return z, y, x and radius."""
        z, y, x = map(float, self.centre)
        return {"z": z, "y": y, "x": x, "radius": self.radius}

    def sides(self) -> Sides:
        """Return a circle across each axis."""
        turn = np.linspace(0, 2 * np.pi, _ARCS + 1)
        flat = np.stack([np.zeros_like(turn), np.cos(turn), np.sin(turn)], axis=-1)
        rings = np.stack([np.roll(flat, axis, axis=-1) for axis in range(3)])
        pieces = np.stack([rings[:, :-1], rings[:, 1:]], axis=2).reshape(-1, 2, 3)
        return Sides(np.array(self.centre) + self.radius * pieces, pieces.mean(axis=1, keepdims=True))

    def handles(self, right: Real) -> tuple[Handle, ...]:
        """Return the centre, and the point of the surface that is rightmost."""
        centre, along = np.array(self.centre, np.float64), right / np.linalg.norm(right)
        return Handle(MIDDLE, centre, None), Handle("radius", centre + self.radius * along, along)

    def moved(self, handle: Handle, shift: Real, size: Triple) -> SphereShape:
        """Move the centre by whole voxels, or the surface."""
        if handle.along is None:
            moved = np.array(self.centre) + np.rint(shift).astype(int)
            z, y, x = np.clip(moved, 0, np.array(size) - 1).tolist()
            return replace(self, centre=(z, y, x))
        radius = self.radius + float(shift @ handle.along)
        return replace(self, radius=min(max(radius, 1.0), float(max(size))))


SHAPES: dict[str, type[BoxShape] | type[SphereShape]] = {"box": BoxShape, "sphere": SphereShape}
"""By the names of the families of importance whose parameters they take."""
