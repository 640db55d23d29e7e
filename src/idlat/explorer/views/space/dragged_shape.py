"""The shape of the map that is edited, drawn in physical space and dragged there."""

from __future__ import annotations

from dataclasses import replace

from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.handles.map_shapes import SHAPES, Handle, Shape
from idlat.explorer.scene.handles.shape_handles import Drag, Voxels, cursor, nearest_handle
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from idlat.explorer.views.space.canvas import Canvas

__all__ = ["DraggedShape"]


class DraggedShape:
    """A box or a sphere of the workbench, while its page is open.

    Parameters
    ----------
    canvas
        Draws it.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._drag: tuple[Drag, tuple[int, int]] | None = None  # and its panel's upper left corner
        self._held = ""

    @property
    def shape(self) -> Shape | None:
        """The shape of the map that is edited; None where it has none, or its page is closed."""
        edited = self._canvas.host.edited_map
        if edited is None or self._canvas.state.tab != "importance":
            return None
        made = SHAPES.get(edited.family)
        return made.of(edited.values) if made is not None and edited.values else None

    @property
    def voxels(self) -> Voxels | None:
        """Where the field's voxels are in what is shown; None where nothing is."""
        volume, frame = self._canvas.volume, self._canvas.scene.frame
        if volume is None or frame is None or frame.shape != volume.values.shape:
            return None
        cell = self._canvas.host.dataset.archive.model.cell if volume.stride > 1 else 1
        z, y, x = (start for start, _ in volume.region)
        return Voxels(frame, (z, y, x), volume.stride, cell)

    @property
    def gizmo(self) -> Gizmo | None:
        """What is drawn of it."""
        return self._canvas.scene.gizmo

    def sync(self) -> None:
        """Draw the shape as it is now."""
        shape, voxels = self.shape, self.voxels
        gizmo = None if shape is None or voxels is None else Gizmo(shape, voxels, self._held)
        if gizmo is None:
            self._hold("", "")
        if gizmo != self.gizmo:
            self._canvas.scene = replace(self._canvas.scene, gizmo=gizmo)

    def grab(self, x: float, y: float) -> bool:
        """Take the handle under the pointer."""
        found = self._under(x, y)
        if found is None:
            return False
        handle, view, corner = found
        gizmo = self.gizmo
        assert gizmo is not None, "a handle is of a shape that is drawn"
        begun = x - corner[0], y - corner[1]
        self._drag = Drag(gizmo.shape, handle, gizmo.voxels, view, begun), corner
        self._hold(handle.name, cursor(handle, gizmo.voxels, view))
        return True

    def drag(self, x: float, y: float) -> None:
        """Move it, and the map with it."""
        if self._drag is None:
            return
        host, (drag, corner) = self._canvas.host, self._drag
        host.drag_map(drag.at(x - corner[0], y - corner[1], host.dataset.shape).values())

    def drop(self) -> None:
        """End the drag."""
        self._drag = None

    def hover(self, x: float, y: float) -> None:
        """Show which handle would be taken."""
        found = self._under(x, y)
        if found is None or self.gizmo is None:
            self._hold("", "")
        else:
            handle, view, _ = found
            self._hold(handle.name, cursor(handle, self.gizmo.voxels, view))

    def _hold(self, name: str, shape: str) -> None:
        """Let a handle light up, and the pointer have a shape."""
        state = self._canvas.state
        if (self._held, state.space_cursor) == (name, shape):
            return
        self._held = name
        with state:
            state.space_cursor = shape
        self.sync()

    def _under(self, x: float, y: float) -> tuple[Handle, CameraView, tuple[int, int]] | None:
        """Return the handle at a pixel of the picture, its panel's view and the panel's upper left corner."""
        camera, gizmo = self._canvas.seen_from, self.gizmo
        if camera is None or gizmo is None:
            return None
        for place in self._canvas.scene.places(*self._canvas.size):
            if place.holds(x, y):
                view = CameraView.of(camera, place.size, gizmo.voxels.frame.downwards)
                handle = nearest_handle(gizmo.shape, gizmo.voxels, view, x - place.x, y - place.y)
                return None if handle is None else (handle, view, (place.x, place.y))
        return None
