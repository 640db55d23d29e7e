"""The physical space view: volumes and isosurfaces of the selection, in panels with one camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from idlat.explorer.data import TRIED, ExplorerState, Kind, Volume
from idlat.explorer.data.evaluated_maps import stated_isovalue
from idlat.explorer.message_checks import Check, flag, numbers, one_of, optional, point, real, whole
from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import SEQUENTIAL
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.map_shapes import BoxShape
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from idlat.explorer.scene.scene_settings import KINDS, MODES, MOST_PANELS, SceneSettings
from idlat.explorer.scene.scene_state import PanelValues, SceneState
from idlat.explorer.session.page_view import Action, action, kept
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.space.decode_volumes import Decoded, decoded
from idlat.explorer.views.space.detail_region import DetailRegion
from idlat.explorer.views.space.dragged_shape import DraggedShape
from idlat.explorer.views.space.picture_view import PictureView
from idlat.explorer.views.space.trial_panels import TrialPanels, panel_choices
from idlat.explorer.views.space.value_colours import ValueColours
from idlat.tiling import Box

__all__ = ["SpaceView"]

_OLD = "Decoding… the picture is still of what was shown before."


class SpaceView(PictureView):
    """What is shown of the volumes, and how."""

    KEPT = kept("mode", "panels", "outlines", "isovalue", "slices", "transfer", colours="colours_name")

    def __init__(self, host: Host) -> None:
        self.dragged = DraggedShape(self)
        super().__init__(host, self.dragged)
        self._shown: dict[Kind, Volume] = {}
        self._scene = SceneState()
        self._fitted = ""  # the variable that isovalue and transfer function are chosen for
        self._restored: dict[str, list[float]] | None = None  # a camera
        self.trial_panels = TrialPanels(self)
        self.detail = DetailRegion(self)
        self.colours = ValueColours(self)

    def initial(self) -> Mapping[str, Any]:
        """Return the modes to begin with."""
        dataset = self.host.dataset
        return {
            "mode": "volume",
            "panel_choices": panel_choices(dataset.has_field),
            "most_panels": MOST_PANELS,
            "panels": ["original", "reconstruction"] if dataset.has_field else ["reconstruction"],
            "outlines": False,
            "slices": [n // 2 for n in dataset.shape],
            "colour_maps": list(SEQUENTIAL),
            "space_note": "Decoding…",
            "space_cursor": "",
            **self.colours.initial(),
            **self.detail.initial(),
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the controls ask for."""
        return {
            **super().actions(),
            "isovalue": action(self.colours.set_isovalue, value=real(), show=optional(flag)),
            "transfer": action(self.colours.set_points, points=numbers(point, 16)),
            "closeup": action(self.detail.ask, on=flag),
        }

    def fields(self) -> Mapping[str, Check]:
        """Return what the controls set."""
        top = max(self.host.dataset.shape)
        return {
            "mode": one_of(*MODES),
            "panels": numbers(one_of(*KINDS), MOST_PANELS),
            "outlines": flag,
            "isovalue": real(),
            "slices": numbers(whole(0, top), 3, 3),
            "colours_name": one_of(*SEQUENTIAL),
        }

    def on_field_changed(self, field: str) -> None:
        """Draw otherwise."""
        acts = {"panels": self._choose_panels, "outlines": self.on_tree_changed}
        acts.get(field, self.draw_settings)()

    def on_blocks_loaded(self) -> None:
        """Decode the volumes of another step or variable."""
        self.decode_again()

    def decode_again(self) -> None:
        """Decode what is shown, of another step, variable or region."""
        blocks = self.host.blocks
        assert blocks is not None, "loaded means that there are blocks"
        low, high = self.host.dataset.value_range(blocks.step, blocks.variable)
        self._shown, self.state.space_note = {}, _OLD if self.scene.panels else "Decoding…"
        self.state.update({"range": [low, high], "range_step": (high - low) / 400 or 1.0})
        if self._fitted != blocks.variable:
            stated = stated_isovalue(self.host.dataset.expression)
            self.state.transfer = []
            self.state.isovalue = low + 0.3 * (high - low) if stated is None else stated
        self._fitted = blocks.variable
        self.state.isovalue = min(high, max(low, self.state.isovalue))
        self._choose_panels()

    def _choose_panels(self) -> None:
        """Decode what is to be shown and is not yet; take away what is not."""
        blocks, chosen = self.host.blocks, self.state.panels
        known = [choice["value"] for choice in self.state.panel_choices if not choice["disabled"]]
        wanted = [kind for kind in known if kind in chosen and kind not in TRIED] or ["reconstruction"]
        self.state.panels = [kind for kind in known if kind in wanted or (kind in chosen and kind in TRIED)]
        if blocks is None:
            return
        for kind in self._shown.keys() - set(wanted):
            del self._shown[kind]
        away = (kind for kind in KINDS if kind not in wanted and kind not in TRIED)
        self.scene = self.scene.without(*away)
        missing = [kind for kind in wanted if kind not in self._shown]
        span, region = self.reach, self.detail.region
        if missing:
            self.host.work(
                "volumes",
                "Decoding",
                lambda progress, _: decoded(blocks, missing, span, region, progress),
                self._take_volumes,
                self._decoding_failed,
            )

    def _decoding_failed(self) -> None:
        self._restored = None
        self.state.space_note = "Decoding failed or was cancelled: the picture is of what was shown before."

    def _take_volumes(self, volumes: list[Decoded]) -> None:
        for found in volumes:
            if found.kind in self.state.panels:  # else it was switched off meanwhile
                self._take(found.kind, found.volume)
            if found.kind in self.state.panels and found.kind != "difference":
                self.state.histogram = found.histogram
        self.state.space_note = ""
        for warning in {found.warning for found in volumes if found.warning is not None}:
            self.host.say(warning, "error")
        units, lengths = self.state.units, self.host.dataset.length_units
        self._scene = replace(self._scene, units=units, length_units=lengths, settings=self._settings())
        self.on_selection_changed()
        self.on_any_change()
        if self._restored is not None:
            self.look_from(self._restored)
            self._restored = None
        if not self.state.transfer:
            self.colours.suit()

    def _take(self, kind: Kind, volume: Volume) -> None:
        """Let a volume be part of what is drawn next."""
        self._shown[kind] = volume
        scene = self._scene.on(VolumeFrame.of(volume.values, volume.spacing))
        shown = PanelValues(lambda: volume.values, None if kind == "difference" else self.reach)
        self._scene = replace(scene, panels={**scene.panels, kind: shown})

    @property
    def region(self) -> Box | None:
        """The voxels that are shown in full; None for all."""
        return self.detail.region

    @property
    def reach(self) -> tuple[float, float]:
        """The field's values that colours reach."""
        low, high = self.state.range
        return low, high

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

    def _settings(self) -> SceneSettings:
        """Return how volumes are drawn; while none is decoded, the slices stay where they are."""
        slices = self.scene.settings.slices if self.volume is None else self.detail.slices(self.volume)
        return replace(self.colours.settings(), slices=slices)

    def on_any_change(self) -> None:
        """Draw the map that is edited as it is now."""
        self.dragged.sync()
        self.trial_panels.sync()

    def on_map_changed(self) -> None:
        """Draw another map, or what came of it."""
        self.on_any_change()

    @property
    def volume(self) -> Volume | None:
        """One of the volumes that are shown: they share one grid."""
        return next(iter(self._shown.values()), None)

    def on_pointed(self, row: int | None) -> None:
        """Outline the block that is pointed at, if it is in sight; None takes the outline away."""
        blocks, voxels, mark = self.host.blocks, self.dragged.voxels, None
        if row is not None and blocks is not None and voxels is not None and row < blocks.count:
            low, high = blocks.reach(row)
            if self.detail.holds(low):
                mark = Gizmo(BoxShape(low, high), voxels, grips=False)
        self.scene = replace(self.scene, mark=mark)

    def on_selection_changed(self) -> None:
        """Draw what is selected alone."""
        blocks, volume, frame = self.host.blocks, self.volume, self.scene.frame
        if blocks is not None and volume is not None and frame is not None:
            selection = Selection(frame.shape, *self.detail.chosen(blocks, volume))
            self.scene = replace(self.scene, selection=selection, outlines=self._outlines())

    def on_tree_changed(self) -> None:
        """Draw outlines in the colours of the tree, where they are wanted."""
        if self.volume is not None:
            self.scene = replace(self.scene, outlines=self._outlines())

    def _outlines(self) -> Outlines | None:
        blocks, editor, volume = self.host.blocks, self.host.editor, self.volume
        if blocks is None or editor is None or volume is None or not self.state.outlines:
            return None
        leaves, labels = np.unique(editor.labels(), return_inverse=True)
        grid = self.detail.labels(blocks, volume, labels)
        return Outlines(grid, tuple(editor.colour(leaf) for leaf in leaves.tolist()))

    def on_theme_changed(self) -> None:
        """Draw the same in the colours of another theme."""
        camera = self.seen_from
        self.start_anew()
        self.renderer.show(self.scene)
        self.look_from(camera)

    def keep(self) -> dict[str, Any]:
        """Return how physical space is drawn, and from where."""
        return {**super().keep(), "region": self.detail.keep(), "camera": self.camera}

    def restore(self, state: ExplorerState) -> None:
        """Take how physical space is drawn; what a state does not say, or cannot, stays as it is."""
        before = {name: self.state[name] for name in ("colours_name", "slices", "isovalue")}
        super().restore(state)
        if state.colours not in SEQUENTIAL:
            self.state.colours_name = before["colours_name"]
        if len(state.slices) != 3:
            self.state.slices = before["slices"]
        if state.isovalue is None:
            self.state.isovalue = before["isovalue"]
        else:
            self._fitted = state.variable or self.host.dataset.variables[0]
        self.detail.restore(state)
        if state.camera is not None:
            self._restored = {name: list(place) for name, place in state.camera.items()}

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
