"""How values look in the picture: opacity points, colours, and the isovalue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idlat.explorer.scene.scene_settings import SceneSettings
from idlat.explorer.views.page_colours import palette
from idlat.explorer.views.space.canvas import Canvas

__all__ = ["ValueColours"]


class ValueColours:
    """The transfer function of all panels, and the isovalue.

    Parameters
    ----------
    canvas
        Draws them.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def initial(self) -> dict[str, Any]:
        """Return what the page begins with."""
        return {
            "isovalue": 0.0,
            "range": [0.0, 1.0],
            "range_step": 0.01,
            "transfer": [],
            "histogram": [],
            "colours_name": "viridis",
            "palette": palette("viridis"),
        }

    def settings(self) -> SceneSettings:
        """Return how values are drawn; the slices are not set."""
        state = self._canvas.state
        state.palette = palette(state.colours_name)
        points = tuple((float(value), float(opacity)) for value, opacity in state.transfer)
        return SceneSettings(state.mode, float(state.isovalue), None, points or None, state.colours_name)

    def set_points(self, points: list[list[float]]) -> None:
        """Take opacity points."""
        if len(points) >= 2:
            self._canvas.state.transfer = sorted(points)
            self._canvas.draw_settings()

    def suit(self) -> None:
        """Begin with the opacity points that suit the values, once there are any."""
        self._canvas.renderer.ask(lambda scene: scene.transfer_points(), self._take)

    def _take(self, points: Sequence[tuple[float, float]]) -> None:
        """Take points from the scene; called on the thread that draws."""
        if points:
            self._canvas.host.later(lambda: self.set_points([list(point) for point in points]))

    def set_isovalue(self, value: float, show: bool | None = None) -> None:
        """Set the isovalue, within the range; on request draw isosurfaces."""
        state = self._canvas.state
        low, high = state.range
        state.isovalue = min(high, max(low, value))
        if show and state.mode not in ("isosurface", "both"):
            state.mode = "isosurface"
