"""NumPy arrays as VTK's, without a copy where the memory allows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData

from idlat.explorer.scene.frame import Frame

__all__ = ["cell_array", "colour_array", "image_data", "point_array"]


def image_data(volume: NDArray[Any], frame: Frame, start: tuple[int, int, int] = (0, 0, 0)) -> vtkImageData:
    """Return a volume (z, y, x) as an image whose first voxel is voxel ``start`` of the frame.

    VTK's x is the axis that varies fastest, which is the array's last: the memory is the same.
    """
    image = vtkImageData()
    image.SetDimensions(*volume.shape[::-1])
    image.SetSpacing(*frame.step)
    image.SetOrigin(*(i * d for i, d in zip(start[::-1], frame.step, strict=True)))
    image.GetPointData().SetScalars(_array(np.ascontiguousarray(volume).reshape(-1)))
    return image


def point_array(points: NDArray[np.floating[Any]]) -> vtkPoints:
    """Return places (n, 3), x, y, z, as VTK's points."""
    result = vtkPoints()
    result.SetData(_array(np.ascontiguousarray(points, np.float32)))
    return result


def cell_array(cells: NDArray[np.integer[Any]]) -> vtkCellArray:
    """Return cells (n, k) of k points each as VTK's."""
    result = vtkCellArray()
    flat = np.ascontiguousarray(cells, np.int64).reshape(-1)
    result.SetData(cells.shape[1], numpy_to_vtkIdTypeArray(flat, deep=True))
    return result


def colour_array(colours: NDArray[np.uint8]) -> vtkDataArray:
    """Return colours (n, 3) or (n, 4) as VTK's scalars."""
    return _array(np.ascontiguousarray(colours))


def _array(values: NDArray[Any]) -> vtkDataArray:
    """Return an array that shares memory; VTK keeps it alive."""
    return numpy_to_vtk(values, deep=False)
