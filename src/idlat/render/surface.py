"""A surface of triangles, plain or coloured at its points (paper, Fig. 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idlat.metrics import Triangles
from idlat.render.stage import Image, Viewpoint, photograph, start_drawing

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

__all__ = ["draw_surface"]

_PLAIN = (0.86, 0.72, 0.45)


def draw_surface(
    surface: Triangles | None,
    extent: tuple[float, float, float],
    colours: Image | None = None,
    view: Viewpoint | None = None,
) -> Image:
    """Draw a surface in the outline of its volume.

    Parameters
    ----------
    surface
        None draws the outline alone.
    extent
        Sides of the volume along z, y and x, in the unit of the points.
    colours : uint8 array (P, 3)
        RGB at each point; one colour unless given.
    view
        From where.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    """
    start_drawing()
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    if surface is None:
        return photograph([], extent, view or Viewpoint())
    mapper, actor = vtkPolyDataMapper(), vtkActor()
    mapper.SetInputData(_poly_data(surface, colours))
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*_PLAIN)
    actor.GetProperty().SetAmbient(0.25)
    return photograph([actor], extent, view or Viewpoint())


def _poly_data(surface: Triangles, colours: Image | None) -> vtkPolyData:
    """Return the triangles as VTK has them, with normals to shade by."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    data, points, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    places = np.ascontiguousarray(surface.points[:, ::-1])  # x, y, z
    points.SetData(numpy_to_vtk(places, deep=True))
    corners = numpy_to_vtkIdTypeArray(surface.faces.reshape(-1).astype(np.int64), deep=True)
    starts = numpy_to_vtkIdTypeArray(np.arange(0, surface.faces.size + 1, 3, dtype=np.int64), deep=True)
    cells.SetData(starts, corners)
    data.SetPoints(points)
    data.SetPolys(cells)
    data.GetPointData().SetNormals(numpy_to_vtk(_normals(places, surface.faces), deep=True))
    if colours is not None:
        data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(colours), deep=True))
    return data


def _normals(points: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Average the normals of the triangles around each point (P, 3), by area."""
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    facing = np.repeat(np.cross(b - a, c - a), 3, axis=0)
    total = np.stack([np.bincount(faces.reshape(-1), along, len(points)) for along in facing.T], axis=1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(length > 0, length, 1.0)).astype(np.float32)
