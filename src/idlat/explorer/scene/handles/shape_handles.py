"""Dragging a shape in the picture: which handle is under the pointer, and where the pointer takes it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.geometry.camera_view import CameraView, Ray
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.map_shapes import Handle, Shape, Triple

__all__ = ["Drag", "Voxels", "cursor", "handles_of", "nearest_handle"]

_REACH = 11.0  # pixels around a handle in which the pointer takes it
_STEEP = 0.03  # squared sine of the angle between an axis and the line of sight below which motion is damped
_CURSORS = ("ew-resize", "nesw-resize", "ns-resize", "nwse-resize")

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Voxels:
    """Where the field's voxels are in the world.

    Attributes
    ----------
    frame : VolumeFrame
        The grid that is shown.
    start : tuple of int
        The voxel (z, y, x) at which it begins.
    stride : int
        Voxels between its samples.
    cell : int
        Voxels that a sample is the mean of; its place is in their middle.

    Examples
    --------
    >>> Voxels(VolumeFrame((3, 3, 3), (1.0, 1.0, 1.0)), stride=8, cell=8).world(np.array([[3.5, 3.5, 11.5]]))
    array([[0.5, 0. , 0. ]])
    """

    frame: VolumeFrame
    start: Triple = (0, 0, 0)
    stride: int = 1
    cell: int = 1

    def world(self, voxels: Real) -> Real:
        """Return the world coordinates x, y, z of places (n, 3) in voxels z, y, x."""
        first = np.array(self.start) + (self.cell - 1) / 2
        result: Real = ((voxels - first) / self.stride)[..., ::-1] * np.array(self.frame.step)
        return result

    def voxels(self, world: Real) -> Real:
        """Return the place (3,) in voxels z, y, x of world coordinates x, y, z."""
        place: Real = self.shift(world) + np.array(self.start) + (self.cell - 1) / 2
        return place

    def shift(self, world: Real) -> Real:
        """Return a way (3,) in the world as voxels z, y, x."""
        result: Real = (world / np.array(self.frame.step))[::-1] * self.stride
        return result


def handles_of(shape: Shape, voxels: Voxels, view: CameraView) -> tuple[Handle, ...]:
    """Return a shape's handles as an eye sees them."""
    return shape.handles(voxels.shift(view.axes[0]))


def nearest_handle(shape: Shape, voxels: Voxels, view: CameraView, x: float, y: float) -> Handle | None:
    """Return the handle under the pointer at a pixel of the panel, None where there is none."""
    handles = handles_of(shape, voxels, view)
    seen = view.project(voxels.world(np.stack([handle.place for handle in handles])))
    away = np.hypot(seen[:, 0] - x, seen[:, 1] - y)
    away[np.isnan(away)] = np.inf
    nearest = int(away.argmin())
    return handles[nearest] if away[nearest] <= _REACH else None


def cursor(handle: Handle, voxels: Voxels, view: CameraView) -> str:
    """Return the name that CSS has for a pointer that shows how a handle goes on the screen."""
    if handle.along is None:
        return "move"
    ends = view.project(voxels.world(np.stack([handle.place, handle.place + handle.along])))
    across, down = (ends[1] - ends[0]).tolist()
    return _CURSORS[round(math.atan2(-down, across) / (math.pi / 4)) % 4]


@dataclass(frozen=True, eq=False)
class Drag:
    """A handle that is being dragged, from a pixel of a panel at which it was taken.

    Attributes
    ----------
    shape : Shape
        As it was then.
    handle : Handle
        Of it.
    voxels, view
        Where it is, and from where it is seen.
    begun : tuple of float
        The pixel.
    """

    shape: Shape
    handle: Handle
    voxels: Voxels
    view: CameraView
    begun: tuple[float, float]

    def at(self, x: float, y: float, size: Triple) -> Shape:
        """Return the shape with the pointer at a pixel, within a field of a size (z, y, x)."""
        rays = self.view.ray(*self.begun), self.view.ray(x, y)
        first, second = (self._reached(ray) for ray in rays)
        return self.shape.moved(self.handle, self.voxels.shift(second - first), size)

    def _reached(self, ray: Ray) -> Real:
        """Return where a line of sight takes the handle, in the world, from where it was."""
        place = self.voxels.world(self.handle.place[None])[0]
        if self.handle.along is None:  # in the plane across the view
            forwards = self.view.axes[2]
            reach = forwards @ (place - ray.origin) / (forwards @ ray.direction)
            beside: Real = ray.origin + reach * ray.direction - place
            return beside
        ahead = self.voxels.world((self.handle.place + self.handle.along)[None])[0] - place
        axis = ahead / np.linalg.norm(ahead)
        # the place on the axis that is nearest to the line of sight
        slant, back = float(axis @ ray.direction), ray.origin - place
        along = (axis @ back - slant * (ray.direction @ back)) / max(1 - slant**2, _STEEP)
        ahead_by: Real = along * axis
        return ahead_by
