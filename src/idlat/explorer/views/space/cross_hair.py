"""The cross-hair of the sections: pressed or dragged in one of them, it moves the two others."""

from __future__ import annotations

from idlat.explorer.scene.geometry.panel_layout import PanelPlace
from idlat.explorer.scene.geometry.section_layout import section_voxel
from idlat.explorer.views.space.canvas import Canvas
from idlat.explorer.views.space.remote_area import Draggable

__all__ = ["CrossHair"]


class CrossHair:
    """Takes every press while sections are drawn, and leaves the others to what else is dragged.

    Parameters
    ----------
    canvas
        Draws the sections.
    others
        What is dragged in the other pictures.
    """

    def __init__(self, canvas: Canvas, others: Draggable) -> None:
        self._canvas, self._others = canvas, others
        self._held: tuple[PanelPlace, int] | None = None  # the panel and the section that was pressed

    @property
    def _on(self) -> bool:
        return bool(self._canvas.state.mode == "sections")

    def grab(self, x: float, y: float) -> bool:
        """Move the cross-hair to the pointer."""
        if not self._on:
            return self._others.grab(x, y)
        for place in self._canvas.scene.places(*self._canvas.size):
            found = self._voxel(place, x, y, None) if place.holds(x, y) else None
            if found is not None:
                self._held = place, found
        return True

    def drag(self, x: float, y: float) -> None:
        """Move it on, within the section that was pressed."""
        if self._held is not None:
            self._voxel(*self._held[:1], x, y, self._held[1])
        elif not self._on:
            self._others.drag(x, y)

    def drop(self) -> None:
        """Leave it there."""
        self._held = None
        self._others.drop()

    def hover(self, x: float, y: float) -> None:
        """Show what else could be taken."""
        if not self._on:
            self._others.hover(x, y)

    def _voxel(self, place: PanelPlace, x: float, y: float, axis: int | None) -> int | None:
        """Slice at the voxel of a pixel, and return the axis of its section."""
        canvas, volume = self._canvas, self._canvas.volume
        frame, slices = canvas.scene.frame, canvas.scene.settings.slices
        if frame is None or slices is None or volume is None:
            return None
        found = section_voxel(frame, place, slices, x, y, axis)
        if found is None:
            return None
        across, sample = found
        starts = (start for start, _ in volume.region)
        with canvas.state:
            canvas.state.slices = [i * volume.stride + start for i, start in zip(sample, starts, strict=True)]
        canvas.draw_settings()
        return across
