"""The panels of a map that is tried, beside those of the archive and its field."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import TRIED, Dataset, Estimate, Tried, tried_volume
from idlat.explorer.scene.scene_settings import OF_THE_STEP, Kind
from idlat.explorer.scene.scene_state import PanelValues
from idlat.explorer.session.view_host import EditedMap
from idlat.explorer.views.space.canvas import Canvas
from idlat.tiling import Box

__all__ = ["TrialPanels", "panel_choices"]

_TITLES: dict[Kind, tuple[str, str]] = {
    "original": ("Original", "The field"),
    "reconstruction": ("Reconstruction", "What the archive holds"),
    "difference": ("Difference", "The reconstruction less the original"),
    "map": ("Map", "Importance of the map that is edited, 0 to 1, of the chunks tried"),
    "tried": ("Tried", "What comes back of those chunks under the map that is edited"),
}


def panel_choices(has_field: bool) -> list[dict[str, Any]]:
    """Return the panels to choose from; without the field there is only the reconstruction."""
    choices = []
    for kind in OF_THE_STEP:
        title, hint = _TITLES[kind]
        disabled = kind != "reconstruction" and not has_field
        hint = "Needs the field: start the explorer with it" if disabled else hint
        choices.append({"value": kind, "title": title, "hint": hint, "disabled": disabled})
    return choices


class TrialPanels:
    """Importance and reconstruction of the map that is edited, where their panels are on.

    What was tried last stays in sight while another parameter is tried; what was never tried is tried.

    Parameters
    ----------
    canvas
        Draws them.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._shown: dict[Tried, tuple[Any, ...]] = {}  # what the values of each panel are of
        self._kept: tuple[tuple[Any, ...], Estimate] | None = None  # of which map and blocks
        self._asked: tuple[Any, ...] | None = None  # the map that was tried of itself

    def sync(self) -> None:
        """Show what the workbench has now."""
        host, wanted = self._canvas.host, [kind for kind in TRIED if kind in self._canvas.state.panels]
        unwanted = [kind for kind in TRIED if kind in self._canvas.scene.panels and kind not in wanted]
        if unwanted:
            self._canvas.scene = self._canvas.scene.without(*unwanted)
        if not wanted:
            self._kept = self._asked = None
        if not wanted or host.edited_map is None or host.blocks is None or self._canvas.volume is None:
            return
        estimate, running = self._latest(host.edited_map)
        slot = host.edited_map.slot.upper()
        note = slot if estimate else f"{slot}: not tried yet"
        for kind in wanted:
            self._tell(kind, estimate, f"{slot}: trying…" if running else note)

    def _latest(self, edited: EditedMap) -> tuple[Estimate | None, bool]:
        """Return what was tried last of the map that is edited, and whether it is tried again."""
        whose, running = (edited.slot, self._canvas.host.blocks), edited.running
        asked = (*whose, edited.expression, edited.quality, edited.chunks)
        if edited.estimate is not None and not (running or edited.outdated):
            self._kept = whose, edited.estimate
            return edited.estimate, False
        if self._kept is not None and self._kept[0] != whose:
            self._kept = None
        if not running and asked != self._asked:
            self._asked, running = asked, True
            self._canvas.host.want_map()
        if not running:
            return edited.estimate, False
        return (self._kept[1] if self._kept is not None else None), True

    def _tell(self, kind: Tried, estimate: Estimate | None, note: str) -> None:
        """Draw a panel's values and note, where it has others."""
        canvas, scene = self._canvas, self._canvas.scene
        of = (estimate, canvas.region, canvas.reach)
        if kind not in scene.panels or self._shown[kind] != of:
            self._shown[kind] = of
            make = partial(_values, canvas.host.dataset, estimate, kind, canvas.region)
            scene = replace(scene, panels={**scene.panels, kind: PanelValues(make, canvas.reach)})
        if scene is not canvas.scene or scene.notes.get(kind) != note:
            canvas.scene = replace(scene, notes={**scene.notes, kind: note})


def _values(
    dataset: Dataset, estimate: Estimate | None, kind: Tried, region: Box | None
) -> NDArray[np.float32]:
    """Put the values of a panel together, on the thread that draws."""
    return tried_volume(dataset, estimate, kind, region=region).values
