"""The picture of all panels, drawn again only where what is seen has changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.panel_layout import PanelPlace
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.orbit_camera import Camera
from idlat.explorer.scene.render_window import RenderWindow
from idlat.explorer.scene.scene_settings import SceneSettings, detail
from idlat.explorer.scene.volume_panel import VolumePanel

__all__ = ["FrameBudget", "PanelDrawing", "Shot"]

_SECONDS = 0.05
"""For a picture in motion, with what is made anew for it; about as much takes it to the page and onto it."""

_FEWEST, _MOST = 20_000.0, 400_000.0  # rays
_CHANGE = 1.25  # from one picture to the next at most, so that one slow picture does not blur those after it


@dataclass(frozen=True, eq=False)
class Shot:
    """What a picture is of.

    Attributes
    ----------
    panels : list of VolumePanel
        Each panel, and the one whose isosurface it draws.
    places : list of PanelPlace
        Pixels of each.
    frame, look, selection, outlines
        What is drawn of them.
    size : tuple of int
        Pixels of the picture.
    """

    panels: list[VolumePanel]
    places: list[PanelPlace]
    frame: VolumeFrame
    look: SceneSettings
    selection: Selection
    outlines: Outlines | None
    size: tuple[int, int]


class PanelDrawing:
    """Draws shots on a stage, and keeps the last picture.

    Parameters
    ----------
    stage, camera
        Where, and from where it is seen.
    """

    def __init__(self, stage: RenderWindow, camera: Camera) -> None:
        self._stage, self._camera, self._budget = stage, camera, FrameBudget()
        self._drawn: tuple[tuple[object, ...], bool, NDArray[np.uint8]] | None = None

    def of(
        self, shot: Shot, moving: bool, interrupted: Callable[[], bool] = bool
    ) -> NDArray[np.uint8] | None:
        """Return a picture (h, w, 3) that may be written over; None where `interrupted` came true.

        A moving one is coarser and comes sooner; one at rest that stands serves as well.
        """
        self._camera.adapt(shot.places[0].size, shot.frame)
        looks = [panel.own(shot.look) for panel in shot.panels]
        seen = (shot.panels, looks, shot.selection, shot.outlines, self._camera.to_dict(), shot.size)
        if self._drawn is not None and self._drawn[0] == seen and (moving or not self._drawn[1]):
            return self._drawn[2].copy()
        begun = time.perf_counter()
        for panel, look in zip(shot.panels, looks, strict=True):
            panel.refresh(look, shot.selection, shot.outlines, moving)
        left = max(1 - (time.perf_counter() - begun) / _SECONDS, 0.5)
        pixels = sum(place.width * place.height for place in shot.places)
        rays = self._budget.rays * left if moving else None
        along, across = detail(shot.look, shot.frame, pixels, rays)
        for panel in shot.panels:
            panel.set_detail(along, across)
            panel.box.see_from(self._camera.view() if across > 1 else None)
            panel.renderer.SetUseFXAA(not moving)
            panel.renderer.SetActiveCamera(self._camera.vtk)
        begun = time.perf_counter()
        picture = self._stage.draw([panel.renderer for panel in shot.panels], shot.places, interrupted)
        if moving:
            self._budget.took((time.perf_counter() - begun) / left)
        if picture is None:
            return None
        if shot.frame.downwards:
            _mirror(picture, shot.places)
        self._drawn = seen, moving, picture
        return picture.copy()


def _mirror(picture: NDArray[np.uint8], places: list[PanelPlace]) -> None:
    """Turn each panel of a picture (h, w, 3) left to right, in place, for the eye is upside down in it."""
    for place in places:
        rows, columns = slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)
        picture[rows, columns] = picture[rows, columns][:, ::-1].copy()


class FrameBudget:
    """Rays that a moving picture casts, by what the pictures before it took.

    Attributes
    ----------
    rays : float
        For the next picture.

    Examples
    --------
    >>> budget = FrameBudget()
    >>> budget.took(0.1)
    >>> budget.rays
    120000.0
    """

    def __init__(self) -> None:
        self.rays = 150_000.0

    def took(self, seconds: float) -> None:
        """Learn from the time that a moving picture took."""
        change = min(max(_SECONDS / max(seconds, 1e-3), 1 / _CHANGE), _CHANGE)
        self.rays = min(max(self.rays * change, _FEWEST), _MOST)
