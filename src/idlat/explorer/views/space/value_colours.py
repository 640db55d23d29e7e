"""How values look in the picture: opacity points, colours, and the isovalue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idlat.errors import IdlatError
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
            "colour_range": [0.0, 1.0],
            "brush": [],
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
        return SceneSettings(
            mode=state.mode,
            isovalue=float(state.isovalue),
            points=points or None,
            window=tuple(state.brush) or None,
            missing=state.missing,
            outlined=state.outlines,
            tinted=state.tinted,
            colours=state.colours_name,
        )

    def set_points(self, points: list[list[float]]) -> None:
        """Take opacity points."""
        if len(points) >= 2:
            self._canvas.state.transfer = sorted(points)
            self._canvas.draw_settings()

    @property
    def reach(self) -> tuple[float, float]:
        """The field's values that colours reach."""
        low, high = self._canvas.state.colour_range
        return low, high

    def begin(self, low: float, high: float, anew: bool) -> None:
        """Take the range of a step's values; a colour range that was set stays unless all begins anew."""
        state = self._canvas.state
        if anew or list(state.colour_range) == list(state.range) or not state.colour_range:
            state.colour_range = [low, high]
        if anew:
            state.update({"transfer": [], "brush": []})
        state.update({"range": [low, high], "range_step": (high - low) / 400 or 1.0})

    def set_range(self, low: float | None = None, high: float | None = None) -> None:
        """Let colours and opacities reach from one value to another; None takes the end of the range.

        Raises
        ------
        IdlatError
            They are not in order.
        """
        state, (before, after) = self._canvas.state, self.reach
        first = state.range[0] if low is None else low
        last = state.range[1] if high is None else high
        if not first < last:
            raise IdlatError(f"a colour range must begin below its end, got {first:g} to {last:g}")
        factor = (last - first) / ((after - before) or 1.0)
        points = [[first + (value - before) * factor, opacity] for value, opacity in state.transfer]
        state.update({"colour_range": [first, last], "transfer": points})
        self._canvas.show_again()

    def set_brush(self, low: float | None = None, high: float | None = None) -> None:
        """Look at the values of a window alone; None at all."""
        none = low is None or high is None or not low < high
        self._canvas.state.brush = [] if none else [low, high]
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
