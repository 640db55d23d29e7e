"""The grid that all panels share, and where its voxels are in the world that VTK draws.

In the world the longest axis is 1, so that a camera fits any data and VTK's single precision suffices. A grid
that is a thin sheet (an atmosphere is 1,000 times as wide as deep) is stretched to a quarter of its width.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError

__all__ = ["OPACITY_LENGTH", "VolumeFrame"]

OPACITY_LENGTH = 1 / 64
"""World length in which matter is as opaque as a transfer function says."""

_THINNEST = 0.25
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class VolumeFrame:
    """Shape and place of a grid.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x), each at least 2.
    spacing : tuple of float
        (z, y, x), physical distance of voxels, above 0.
    exaggeration : float or None
        How many times longer than in truth z is drawn; None stretches the axes of a thin sheet.
    downwards : bool
        Whether z counts downwards, such as a depth: the world is then drawn mirrored, with its z down.

    Examples
    --------
    >>> VolumeFrame((3, 11, 11), (1.0, 10.0, 10.0)).stretch
    (12.5, 1.0, 1.0)
    >>> VolumeFrame((3, 11, 11), (1.0, 10.0, 10.0), exaggeration=2.0).stretch
    (2.0, 1.0, 1.0)
    """

    shape: tuple[int, int, int]
    spacing: Triple
    exaggeration: float | None = None
    downwards: bool = False

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or min(self.shape) < 2:
            raise RenderError(f"a volume must be (z, y, x) with 2 voxels or more an axis, got {self.shape}")
        if len(self.spacing) != 3 or not (np.isfinite(self.spacing).all() and min(self.spacing) > 0):
            raise RenderError(f"spacing must be three lengths above 0, got {self.spacing}")
        if self.exaggeration is not None and not (np.isfinite(self.exaggeration) and self.exaggeration > 0):
            raise RenderError(f"an exaggeration must be above 0, got {self.exaggeration}")

    @classmethod
    def of(
        cls,
        volume: NDArray[np.float32],
        spacing: Triple,
        exaggeration: float | None = None,
        downwards: bool = False,
    ) -> VolumeFrame:
        """Return the grid of a volume.

        Raises
        ------
        RenderError
            It has not three axes, or fewer than 2 voxels along one; or the spacing is not above 0.
        """
        if volume.ndim != 3:
            raise RenderError(f"a volume must be (z, y, x), got {volume.ndim} axes")
        z, y, x = volume.shape
        return cls((z, y, x), spacing, exaggeration, downwards)

    @cached_property
    def length(self) -> float:
        """Physical length of 1 in the world: of the longest axis."""
        return max((n - 1) * d for n, d in zip(self.shape, self.spacing, strict=True))

    @cached_property
    def stretch(self) -> Triple:
        """How many times longer than in truth each axis (z, y, x) is drawn."""
        if self.exaggeration is not None:
            return self.exaggeration, 1.0, 1.0
        extents = [(n - 1) * d / self.length for n, d in zip(self.shape, self.spacing, strict=True)]
        z, y, x = (max(_THINNEST / extent, 1.0) for extent in extents)
        return z, y, x

    @cached_property
    def step(self) -> Triple:
        """World distance of voxels along x, y, z: VTK's order."""
        z, y, x = (d * s / self.length for d, s in zip(self.spacing, self.stretch, strict=True))
        return x, y, z

    @cached_property
    def extent(self) -> Triple:
        """World length of the grid along x, y, z, from the first voxel's centre to the last's."""
        x, y, z = ((n - 1) * d for n, d in zip(self.shape[::-1], self.step, strict=True))
        return x, y, z

    @property
    def centre(self) -> NDArray[np.float64]:
        """World coordinates x, y, z of the middle."""
        return np.array(self.extent) / 2
