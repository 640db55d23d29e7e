"""The box around a volume.

A ray that meets a line ends there. Where rays are cast some pixels apart, those that meet a near edge leave
pixels without any of the volume: in such a picture the near edges are drawn over it, for nothing of the
volume lies before them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData

from idlat.explorer.scene.actors.mesh_actors import LineActor
from idlat.explorer.scene.actors.opengl_classes import vtkActor2D, vtkCoordinate, vtkPolyDataMapper2D
from idlat.explorer.scene.actors.vtk_arrays import cell_array, point_array
from idlat.explorer.scene.geometry.block_outlines import bounding_box
from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.geometry.colour_maps import Rgb
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["BoxActor", "near_lines"]


class BoxActor:
    """The twelve lines: ``actor`` in the midst of the volume, ``over`` over it."""

    def __init__(self, frame: VolumeFrame, colour: Rgb) -> None:
        self._frame, self._lines = frame, bounding_box(frame)
        self._within = LineActor(1.0)
        self._within.set_colour(colour)
        self.actor = self._within.actor
        place = vtkCoordinate()
        place.SetCoordinateSystemToWorld()
        self._mesh, mapper = vtkPolyData(), vtkPolyDataMapper2D()
        mapper.SetInputData(self._mesh)
        mapper.SetTransformCoordinate(place)
        self.over = vtkActor2D()
        self.over.SetMapper(mapper)
        red, green, blue = (c / 255 for c in colour)
        self.over.GetProperty().SetColor(red, green, blue)
        self.see_from(None)

    def see_from(self, view: CameraView | None) -> None:
        """Draw the edges that are near in a view over the volume; without one, all where they are."""
        near = (
            np.zeros(len(self._lines), bool) if view is None else near_lines(self._lines, self._frame, view)
        )
        self._within.set_lines(self._lines[~near])
        self.over.SetVisibility(bool(near.any()))
        if near.any():
            self._mesh.SetPoints(point_array(self._lines[near].reshape(-1, 3)))
            self._mesh.SetLines(cell_array(np.arange(2 * int(near.sum())).reshape(-1, 2)))


def near_lines(lines: NDArray[np.float32], frame: VolumeFrame, view: CameraView) -> NDArray[np.bool_]:
    """Tell which lines (n, 2, 3) of a box lie on a side that faces the eye; none that goes past the eye.

    Examples
    --------
    >>> frame = VolumeFrame((2, 2, 2), (1.0, 1.0, 1.0))
    >>> front = CameraView.of({"position": (0.5, -5, 0.5), "focal": (0.5, 0, 0.5), "up": (0, 0, 1)}, (9, 9))
    >>> lines = bounding_box(frame)
    >>> bool((near_lines(lines, frame, front) == (lines[..., 1] == 0).all(axis=1)).all())
    True
    """
    last = np.array(frame.extent, np.float32)
    low = (lines == 0).all(axis=1) & (view.position < 0)
    high = (lines == last).all(axis=1) & (view.position > last)
    before = ((lines - view.position) @ view.axes[2] > 1e-3).all(axis=1)
    near: NDArray[np.bool_] = (low | high).any(axis=1) & before
    return near
