"""The look of a panel of another variable or step, and how the page edits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from idlat.errors import IdlatError
from idlat.explorer.data import BesideState, Volume
from idlat.explorer.message_checks import numbers, one_of, optional, point, real, whole
from idlat.explorer.scene.geometry.colour_maps import SEQUENTIAL
from idlat.explorer.scene.scene_settings import BESIDE, PanelLook
from idlat.explorer.session.page_view import Action, action
from idlat.explorer.views.page_colours import palette
from idlat.explorer.views.space.canvas import Canvas
from idlat.explorer.views.space.decode_volumes import counts_of
from idlat.explorer.views.space.hidden_values import BlockSpans
from idlat.tiling import Box

__all__ = ["Of", "PanelTuning", "ShownBeside", "look_of", "reach_of"]

_BEGIN = 0.3  # of the range: where an isovalue begins

Of = tuple[str, int, str, Box | None]
"""Variable, step, what of it, and region of a volume."""


@dataclass(frozen=True, eq=False)
class ShownBeside:
    """A volume that is decoded, of what, the range of its variable's values, their unit, and each block's."""

    of: Of
    volume: Volume
    span: tuple[float, float]
    units: str
    blocks: BlockSpans


class Panels(Protocol):
    """The panels whose looks are edited."""

    def panel(self, index: int) -> tuple[BesideState, ShownBeside] | None:
        """Return a panel and what is shown in it; None where there is none, or nothing yet."""

    def change(self, index: int, **changes: Any) -> None:
        """Draw a panel otherwise."""


class PanelTuning:
    """Edits the look of one panel at a time: the state's ``tuned`` counts from 1, and is 0 for none.

    Parameters
    ----------
    panels
        All of them.
    canvas
        Draws them.
    """

    def __init__(self, panels: Panels, canvas: Canvas) -> None:
        self._panels, self._canvas = panels, canvas

    def initial(self) -> dict[str, Any]:
        """Return what the page begins with."""
        return {"tuned": 0, "tuned_look": None, "tuned_palette": b""}

    def actions(self) -> Mapping[str, Action]:
        """Return what the page asks for."""
        return {
            "tune": action(self.tune, index=whole(0, len(BESIDE))),
            "tune_points": action(self.set_points, points=numbers(point, 16)),
            "tune_range": action(self.set_range, low=optional(real()), high=optional(real())),
            "tune_isovalue": action(self.set_isovalue, value=real()),
            "tune_colours": action(self.set_colours, name=one_of(*SEQUENTIAL)),
        }

    @property
    def _index(self) -> int:
        return int(self._canvas.state.tuned) - 1

    def tune(self, index: int) -> None:
        """Edit another panel from now on."""
        self._canvas.state.tuned = index if index and self._panels.panel(index - 1) else 0
        self.tell()

    def set_points(self, points: list[list[float]]) -> None:
        """Take opacity points."""
        if len(points) >= 2:
            self._change(transfer=tuple((value, opacity) for value, opacity in sorted(points)))

    def set_range(self, low: float | None = None, high: float | None = None) -> None:
        """Let colours reach from one value to another; None takes the end of the range.

        Raises
        ------
        IdlatError
            They are not in order.
        """
        found = self._panels.panel(self._index)
        if found is None:
            return
        panel, shown = found
        before, after = reach_of(panel, shown)
        first, last = shown.span[0] if low is None else low, shown.span[1] if high is None else high
        if not first < last:
            raise IdlatError(f"a colour range must begin below its end, got {first:g} to {last:g}")
        factor = (last - first) / ((after - before) or 1.0)
        moved = tuple((first + (value - before) * factor, opacity) for value, opacity in panel.transfer)
        self._change(colour_range=() if (first, last) == shown.span else (first, last), transfer=moved)

    def set_isovalue(self, value: float) -> None:
        """Set the isovalue."""
        self._change(isovalue=value)

    def set_colours(self, name: str) -> None:
        """Take another colour map."""
        self._change(colours=name)

    def _change(self, **changes: Any) -> None:
        if self._index >= 0:
            self._panels.change(self._index, **changes)

    def tell(self) -> None:
        """Tell the page the look that it edits."""
        state, found = self._canvas.state, self._panels.panel(self._index)
        if found is None:
            state.tuned_look = None
            return
        panel, shown = found
        reach = reach_of(panel, shown)
        state.tuned_palette = palette(panel.colours)
        state.tuned_look = {
            "transfer": [list(each) for each in panel.transfer],
            "colour_range": list(reach),
            "range": list(shown.span),
            "isovalue": _isovalue(panel, shown),
            "colours": panel.colours,
            "units": shown.units,
            "histogram": counts_of(shown.volume.values, reach),
        }


def reach_of(panel: BesideState, shown: ShownBeside) -> tuple[float, float]:
    """Return the values that a panel's colours reach."""
    own = panel.colour_range
    return (own[0], own[1]) if len(own) == 2 and own[0] < own[1] else shown.span


def look_of(panel: BesideState, shown: ShownBeside, title: str) -> PanelLook:
    """Return how a panel is drawn."""
    points = panel.transfer or None
    return PanelLook(title, shown.units, panel.colours, points, _isovalue(panel, shown))


def _isovalue(panel: BesideState, shown: ShownBeside) -> float:
    low, high = shown.span
    return low + _BEGIN * (high - low) if panel.isovalue is None else panel.isovalue
