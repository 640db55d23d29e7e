"""NumPy arrays as VTK's, without a copy where the memory allows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData

from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["cell_array", "image_data", "numpy_array", "point_array", "vtk_array"]


def image_data(
    volume: NDArray[Any], frame: VolumeFrame, start: tuple[int, int, int] = (0, 0, 0), stride: int = 1
) -> vtkImageData:
    """Return every so manieth voxel of a volume, as an image (z, y, x) whose first is ``start`` of the frame.

    VTK's x is the axis that varies fastest, which is the array's last: the memory is the same.
    """
    image = vtkImageData()
    image.SetDimensions(*volume.shape[::-1])
    image.SetSpacing(*(d * stride for d in frame.step))
    image.SetOrigin(*(i * d for i, d in zip(start[::-1], frame.step, strict=True)))
    image.GetPointData().SetScalars(vtk_array(np.ascontiguousarray(volume).reshape(-1)))
    return image


def point_array(points: NDArray[np.floating[Any]]) -> vtkPoints:
    """Return places (n, 3), x, y, z, as VTK's points."""
    result = vtkPoints()
    result.SetData(vtk_array(points.astype(np.float32)))
    return result


def cell_array(cells: NDArray[np.integer[Any]]) -> vtkCellArray:
    """Return cells (n, k) of k points each as VTK's."""
    result = vtkCellArray()
    flat = np.ascontiguousarray(cells, np.int64).reshape(-1)
    result.SetData(cells.shape[1], numpy_to_vtkIdTypeArray(flat, deep=True))
    return result


def vtk_array(values: NDArray[Any]) -> vtkDataArray:
    """Return values (n,) or (n, k) as VTK's, which shares their memory and keeps it alive."""
    result: vtkDataArray = numpy_to_vtk(np.ascontiguousarray(values), deep=False)
    return result


def numpy_array(values: vtkDataArray) -> NDArray[Any]:
    """Return VTK's values (n,) or (n, k) as an array that shares their memory."""
    result: NDArray[Any] = vtk_to_numpy(values)
    return result
