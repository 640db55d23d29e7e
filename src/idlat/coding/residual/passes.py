"""The order in which a box of integers is coded: from coarse to fine, axis by axis.

The first voxel, then at each stride 2^k, …, 2, 1 those half-way between known ones along z, along y, along x.
Within a pass no voxel looks at another, so that a pass can be coded in slabs of planes, in any way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["SLAB", "RefinementPass", "Shape", "passes_of", "slabs_of"]

Shape = tuple[int, int, int]

#: Voxels of a slab, at least; tables are fitted anew after each.
SLAB = 4096


@dataclass(frozen=True)
class RefinementPass:
    """Voxels half-way between known ones along one axis.

    Attributes
    ----------
    axis : int
        0, 1 or 2.
    stride : int
        From a voxel to its known neighbours along the axis; 0 in the pass of the first voxel.
    starts, steps : three of int
        First voxel along each axis, and from one to the next.
    aside : three of int
        From a known neighbour to its own known neighbours along each axis; 0 along `axis`.
    """

    axis: int
    stride: int
    starts: Shape
    steps: Shape
    aside: Shape

    def ranges(self, shape: Shape) -> tuple[range, range, range]:
        """Return the indices of the pass's voxels along each axis."""
        z, y, x = (range(a, n, s) for a, n, s in zip(self.starts, shape, self.steps, strict=True))
        return z, y, x


@lru_cache(maxsize=256)
def passes_of(shape: Shape) -> tuple[RefinementPass, ...]:
    """Return the passes of a box, each of at least one voxel.

    Examples
    --------
    >>> [(p.axis, p.stride) for p in passes_of((1, 2, 4))]
    [(0, 0), (2, 2), (1, 1), (2, 1)]
    """
    whole = 1
    while whole < max(shape):
        whole *= 2
    found, stride = [RefinementPass(0, 0, (0, 0, 0), (whole, whole, whole), (0, 0, 0))], whole // 2
    while stride:
        for axis in range(3):
            starts, steps, aside = [0, 0, 0], [0, 0, 0], [0, 0, 0]
            for other in range(3):
                known = stride if other < axis else 2 * stride
                steps[other] = known
                aside[other] = 0 if other == axis else known
            starts[axis] = stride
            one = RefinementPass(axis, stride, _three(starts), _three(steps), _three(aside))
            if all(one.ranges(shape)):
                found.append(one)
        stride //= 2
    return tuple(found)


def _three(values: list[int]) -> Shape:
    z, y, x = values
    return z, y, x


def slabs_of(one: RefinementPass, shape: Shape) -> Iterator[tuple[range, range, range]]:
    """Yield the voxels of a pass in slabs of whole planes, each of :data:`SLAB` voxels or the last.

    Examples
    --------
    >>> last = passes_of((64, 64, 64))[-1]
    >>> len(list(slabs_of(last, (64, 64, 64))))
    32
    """
    z, y, x = one.ranges(shape)
    planes = max(1, SLAB // (len(y) * len(x)))
    for first in range(0, len(z), planes):
        yield z[first : first + planes], y, x
