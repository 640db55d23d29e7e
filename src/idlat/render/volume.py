"""Volume rendering by ray casting (paper, Fig. 7 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idlat.render.stage import Image, Viewpoint, photograph, start_drawing

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkVolumeProperty

__all__ = ["Look", "draw_volume"]

_LEVELS = 1024  # of colour and opacity between low and high
_MISSING = (128, 128, 128, 0)


@dataclass(frozen=True)
class Look:
    """How values look.

    Parameters
    ----------
    low, high
        What is drawn in the first and the last colour; beyond them values look like these.
    colours
        ``(R, G, B)`` in [0, 1], evenly spaced from low to high.
    opacities
        Opacity of a voxel in [0, 1], likewise.
    """

    low: float
    high: float
    colours: Sequence[tuple[float, float, float]]
    opacities: Sequence[float]


def draw_volume(
    values: NDArray[Any],
    look: Look,
    view: Viewpoint | None = None,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Image:
    """Draw a volume in its outline.

    Parameters
    ----------
    values
        ``(z, y, x)``; what is not finite is transparent.
    look
        Colours and opacities.
    view
        From where.
    spacing
        Sides of a voxel along z, y and x.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    """
    start_drawing()
    from vtkmodules.vtkRenderingCore import vtkVolume
    from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

    mapper, volume = vtkFixedPointVolumeRayCastMapper(), vtkVolume()
    mapper.SetInputData(_image_data(values, look, spacing))
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetSampleDistance(0.5 * min(spacing))
    volume.SetMapper(mapper)
    volume.SetProperty(_property(min(spacing)))
    z, y, x = (side * (n - 1) for side, n in zip(spacing, values.shape, strict=True))
    return photograph([volume], (z, y, x), view or Viewpoint())


def _classified(values: NDArray[Any], look: Look) -> NDArray[np.uint8]:
    """Return colour and opacity of each voxel (voxels, RGBA).

    Classified before interpolation, so that no value between a voxel's and a missing one's is invented.
    """
    at = np.linspace(0.0, 1.0, _LEVELS)
    channels = [*zip(*look.colours, strict=True), look.opacities]
    table = np.stack([np.interp(at, np.linspace(0, 1, len(c)), c) for c in channels], axis=1)
    span = look.high - look.low
    with np.errstate(invalid="ignore"):
        part = np.clip((values.reshape(-1) - look.low) / (span if span > 0 else 1.0), 0.0, 1.0)
    level = np.rint(np.nan_to_num(part) * (_LEVELS - 1)).astype(np.int32)
    rgba: NDArray[np.uint8] = np.rint(255 * table).astype(np.uint8)[level]
    rgba[~np.isfinite(values.reshape(-1))] = _MISSING
    return rgba


def _image_data(values: NDArray[Any], look: Look, spacing: tuple[float, float, float]) -> vtkImageData:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    data = vtkImageData()
    data.SetDimensions(*values.shape[::-1])
    data.SetSpacing(*spacing[::-1])
    data.GetPointData().SetScalars(numpy_to_vtk(_classified(values, look), deep=True))
    return data


def _property(unit: float) -> vtkVolumeProperty:
    """Take colours and opacities as the voxels have them; the opacity is that of a length `unit`."""
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkVolumeProperty

    opacity, looks = vtkPiecewiseFunction(), vtkVolumeProperty()
    opacity.AddPoint(0, 0.0)
    opacity.AddPoint(255, 1.0)
    looks.IndependentComponentsOff()
    looks.SetScalarOpacity(opacity)
    looks.SetScalarOpacityUnitDistance(unit)
    looks.SetInterpolationTypeToLinear()
    return looks
