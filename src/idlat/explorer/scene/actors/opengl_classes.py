"""VTK's classes that draw, with OpenGL's registered in their place.

VTK chooses what stands behind such a class when an object of it is made: without OpenGL's it makes none, or
one that crashes when it is used. Import these classes from here, never from VTK itself.
"""

from __future__ import annotations

# Imported for what they register: how meshes and volumes are drawn with OpenGL.
import vtkmodules.vtkRenderingOpenGL2
import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkActor2D,
    vtkCamera,
    vtkColorTransferFunction,
    vtkCoordinate,
    vtkLight,
    vtkPolyDataMapper,
    vtkPolyDataMapper2D,
    vtkRenderer,
    vtkRenderWindow,
    vtkTexture,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

__all__ = [
    "vtkActor",
    "vtkActor2D",
    "vtkCamera",
    "vtkColorTransferFunction",
    "vtkCoordinate",
    "vtkFixedPointVolumeRayCastMapper",
    "vtkLight",
    "vtkPolyDataMapper",
    "vtkPolyDataMapper2D",
    "vtkRenderWindow",
    "vtkRenderer",
    "vtkTexture",
    "vtkVolume",
    "vtkVolumeProperty",
]
