"""What the parts of the physical space view know of it: what is shown, and the thread that draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from idlat.explorer.data import Kind, Volume
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene_state import SceneState
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.space.render_thread import RenderThread
from idlat.tiling import Box, Triple

__all__ = ["Canvas"]


class Canvas(Protocol):
    """The picture of physical space; what its scene is set to is drawn."""

    host: Host
    size: tuple[int, int]
    seen_from: dict[str, list[float]] | None
    scene: SceneState

    @property
    def state(self) -> Any:
        """trame's state, which the page shows."""

    @property
    def renderer(self) -> RenderThread:
        """The thread that draws."""

    @property
    def volume(self) -> Volume | None:
        """One of the volumes that are shown, which share one grid; None before the first."""

    @property
    def volumes(self) -> Mapping[Kind, Volume]:
        """All of them."""

    @property
    def region(self) -> Box | None:
        """The voxels that are shown in full; None for all."""

    @property
    def reach(self) -> tuple[float, float]:
        """The field's values that colours reach."""

    def frame_of(self, volume: Volume) -> VolumeFrame:
        """Return the grid that a volume is drawn on."""

    def told_beside(self, sample: Triple) -> list[dict[str, str]]:
        """Return the value of a sample (z, y, x) in each panel of another variable or step."""

    def draw_settings(self) -> None:
        """Draw as the page's controls say."""

    def tell_hidden(self) -> None:
        """Say why nothing of the chosen blocks is seen in a panel, where that is so."""

    def show_again(self) -> None:
        """Draw the volumes that are decoded, on another grid or in colours of another range."""

    def decode_again(self) -> None:
        """Decode what is shown, of another region."""
