"""Triangles and lines on the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData

from idlat.explorer.scene.actors.isosurface_mesh import IsosurfaceMesh
from idlat.explorer.scene.actors.opengl_classes import vtkActor, vtkPolyDataMapper
from idlat.explorer.scene.actors.vtk_arrays import cell_array, point_array, vtk_array

__all__ = ["LineActor", "SurfaceActor"]


class _MeshActor:
    """What both have: a mesh, its mapper and its actor."""

    def __init__(self) -> None:
        self._mesh = vtkPolyData()
        self._mapper = vtkPolyDataMapper()
        self._mapper.SetInputData(self._mesh)
        self._mapper.SetColorModeToDirectScalars()
        self.actor = vtkActor()
        self.actor.SetMapper(self._mapper)

    def set_colour(self, colour: tuple[int, int, int]) -> None:
        """Draw all of it in one colour."""
        red, green, blue = (c / 255 for c in colour)
        self._mapper.ScalarVisibilityOff()
        self.actor.GetProperty().SetColor(red, green, blue)

    def show(self, on: bool) -> None:
        """Draw it or not."""
        self.actor.SetVisibility(on)


class SurfaceActor(_MeshActor):
    """An isosurface, lit; one colour, or one a point."""

    def __init__(self) -> None:
        super().__init__()
        look = self.actor.GetProperty()
        look.SetAmbient(0.12)
        look.SetDiffuse(0.85)
        look.SetSpecular(0.22)
        look.SetSpecularPower(28)
        look.SetInterpolationToPhong()

    def set_surface(self, surface: IsosurfaceMesh, colours: NDArray[np.uint8] | None = None) -> None:
        """Take a surface and the colours (n, 3) of its points; its triangles are set apart."""
        self._mesh.Initialize()
        if len(surface.points):
            self._mesh.SetPoints(point_array(surface.points))
            self._mesh.GetPointData().SetNormals(vtk_array(surface.normals))
        self._mapper.SetScalarVisibility(colours is not None)
        if colours is not None:
            self._mesh.GetPointData().SetScalars(vtk_array(colours))

    def set_faces(self, faces: NDArray[np.int64]) -> None:
        """Draw these triangles (k, 3) of the surface."""
        self._mesh.SetPolys(cell_array(faces))


class LineActor(_MeshActor):
    """Straight lines, unlit; one colour, or one a line."""

    def __init__(self, width: float) -> None:
        super().__init__()
        look = self.actor.GetProperty()
        look.LightingOff()
        look.SetLineWidth(width)

    def set_lines(self, ends: NDArray[np.float32], colours: NDArray[np.uint8] | None = None) -> None:
        """Take lines (n, 2, 3) by the world coordinates of their ends, and a colour (n, 3) each."""
        self._mesh.Initialize()
        self._mesh.SetPoints(point_array(ends.reshape(-1, 3)))
        self._mesh.SetLines(cell_array(np.arange(2 * len(ends)).reshape(-1, 2)))
        self._mapper.SetScalarVisibility(colours is not None)
        if colours is not None:
            self._mesh.GetCellData().SetScalars(vtk_array(colours))
