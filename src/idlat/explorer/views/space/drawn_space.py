"""The picture of physical space: the volumes that are shown, in colours and slices, with marks and shapes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from idlat.explorer.data import Kind, Volume
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene_settings import SceneSettings
from idlat.explorer.scene.scene_state import SceneState
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.space.beside_panels import BesidePanels
from idlat.explorer.views.space.block_marks import BlockMarks
from idlat.explorer.views.space.camera_bookmarks import CameraBookmarks
from idlat.explorer.views.space.cross_hair import CrossHair
from idlat.explorer.views.space.decode_volumes import counts_of
from idlat.explorer.views.space.detail_region import DetailRegion
from idlat.explorer.views.space.dragged_shape import DraggedShape
from idlat.explorer.views.space.hidden_values import why_hidden
from idlat.explorer.views.space.picture_view import PictureView
from idlat.explorer.views.space.pointer_probe import PointerProbe
from idlat.explorer.views.space.shown_volumes import ShownVolumes
from idlat.explorer.views.space.trial_panels import TrialPanels
from idlat.explorer.views.space.value_colours import ValueColours
from idlat.tiling import Box, Triple

__all__ = ["DrawnSpace"]


class DrawnSpace(PictureView, ABC):
    """Draws the volumes that are shown whenever something that they are drawn by changes."""

    def __init__(self, host: Host) -> None:
        self.dragged = DraggedShape(self)
        super().__init__(host, CrossHair(self, self.dragged))
        self.probe = PointerProbe(self)
        self.shown = ShownVolumes(self)
        self._scene = SceneState()
        self.trial_panels = TrialPanels(self)
        self.detail = DetailRegion(self)
        self.marks = BlockMarks(self, self.detail)
        self.colours = ValueColours(self)
        self.bookmarks = CameraBookmarks(self)
        self.beside = BesidePanels(self, self.choose_panels)

    @abstractmethod
    def choose_panels(self) -> None:
        """Decode what is to be shown and is not yet; take away what is not."""

    @abstractmethod
    def decode_again(self) -> None:
        """Decode what is shown, of another step, variable or region."""

    def frame_of(self, volume: Volume) -> VolumeFrame:
        """Return the grid that a volume is drawn on."""
        downwards = self.host.dataset.downwards
        return VolumeFrame.of(volume.values, volume.spacing, self.state.exaggeration, downwards)

    def told_beside(self, sample: Triple) -> list[dict[str, str]]:
        """Return the value of a sample (z, y, x) in each panel of another variable or step."""
        return self.beside.told(sample)

    def settle(self) -> None:
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
        self.settle()
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
