"""How an eye sees the world: places as pixels of a panel, and pixels as lines of sight; no VTK."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["ANGLE", "CameraView", "Ray"]

ANGLE = 22.0
"""Degrees across a panel's shorter side: little perspective, so that lengths compare."""

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Ray:
    """A line of sight.

    Attributes
    ----------
    origin, direction : float array (3,)
        World coordinates x, y, z; the direction is a unit vector.
    """

    origin: Real
    direction: Real


@dataclass(frozen=True, eq=False)
class CameraView:
    """What an eye sees in a panel, whose pixels are counted from its upper left.

    Attributes
    ----------
    position, focal, up : float array (3,)
        World coordinates x, y, z of the eye, of what it looks at, and a direction that is up.
    size : tuple of int
        Width and height of the panel, in pixels.
    mirrored : bool
        Whether what lies to the right of the eye is drawn on the left.
    """

    position: Real
    focal: Real
    up: Real
    size: tuple[int, int]
    mirrored: bool = False

    @classmethod
    def of(
        cls, camera: Mapping[str, Sequence[float]], size: tuple[int, int], mirrored: bool = False
    ) -> CameraView:
        """Return the view of a camera's position, focal point and up.

        Examples
        --------
        >>> view = CameraView.of({"position": (0, -5, 0), "focal": (0, 0, 0), "up": (0, 0, 1)}, (101, 101))
        >>> view.project(np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0]])).round(1)
        array([[50. , 50. ],
               [55.2, 50. ]])
        """
        position, focal, up = (np.array(camera[key], np.float64) for key in ("position", "focal", "up"))
        return cls(position, focal, up, size, mirrored)

    @cached_property
    def axes(self) -> tuple[Real, Real, Real]:
        """Unit vectors to the right in the picture, up and forwards, in world coordinates."""
        forwards = _unit(self.focal - self.position)
        right = _unit(np.cross(forwards, self.up))
        return (-right if self.mirrored else right), np.cross(right, forwards), forwards

    @cached_property
    def pixel(self) -> float:
        """World length of a pixel at the depth of what the eye looks at."""
        distance = float(np.linalg.norm(self.focal - self.position))
        return 2 * distance * math.tan(math.radians(ANGLE / 2)) / min(self.size)

    def ray(self, x: float, y: float) -> Ray:
        """Return the line of sight through a pixel."""
        right, up, _ = self.axes
        across, down = x + 0.5 - self.size[0] / 2, y + 0.5 - self.size[1] / 2
        target = self.focal + (across * right - down * up) * self.pixel
        return Ray(self.position, _unit(target - self.position))

    def project(self, places: Real) -> Real:
        """Return the pixels (n, 2) at which places (n, 3) are seen; NaN for what is behind the eye."""
        right, up, forwards = self.axes
        away = places - self.position
        depth = away @ forwards
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = np.linalg.norm(self.focal - self.position) / depth / self.pixel
        pixels[depth <= 0] = np.nan
        beside = np.stack([away @ right, -(away @ up)], axis=-1) * pixels[:, None]
        result: Real = beside + np.array(self.size) / 2 - 0.5
        return result


def _unit(vector: Real) -> Real:
    """Return a vector of length 1."""
    result: Real = vector / np.linalg.norm(vector)
    return result
