"""Three slices across the axes, as pictures stretched over rectangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData

from idlat.explorer.scene.actors.opengl_classes import vtkActor, vtkPolyDataMapper, vtkTexture
from idlat.explorer.scene.actors.vtk_arrays import cell_array, image_data, point_array, vtk_array
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.value_codes import MISSING
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["SliceActor", "slice_picture"]

_CONTEXT = 0.22  # how much of its colour a block keeps that is not selected

# Missing values are holes, not glass: VTK would have to sort what is translucent.
_HOLES = "//VTK::TCoord::Impl\n  if (gl_FragData[0].a < 0.5) discard;\n"


def slice_picture(
    codes: NDArray[np.uint8],
    colours: NDArray[np.uint8],
    shown: NDArray[np.bool_],
    background: tuple[int, int, int],
) -> NDArray[np.uint8]:
    """Return bytes (rows, columns) as colours (rows, columns, 4), pale if not shown, clear if missing."""
    pale = colours * _CONTEXT + np.array(background) * (1 - _CONTEXT)
    tables = np.stack([pale.astype(np.uint8), colours])
    picture = np.empty((*codes.shape, 4), np.uint8)
    picture[..., :3] = tables[shown.astype(np.intp), codes]
    picture[..., 3] = np.where(codes == MISSING, 0, 255)
    return picture


class SliceActor:
    """One slice across an axis: 0 for z, 1 for y, 2 for x."""

    def __init__(self, axis: int) -> None:
        self._axis = axis
        self._mesh = vtkPolyData()
        self._texture = vtkTexture()
        self._texture.SetColorModeToDirectScalars()
        self._texture.InterpolateOn()
        self._texture.EdgeClampOn()
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(self._mesh)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.SetTexture(self._texture)
        self.actor.ForceOpaqueOn()
        self.actor.GetProperty().LightingOff()
        self.actor.GetShaderProperty().AddFragmentShaderReplacement(
            "//VTK::TCoord::Impl", False, _HOLES, False
        )

    def set_slice(
        self,
        codes: NDArray[np.uint8],
        colours: NDArray[np.uint8],
        inside: NDArray[np.bool_],
        selection: Selection,
        frame: VolumeFrame,
        index: int,
        background: tuple[int, int, int],
    ) -> None:
        """Take the slice at a voxel of the axis, of bytes (z, y, x) whose colours (256, 3) are these.

        What is not selected is pale, and so are the bytes that are not `inside` (256,).
        """
        plane: NDArray[np.uint8] = np.take(codes, index, axis=self._axis)
        shown: NDArray[np.bool_] = np.take(selection.shown, index // selection.block, axis=self._axis)
        for axis, length in enumerate(plane.shape):
            shown = shown.take(np.arange(length) // selection.block, axis=axis)
        self._place(plane.shape, frame, index)
        image = image_data(np.zeros((1, *plane.shape), np.uint8), frame)
        picture = slice_picture(plane, colours, shown & inside[plane], background)
        image.GetPointData().SetScalars(vtk_array(picture.reshape(-1, 4)))
        self._texture.SetInputData(image)

    def _place(self, shape: tuple[int, ...], frame: VolumeFrame, index: int) -> None:
        """Lay the rectangle; the picture's outermost pixels have their centres on its edges."""
        rows, columns = shape
        corners = np.array([(0, 0), (0, columns - 1), (rows - 1, columns - 1), (rows - 1, 0)], np.float64)
        voxels = np.insert(corners, self._axis, index, axis=1)
        self._mesh.SetPoints(point_array(voxels[:, ::-1] * np.array(frame.step)))
        self._mesh.SetPolys(cell_array(np.array([[0, 1, 2, 3]])))
        inside = (corners[:, ::-1] + 0.5) / (columns, rows)
        self._mesh.GetPointData().SetTCoords(vtk_array(inside.astype(np.float32)))

    def show(self, on: bool) -> None:
        """Draw it or not."""
        self.actor.SetVisibility(on)
