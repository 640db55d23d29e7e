"""A scene of which tests set one part after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import Kind
from idlat.explorer.scene.scene_state import PanelValues, SceneState


class PartedScene(Scene):
    """Shows its state with one part replaced."""

    def set(self, **parts: Any) -> None:
        self.show(replace(self.state, **parts))

    def set_settings(self, **settings: Any) -> None:
        self.set(settings=replace(self.state.settings, **settings))

    def set_volume(
        self,
        kind: Kind,
        values: NDArray[np.float32] | None,
        spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
        value_range: tuple[float, float] | None = None,
    ) -> None:
        if values is None:
            self.show(self.state.without(kind))
            return
        state: SceneState = self.state.on(VolumeFrame.of(values, spacing))
        panels = {**state.panels, kind: PanelValues(lambda: values, value_range)}
        self.show(replace(state, panels=panels))

    def set_mode(self, mode: str) -> None:
        self.set_settings(mode=mode)

    def set_isovalue(self, value: float) -> None:
        self.set_settings(isovalue=value)

    def set_slices(self, *slices: int) -> None:
        self.set_settings(slices=slices)

    def set_transfer(self, points: Sequence[tuple[float, float]] | None, colours: str = "viridis") -> None:
        self.set_settings(points=None if points is None else tuple(points), colours=colours)

    def set_selection(self, blocks: NDArray[np.bool_] | None, block: int = 16) -> None:
        frame = self.state.frame
        shape = (2, 2, 2) if frame is None else frame.shape
        self.set(selection=Selection(shape, blocks, block))

    def set_outlines(self, labels: NDArray[np.integer] | None, colours: Sequence[str] = ()) -> None:
        self.set(outlines=Outlines(labels, tuple(colours)))

    def set_gizmo(self, gizmo: Gizmo | None) -> None:
        self.set(gizmo=gizmo)

    def set_mark(self, mark: Gizmo | None) -> None:
        self.set(mark=mark)
