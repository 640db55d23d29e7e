"""One picture without a window: what is on the stage, seen from a corner of the volume."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idlat.render.offscreen import require_offscreen

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkProp3D

__all__ = ["Image", "Viewpoint", "photograph", "start_drawing"]

Image = NDArray[np.uint8]
"""A picture (height, width, RGB)."""


@dataclass(frozen=True)
class Viewpoint:
    """From where a volume is seen.

    Parameters
    ----------
    azimuth, elevation
        Degrees around z from the front, where x points right and z up, and above the horizon.
    zoom
        1 shows the whole volume, whatever the direction.
    size
        Width and height in pixels.
    """

    azimuth: float = 30.0
    elevation: float = 25.0
    zoom: float = 1.1
    size: tuple[int, int] = (480, 480)


def start_drawing() -> None:
    """Load what draws; call it before any prop is made, as VTK chooses its classes when they are made.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    """
    require_offscreen()
    import_module("vtkmodules.vtkRenderingOpenGL2")
    import_module("vtkmodules.vtkRenderingVolumeOpenGL2")


def photograph(props: list[vtkProp3D], extent: tuple[float, float, float], view: Viewpoint) -> Image:
    """Draw props in a box.

    Parameters
    ----------
    props
        What to draw; x, y and z of VTK are those of the field.
    extent
        Sides of the volume along z, y and x; its outline is drawn, so that pictures of one volume compare.
    view
        From where.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    """
    start_drawing()
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter

    depth, height, width = extent
    renderer, window = vtkRenderer(), vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*view.size)
    window.AddRenderer(renderer)
    renderer.SetBackground(1.0, 1.0, 1.0)
    for prop in (_outline(extent), *props):
        renderer.AddViewProp(prop)
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(width / 2, height / 2, depth / 2)
    camera.SetPosition(width / 2, height / 2 - 1, depth / 2)
    camera.SetViewUp(0, 0, 1)
    camera.Azimuth(view.azimuth)
    camera.Elevation(view.elevation)
    renderer.ResetCamera(0, width, 0, height, 0, depth)
    camera.Zoom(view.zoom)
    window.Render()
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    pixels = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
    image: Image = pixels.reshape(view.size[1], view.size[0], -1)[::-1, :, :3].copy()
    window.Finalize()
    return image


def _outline(extent: tuple[float, float, float]) -> vtkProp3D:
    """Return the edges of the volume."""
    from vtkmodules.vtkFiltersSources import vtkOutlineSource
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    depth, height, width = extent
    source, mapper, actor = vtkOutlineSource(), vtkPolyDataMapper(), vtkActor()
    source.SetBounds(0, width, 0, height, 0, depth)
    mapper.SetInputConnection(source.GetOutputPort())
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(0.6, 0.6, 0.6)
    return actor
