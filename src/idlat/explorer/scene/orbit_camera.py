"""The one camera of all panels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError
from idlat.explorer.scene.actors.opengl_classes import vtkCamera
from idlat.explorer.scene.geometry.camera_view import ANGLE, CameraView
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["Camera"]

_FRONT = np.array([0.62, -1.0, 0.5])  # where the eye is at first, from the middle of the volume
_ROOM = 1.06  # how much farther away than where the volume's corners touch the panel's edges
_TURN = 200.0  # degrees across a panel's shorter side
_NEAREST, _FARTHEST = 0.05, 50.0  # world lengths from the eye to what it looks at
_FAR = 1e6  # world lengths from the origin: beyond, an eye sees nothing and its numbers overflow
_KEYS = ("position", "focal", "up")


class Camera:
    """Turned, moved and brought closer by pixels of a panel (width, height)."""

    def __init__(self) -> None:
        self.vtk = vtkCamera()
        self.vtk.SetViewAngle(ANGLE)
        self.mirrored = False  # whether pictures are, for z counts downwards

    def fit(self, frame: VolumeFrame, size: tuple[int, int] = (1, 1)) -> None:
        """Look at all of a grid in a panel from the front right, a little from above; z is up, or down."""
        self._look_from(frame, _FRONT, (0, 0, 1), size)

    def along(
        self, frame: VolumeFrame, axis: str, behind: bool = False, size: tuple[int, int] = (1, 1)
    ) -> None:
        """Look at all of a grid along z, y or x; z is up or down, or y is up where one looks along z.

        Along z one looks down on it, so that x is to the right; from behind, up at it.
        """
        away = {"x": (-1, 0, 0), "y": (0, -1, 0), "z": (0, 0, 1)}[axis]
        up = (0, 1, 0) if axis == "z" else (0, 0, 1)
        self._look_from(frame, np.array(away, np.float64) * (-1 if behind else 1), up, size)

    def _look_from(
        self,
        frame: VolumeFrame,
        away: NDArray[np.float64],
        upwards: tuple[float, float, float],
        size: tuple[int, int],
    ) -> None:
        """Look at all of a grid from a direction, in a panel of a size: its shorter side has the angle.

        Direction and up are those of a grid whose z counts upwards.
        """
        if frame.downwards:
            away, upwards = away * (1, 1, -1), (upwards[0], upwards[1], -upwards[2])
        self.vtk.SetFocalPoint(*frame.centre)
        self.vtk.SetPosition(*(frame.centre + away))
        self.vtk.SetViewUp(*upwards)
        self.vtk.OrthogonalizeViewUp()
        right, up, forwards = self.view().axes
        corners = (np.indices((2, 2, 2)).reshape(3, -1).T - 0.5) * frame.extent
        beside = np.abs(np.stack([corners @ right, corners @ up]))
        room = np.array(size)[:, None] / min(size) * math.tan(math.radians(ANGLE / 2))
        distance = (beside / room - corners @ forwards).max() * _ROOM
        self.vtk.SetPosition(*(frame.centre - forwards * distance))

    def adapt(self, size: tuple[int, int], frame: VolumeFrame) -> None:
        """Make the angle that of a panel's shorter side, and clip nothing of the grid."""
        self.vtk.SetUseHorizontalViewAngle(size[0] < size[1])
        reach = float(np.linalg.norm(frame.extent)) / 2 + float(np.linalg.norm(self._focal - frame.centre))
        distance = self.vtk.GetDistance()
        self.vtk.SetClippingRange(max(distance - reach * 1.1, distance * 1e-3), distance + reach * 1.1)

    def orbit(self, dx: float, dy: float, size: tuple[int, int]) -> None:
        """Turn the volume with the pointer: right by dx pixels, down by dy."""
        degrees = _TURN / min(size)
        self.vtk.Azimuth(dx * degrees if self.mirrored else -dx * degrees)
        self.vtk.Elevation(dy * degrees)
        self.vtk.OrthogonalizeViewUp()

    def pan(self, dx: float, dy: float, size: tuple[int, int]) -> None:
        """Move the volume with the pointer."""
        view = self.view(size)
        right, up, _ = view.axes
        shift = (dy * up - dx * right) * view.pixel
        self.vtk.SetPosition(*(np.array(self.vtk.GetPosition()) + shift))
        self.vtk.SetFocalPoint(*(self._focal + shift))

    def zoom(self, factor: float) -> None:
        """Come closer by a factor; below 1, go away.

        Raises
        ------
        RenderError
            The factor is not above 0.
        """
        if not (math.isfinite(factor) and factor > 0):
            raise RenderError(f"a zoom must be a factor above 0, got {factor}")
        distance = self.vtk.GetDistance()
        self.vtk.Dolly(distance / min(max(distance / factor, _NEAREST), _FARTHEST))

    def view(self, size: tuple[int, int] = (1, 1)) -> CameraView:
        """Return what is seen in a panel of a size."""
        return CameraView.of(self.to_dict(), size, self.mirrored)

    def to_dict(self) -> dict[str, list[float]]:
        """Return position, focal point and the direction up, in world coordinates."""
        vectors = (self.vtk.GetPosition(), self.vtk.GetFocalPoint(), self.vtk.GetViewUp())
        return {key: list(vector) for key, vector in zip(_KEYS, vectors, strict=True)}

    def from_dict(self, state: dict[str, list[float]]) -> None:
        """Take what :meth:`to_dict` returned.

        Raises
        ------
        RenderError
            A vector is missing, not three finite numbers or too long, or they make no view.
        """
        try:
            vectors = np.array([state[key] for key in _KEYS], np.float64)
        except (KeyError, TypeError, ValueError):
            vectors = np.empty(0)
        if vectors.shape != (3, 3) or not np.isfinite(vectors).all():
            raise RenderError(f"a camera must have {', '.join(_KEYS)} of three numbers each, got {state!r}")
        if np.abs(vectors).max() > _FAR:
            raise RenderError(f"a camera's numbers must be from {-_FAR:g} to {_FAR:g}, got {state!r}")
        sight = vectors[1] - vectors[0]
        if not np.linalg.norm(np.cross(sight, vectors[2])) > 1e-9:
            raise RenderError("a camera's position must differ from its focal point, and up from the view")
        self.vtk.SetPosition(*vectors[0])
        self.vtk.SetFocalPoint(*vectors[1])
        self.vtk.SetViewUp(*vectors[2])

    @property
    def _focal(self) -> NDArray[np.float64]:
        """What the camera looks at."""
        return np.array(self.vtk.GetFocalPoint())
