"""The physical space view: volumes and isosurfaces of the selection, in panels with one camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from idlat.explorer.data import TRIED, ExplorerState
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.evaluated_maps import stated_isovalue
from idlat.explorer.message_checks import Check, flag, numbers, one_of, optional, point, real, whole
from idlat.explorer.scene.geometry.colour_maps import SEQUENTIAL
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import MODES, MOST_PANELS, OF_THE_STEP
from idlat.explorer.session.page_view import Action, action, kept
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.space.decode_volumes import Decoded, decoded
from idlat.explorer.views.space.drawn_space import DrawnSpace
from idlat.explorer.views.space.trial_panels import panel_choices

__all__ = ["SpaceView"]

EXAGGERATIONS = (0.01, 1e5)
"""How many times longer than in truth z may be drawn."""

_OLD = "Decoding… the picture is still of what was shown before."


class SpaceView(DrawnSpace):
    """What is shown of the volumes, and how."""

    KEPT = kept(
        "mode",
        "panels",
        "outlines",
        "tinted",
        "missing",
        "exaggeration",
        "isovalue",
        "slices",
        "transfer",
        "colour_range",
        "brush",
        colours="colours_name",
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._fitted = ""  # the variable that isovalue and transfer function are chosen for
        self._restored: Callable[[Scene], None] | None = None  # looks from where a state says

    def initial(self) -> Mapping[str, Any]:
        """Return the modes to begin with."""
        dataset = self.host.dataset
        return {
            "mode": "volume",
            "panel_choices": panel_choices(dataset.has_field),
            "panels": ["original", "reconstruction"] if dataset.has_field else ["reconstruction"],
            "outlines": False,
            "tinted": False,
            "missing": False,
            "some_missing": False,
            "exaggeration": None,
            "probed": None,
            "slices": [n // 2 for n in dataset.shape],
            "colour_maps": list(SEQUENTIAL),
            "space_note": "Decoding…",
            "space_hint": "",
            "space_cursor": "",
            **self.colours.initial(),
            **self.detail.initial(),
            **self.bookmarks.initial(),
            **self.beside.initial(),
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the controls ask for."""
        return {
            **super().actions(),
            **self.bookmarks.actions(),
            **self.beside.actions(),
            "isovalue": action(self.colours.set_isovalue, value=real(), show=optional(flag)),
            "transfer": action(self.colours.set_points, points=numbers(point, 16)),
            "closeup": action(self.detail.ask, on=flag),
            "probe": action(self.probe.ask, x=real(0, 1), y=real(0, 1)),
            "leave": action(self.probe.leave),
            "colour_range": action(self.colours.set_range, low=optional(real()), high=optional(real())),
            "brush": action(self.colours.set_brush, low=optional(real()), high=optional(real())),
            "choose_brushed": action(self.marks.choose_brushed),
        }

    def fields(self) -> Mapping[str, Check]:
        """Return what the controls set."""
        top = max(self.host.dataset.shape)
        return {
            "mode": one_of(*MODES),
            "panels": numbers(one_of(*OF_THE_STEP), MOST_PANELS),
            "outlines": flag,
            "tinted": flag,
            "missing": flag,
            "exaggeration": optional(real(*EXAGGERATIONS)),
            "isovalue": real(),
            "slices": numbers(whole(0, top), 3, 3),
            "colours_name": one_of(*SEQUENTIAL),
        }

    def on_field_changed(self, field: str) -> None:
        """Draw otherwise."""
        if field == "panels":
            self.choose_panels()
            return
        if field == "exaggeration":
            self.show_again()
            return
        if field in ("outlines", "tinted"):
            self.on_tree_changed()
        self.draw_settings()

    def on_blocks_loaded(self) -> None:
        """Decode the volumes of another step or variable."""
        self.decode_again()

    def decode_again(self) -> None:
        """Decode what is shown, of another step, variable or region."""
        blocks = self.host.blocks
        assert blocks is not None, "loaded means that there are blocks"
        low, high = self.host.dataset.value_range(blocks.step, blocks.variable)
        self.shown.clear()
        self.state.space_note = _OLD if self.scene.panels else "Decoding…"
        self.colours.begin(low, high, anew=self._fitted != blocks.variable)
        if self._fitted != blocks.variable:
            stated = stated_isovalue(self.host.dataset.expression)
            self.state.isovalue = low + 0.3 * (high - low) if stated is None else stated
        self._fitted = blocks.variable
        self.state.isovalue = min(high, max(low, self.state.isovalue))
        self.choose_panels()

    def choose_panels(self) -> None:
        """Decode what is to be shown and is not yet; take away what is not."""
        blocks, chosen = self.host.blocks, self.state.panels
        known = [choice["value"] for choice in self.state.panel_choices if not choice["disabled"]]
        wanted = [kind for kind in known if kind in chosen and kind not in TRIED] or ["reconstruction"]
        panels = [kind for kind in known if kind in wanted or (kind in chosen and kind in TRIED)]
        self.state.panels = panels[: MOST_PANELS - self.beside.count]
        wanted = [kind for kind in wanted if kind in self.state.panels]
        if blocks is None:
            return
        self.shown.keep(wanted)
        away = (kind for kind in OF_THE_STEP if kind not in wanted and kind not in TRIED)
        self.scene = self.scene.without(*away)
        absent = self.shown.absent(wanted)
        span, region = self.reach, self.detail.region
        if absent:
            self.host.work(
                "volumes",
                "Decoding",
                lambda progress, _: decoded(blocks, absent, span, region, progress),
                self._take_volumes,
                self._decoding_failed,
            )

    def _decoding_failed(self) -> None:
        self._restored = None
        self.state.space_note = "Decoding failed or was cancelled: the picture is of what was shown before."

    def _take_volumes(self, volumes: list[Decoded]) -> None:
        taken = [found for found in volumes if found.kind in self.state.panels]  # else switched off meanwhile
        for found in taken:
            self.shown.take(found)
        self._scene = self.shown.drawn(self._scene, [found.kind for found in taken])
        self.state.space_note = ""
        for warning in {found.warning for found in volumes if found.warning is not None}:
            self.host.say(warning, "error")
        counted = self.shown.counted
        if counted is not None and any(found is counted for found in taken):
            self.state.histogram = counted.histogram
        self.state.some_missing = self.shown.some_missing
        self.settle()
        if self._restored is not None:
            self.renderer.change("camera", self._restored)
            self._restored = None
        if not self.state.transfer:
            self.colours.suit()

    def ahead(self, step: int) -> Sequence[Callable[[Progress], object]]:
        """Decode the volumes of another step that are shown of this one."""
        if self.host.blocks is None:
            return ()
        return self.shown.ahead(step, self.host.blocks.variable, self.detail.region, self.beside.following)

    def keep(self) -> dict[str, Any]:
        """Return how physical space is drawn, and from where."""
        own: dict[str, Any] = {
            "region": self.detail.keep(),
            "camera": self.camera,
            "fitted": self.fitted,
            "cameras": self.bookmarks.keep(),
        }
        return {**super().keep(), **own, "beside": self.beside.keep()}

    def restore(self, state: ExplorerState) -> None:
        """Take how physical space is drawn; what a state does not say, or cannot, stays as it is."""
        before = {name: self.state[name] for name in ("colours_name", "slices", "isovalue")}
        super().restore(state)
        if state.colours not in SEQUENTIAL:
            self.state.colours_name = before["colours_name"]
        if len(state.slices) != 3:
            self.state.slices = before["slices"]
        if not (len(state.colour_range) == 2 and state.colour_range[0] < state.colour_range[1]):
            self.state.colour_range = []
        if not (len(state.brush) == 2 and state.brush[0] < state.brush[1]):
            self.state.brush = []
        if state.isovalue is None:
            self.state.isovalue = before["isovalue"]
        else:
            self._fitted = state.variable or self.host.dataset.variables[0]
        self.detail.restore(state)
        self.bookmarks.restore(state)
        self.beside.restore(state)
        if state.fitted:
            self._restored = Scene.reset_camera
        elif state.camera is not None:
            camera = {name: list(place) for name, place in state.camera.items()}
            self._restored = lambda scene: scene.set_camera(camera)

    def picked(self, place: tuple[int, int, int]) -> None:
        """Select a block; none while volumes are decoded: what is seen may be of another region."""
        blocks, volume = self.host.blocks, self.volume
        if blocks is None or volume is None:
            return
        row = blocks.row_at(self.detail.placed(place, volume))
        if row is not None:
            marks = np.zeros(blocks.count, bool)
            marks[row] = True
            self.host.select(marks, 0)
