"""The window that is never shown: one viewport a panel, and its pixels as an array."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkCommand, vtkUnsignedCharArray

from idlat.explorer.scene.actors.opengl_classes import vtkRenderer, vtkRenderWindow
from idlat.explorer.scene.actors.vtk_arrays import numpy_array
from idlat.explorer.scene.geometry.panel_layout import PanelPlace

__all__ = ["RenderWindow"]


class RenderWindow:
    """An offscreen window."""

    def __init__(self, width: int, height: int) -> None:
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(0)  # four cost three times the time: FXAA smooths what stands still
        self._pixels = vtkUnsignedCharArray()
        self._renderers: list[vtkRenderer] = []
        self._interrupted: Callable[[], bool] = bool
        self._window.AddObserver(vtkCommand.AbortCheckEvent, self._check)
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Take another size."""
        self._size = width, height
        self._window.SetSize(width, height)

    def draw(
        self, renderers: list[vtkRenderer], places: list[PanelPlace], interrupted: Callable[[], bool] = bool
    ) -> NDArray[np.uint8] | None:
        """Draw renderers, each at its place, and no other.

        Returns
        -------
        uint8 array (h, w, 3) or None
            The picture, its first row at the top; None if it was left unfinished: VTK asks at most five times
            a second whether to go on.
        """
        for old in self._renderers:
            if old not in renderers:
                self._window.RemoveRenderer(old)
        width, height = self._size
        for renderer, p in zip(renderers, places, strict=True):
            top, bottom = 1 - p.y / height, 1 - (p.y + p.height) / height
            renderer.SetViewport(p.x / width, bottom, (p.x + p.width) / width, top)
            if not self._window.HasRenderer(renderer):
                self._window.AddRenderer(renderer)
        self._renderers = list(renderers)
        self._interrupted = interrupted
        self._window.Render()
        if self._window.GetAbortRender():
            return None
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, self._pixels, 0)
        return numpy_array(self._pixels).reshape(height, width, 3)[::-1].copy()

    def _check(self, *_: object) -> None:
        """Leave the picture unfinished where it is no longer wanted."""
        if self._interrupted():
            self._window.SetAbortRender(True)

    def close(self) -> None:
        """Free what the window holds of the graphics system."""
        self._window.Finalize()
