"""The physical space view: volumes and isosurfaces of the selection, in panels with one camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from idlat.explorer.data import TRIED, ExplorerState, Kind, Volume
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.evaluated_maps import stated_isovalue
from idlat.explorer.message_checks import Check, flag, numbers, one_of, optional, point, real, whole
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import SEQUENTIAL
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import MODES, MOST_PANELS, OF_THE_STEP, SceneSettings
from idlat.explorer.scene.scene_state import SceneState
from idlat.explorer.session.page_view import Action, action, kept
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.space.beside_panels import BesidePanels
from idlat.explorer.views.space.block_marks import BlockMarks
from idlat.explorer.views.space.camera_bookmarks import CameraBookmarks
from idlat.explorer.views.space.cross_hair import CrossHair
from idlat.explorer.views.space.decode_volumes import Decoded, counts_of, decoded
from idlat.explorer.views.space.detail_region import DetailRegion
from idlat.explorer.views.space.dragged_shape import DraggedShape
from idlat.explorer.views.space.hidden_values import why_hidden
from idlat.explorer.views.space.picture_view import PictureView
from idlat.explorer.views.space.pointer_probe import PointerProbe
from idlat.explorer.views.space.shown_volumes import ShownVolumes
from idlat.explorer.views.space.trial_panels import TrialPanels, panel_choices
from idlat.explorer.views.space.value_colours import ValueColours
from idlat.tiling import Box, Triple

__all__ = ["SpaceView"]

EXAGGERATIONS = (0.01, 1e5)
"""How many times longer than in truth z may be drawn."""

_OLD = "Decoding… the picture is still of what was shown before."


class SpaceView(PictureView):
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
        self.dragged = DraggedShape(self)
        super().__init__(host, CrossHair(self, self.dragged))
        self.probe = PointerProbe(self)
        self.shown = ShownVolumes(self)
        self._scene = SceneState()
        self._fitted = ""  # the variable that isovalue and transfer function are chosen for
        self._restored: Callable[[Scene], None] | None = None  # looks from where a state says
        self.trial_panels = TrialPanels(self)
        self.detail = DetailRegion(self)
        self.marks = BlockMarks(self, self.detail)
        self.colours = ValueColours(self)
        self.bookmarks = CameraBookmarks(self)
        self.beside = BesidePanels(self, self._choose_panels)

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
            self._choose_panels()
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
        self._choose_panels()

    def _choose_panels(self) -> None:
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
        self._settle()
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

    def frame_of(self, volume: Volume) -> VolumeFrame:
        """Return the grid that a volume is drawn on."""
        downwards = self.host.dataset.downwards
        return VolumeFrame.of(volume.values, volume.spacing, self.state.exaggeration, downwards)

    def told_beside(self, sample: Triple) -> list[dict[str, str]]:
        """Return the value of a sample (z, y, x) in each panel of another variable or step."""
        return self.beside.told(sample)

    def _settle(self) -> None:
        """Draw the volumes that were taken, as all else says."""
        units, lengths = self.state.units, self.host.dataset.length_units
        self._scene = replace(self._scene, units=units, length_units=lengths, settings=self._settings())
        self.on_selection_changed()
        self.on_any_change()

    def show_again(self) -> None:
        """Draw the volumes that are decoded, on another grid or in colours of another range."""
        blocks, span = self.host.blocks, self.reach
        if self.volume is None or blocks is None:
            return
        self._scene = self.shown.drawn(self._scene)
        self._settle()
        if (counted := self.shown.counted) is not None:
            values = counted.volume.values
            self.host.work(
                "histogram",
                "Counting values",
                lambda *_: counts_of(values, span),
                lambda counts: self.state.update({"histogram": counts}),
            )

    @property
    def region(self) -> Box | None:
        """The voxels that are shown in full; None for all."""
        return self.detail.region

    @property
    def reach(self) -> tuple[float, float]:
        """The field's values that colours reach."""
        return self.colours.reach

    @property
    def volumes(self) -> Mapping[Kind, Volume]:
        """The volumes that are shown, by kind."""
        return self.shown.by_kind

    @property
    def scene(self) -> SceneState:
        """What is drawn."""
        return self._scene

    @scene.setter
    def scene(self, scene: SceneState) -> None:
        self._scene = scene
        self.renderer.show(scene)

    def draw_settings(self) -> None:
        """Draw as the page's controls say."""
        self.scene = replace(self.scene, settings=self._settings())
        self.tell_hidden()

    def tell_hidden(self) -> None:
        """Say why nothing of the chosen blocks is seen in a panel, where that is so."""
        own = why_hidden(self.scene.settings, *self.shown.span(self.scene.selection), self.state.units)
        self.state.space_hint = " ".join([*([own] if own else []), *self.beside.hidden()])

    def _settings(self) -> SceneSettings:
        """Return how volumes are drawn; while none is decoded, the slices stay where they are."""
        slices = self.scene.settings.slices if self.volume is None else self.detail.slices(self.volume)
        return replace(self.colours.settings(), slices=slices)

    def on_any_change(self) -> None:
        """Draw the map that is edited as it is now."""
        self.dragged.sync()
        self.trial_panels.sync()
        self.beside.sync()

    def on_map_changed(self) -> None:
        """Draw another map, or what came of it."""
        self.on_any_change()

    @property
    def volume(self) -> Volume | None:
        """One of the volumes that are shown: they share one grid."""
        return self.shown.one

    def on_pointed(self, row: int | None) -> None:
        """Outline the block that is pointed at, if it is in sight; None takes the outline away."""
        self.scene = replace(self.scene, mark=self.marks.block(row, self.dragged.voxels))

    def on_selection_changed(self) -> None:
        """Draw what is selected alone."""
        blocks, volume, frame = self.host.blocks, self.volume, self.scene.frame
        if blocks is not None and volume is not None and frame is not None:
            selection = Selection(frame.shape, *self.detail.chosen(blocks, volume))
            self.scene = replace(self.scene, selection=selection, outlines=self.marks.outlines())
            self.tell_hidden()

    def on_tree_changed(self) -> None:
        """Draw clusters in the colours of the tree, where they are wanted."""
        if self.volume is not None:
            self.scene = replace(self.scene, outlines=self.marks.outlines())

    def on_theme_changed(self) -> None:
        """Draw the same in the colours of another theme."""
        camera = None if self.fitted else self.seen_from  # a new scene begins where a reset leads
        self.start_anew()
        self.probe.forget()
        self.renderer.show(self.scene)
        self.look_from(camera)

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
