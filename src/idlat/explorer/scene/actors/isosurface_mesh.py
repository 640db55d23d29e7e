"""An isosurface as triangles that know their block, so that a selection need not compute it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from idlat.explorer.scene.actors.vtk_arrays import image_data, numpy_array
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["IsosurfaceMesh", "isosurface", "missing_surface"]


@dataclass(frozen=True, eq=False)
class IsosurfaceMesh:
    """Triangles of one isovalue.

    Attributes
    ----------
    frame : VolumeFrame
        The grid of the field.
    points, normals : float32 array (n, 3)
        World coordinates x, y, z, and unit vectors.
    faces : int array (m, 3)
        Points of each triangle.
    """

    frame: VolumeFrame
    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    faces: NDArray[np.int64]

    @cached_property
    def cells(self) -> NDArray[np.intp]:
        """The grid cell of each triangle (m, 3), by the voxel z, y, x at its lower corner."""
        centres = self.points[self.faces].mean(axis=1) / np.array(self.frame.step, np.float32)
        last = np.array(self.frame.shape) - 2
        corners: NDArray[np.intp] = np.clip(np.floor(centres[:, ::-1]).astype(np.intp), 0, last)
        return corners

    @property
    def voxels(self) -> NDArray[np.intp]:
        """The voxel z, y, x of each point (n, 3): the one at the lower corner of the cell that it is in."""
        places = self.points / np.array(self.frame.step, np.float32)
        corners: NDArray[np.intp] = np.clip(
            np.floor(places[:, ::-1]).astype(np.intp), 0, np.array(self.frame.shape) - 1
        )
        return corners

    def shown(self, selection: Selection) -> NDArray[np.int64]:
        """Return the triangles (k, 3) in blocks that are shown."""
        return self.faces if selection.blocks is None else self._faces(selection.of_voxels(self.cells))

    def sample(self, field: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a field on the same grid (z, y, x) at each point (n,); NaN where it is missing nearby."""
        places = (self.points / np.array(self.frame.step, np.float32))[:, ::-1].T
        values: NDArray[np.float32] = ndimage.map_coordinates(
            field, places, order=1, mode="nearest", output=np.float32
        )
        return values

    def without(self, cells: NDArray[np.bool_], stride: int) -> IsosurfaceMesh:
        """Return the surface without its triangles in these cells of every so manieth voxel (z, y, x)."""
        z, y, x = np.minimum(self.cells // stride, np.array(cells.shape) - 1).T
        return replace(self, faces=self._faces(~cells[z, y, x]))

    def _faces(self, keep: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return some of the triangles (k, 3)."""
        faces: NDArray[np.int64] = self.faces[keep]
        return faces


def isosurface(
    field: NDArray[np.float32], frame: VolumeFrame, isovalue: float, stride: int = 1
) -> IsosurfaceMesh:
    """Compute where a field (z, y, x) has a value; cells with a missing corner have no surface.

    A stride looks at every so manieth voxel alone: fewer triangles, for a picture that moves.
    """
    field = field[::stride, ::stride, ::stride]
    missing = ~np.isfinite(field)
    some = bool(missing.any())
    if some:
        field = np.where(missing, np.float32(isovalue - abs(isovalue) - 1), field)
    surface = _flown(image_data(field, frame, stride=stride), isovalue, frame)
    return surface.without(_touched(missing), stride) if some else surface


def missing_surface(field: NDArray[np.float32], frame: VolumeFrame) -> IsosurfaceMesh:
    """Compute what encloses the missing voxels of a field (z, y, x), closed where it ends."""
    missing = np.pad(~np.isfinite(field), 1).astype(np.float32)
    surface = _flown(image_data(missing, frame, (-1, -1, -1)), 0.5, frame)
    points: NDArray[np.float32] = surface.points.clip(0, np.array(frame.extent, np.float32))
    return replace(surface, points=points)


def _flown(image: vtkImageData, isovalue: float, frame: VolumeFrame) -> IsosurfaceMesh:
    """Compute the isosurface of an image."""
    flying = vtkFlyingEdges3D()
    flying.SetInputData(image)
    flying.SetValue(0, isovalue)
    flying.ComputeNormalsOn()
    flying.ComputeScalarsOff()
    flying.Update()
    return _from_vtk(flying.GetOutput(), frame)


def _from_vtk(mesh: vtkPolyData, frame: VolumeFrame) -> IsosurfaceMesh:
    """Return VTK's mesh as arrays that outlive it."""
    if not mesh.GetNumberOfPolys():
        none = np.empty((0, 3), np.float32)
        return IsosurfaceMesh(frame, none, none, np.empty((0, 3), np.int64))
    faces = numpy_array(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    points = numpy_array(mesh.GetPoints().GetData()).astype(np.float32)
    normals = numpy_array(mesh.GetPointData().GetNormals()).astype(np.float32)
    return IsosurfaceMesh(frame, points, normals, faces)


def _touched(missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which cells (z-1, y-1, x-1) have a missing corner."""
    for axis in range(3):
        first = missing.take(np.arange(missing.shape[axis] - 1), axis)
        missing = first | missing.take(np.arange(1, missing.shape[axis]), axis)
    return missing
