"""A volume of bytes drawn by ray casting on the processor.

VTK's fixed-point mapper leaps over what is transparent, and without a graphics card is several times as quick
as its mapper for one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction

from idlat.explorer.scene.actors.opengl_classes import (
    vtkColorTransferFunction,
    vtkFixedPointVolumeRayCastMapper,
    vtkVolume,
    vtkVolumeProperty,
)
from idlat.explorer.scene.actors.vtk_arrays import image_data
from idlat.explorer.scene.geometry.volume_frame import OPACITY_LENGTH, VolumeFrame

__all__ = ["VolumeActor"]


class VolumeActor:
    """One volume, its colours and its level of detail."""

    def __init__(self) -> None:
        self._mapper = vtkFixedPointVolumeRayCastMapper()
        self._mapper.AutoAdjustSampleDistancesOff()
        self._mapper.LockSampleDistanceToInputSpacingOff()
        self._mapper.IntermixIntersectingGeometryOn()
        self._colours, self._opacity = vtkColorTransferFunction(), vtkPiecewiseFunction()
        look = vtkVolumeProperty()
        look.SetInterpolationTypeToLinear()
        look.ShadeOff()
        look.SetColor(self._colours)
        look.SetScalarOpacity(self._opacity)
        look.SetScalarOpacityUnitDistance(OPACITY_LENGTH)
        self.actor = vtkVolume()
        self.actor.SetMapper(self._mapper)
        self.actor.SetProperty(look)
        self._step = 1.0
        self._empty = True

    def set_codes(
        self, codes: NDArray[np.uint8], frame: VolumeFrame, start: tuple[int, int, int], stride: int = 1
    ) -> None:
        """Take bytes (z, y, x), of every so manieth voxel from ``start`` on; none is drawn if empty."""
        self._empty = min(codes.shape) < 2
        if not self._empty:
            self._step = min(frame.step)
            self._mapper.SetInputData(image_data(codes, frame, start, stride))

    def set_transfer(self, colours: NDArray[np.uint8], opacity: NDArray[np.float64]) -> None:
        """Take the colour (256, 3) and the opacity (256,) of each byte."""
        self._colours.RemoveAllPoints()
        self._opacity.RemoveAllPoints()
        for code, (rgb, alpha) in enumerate(zip((colours / 255).tolist(), opacity.tolist(), strict=True)):
            self._colours.AddRGBPoint(code, *rgb)
            self._opacity.AddPoint(code, alpha)

    def set_detail(self, along: float, across: float) -> None:
        """Sample each ray every so many voxels, and cast a ray every so many pixels of the picture."""
        self._mapper.SetSampleDistance(along * self._step)
        self._mapper.SetImageSampleDistance(across)

    def show(self, on: bool) -> None:
        """Draw it or not."""
        self.actor.SetVisibility(on and not self._empty)
