"""The explorer's physical view: original, reconstruction and difference, seen by one camera."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import THEMES, ThemeName
from idlat.explorer.scene.geometry.panel_layout import PanelPlace, checked_size
from idlat.explorer.scene.geometry.section_layout import section_voxel
from idlat.explorer.scene.scene_settings import KINDS, Kind
from idlat.explorer.scene.scene_state import SceneState
from idlat.render.offscreen import require_offscreen

if TYPE_CHECKING:
    from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
    from idlat.explorer.scene.volume_panel import VolumePanel

__all__ = ["Scene"]


class Scene:
    """Panels with one camera. What :meth:`show` was given is seen with the next :meth:`render`.

    Not thread-safe: one thread owns it.

    Parameters
    ----------
    width, height : int
        Pixels.
    theme : str
        "dark" or "light".

    Raises
    ------
    RenderError
        VTK is not installed or cannot draw here, or the size is out of range.
    """

    def __init__(self, width: int, height: int, theme: ThemeName = "dark") -> None:
        require_offscreen()  # VTK crashes where it cannot draw: nothing of it is imported before
        from idlat.explorer.scene.draw_panels import PanelDrawing
        from idlat.explorer.scene.orbit_camera import Camera
        from idlat.explorer.scene.panel_overlay import PanelOverlay
        from idlat.explorer.scene.panel_set import PanelSet
        from idlat.explorer.scene.render_window import RenderWindow

        if theme not in THEMES:
            raise RenderError(f"theme must be one of {', '.join(THEMES)}, got {theme!r}")
        self._size = checked_size(width, height)
        self._theme = THEMES[theme]
        self._stage = RenderWindow(width, height)
        self._camera = Camera()
        self._drawing = PanelDrawing(self._stage, self._camera)
        self._overlay = PanelOverlay(self._theme)
        self._panels = PanelSet(self._theme)
        self._state = SceneState()
        # how all of the volume is looked at; None once the eye was moved
        self._whole: Callable[[VolumeFrame, tuple[int, int]], None] | None = None

    @property
    def state(self) -> SceneState:
        """What is shown."""
        return self._state

    def show(self, state: SceneState) -> None:
        """Show something else. On another grid the camera is reset.

        Raises
        ------
        RenderError
            A panel's values do not fit its grid, or have a range that is not finite and in order. It is left
            out; the rest of the state is shown.
        """
        before, self._state = self._state, state
        if state.frame != before.frame:
            self._camera.mirrored = state.frame is not None and state.frame.downwards
            self._panels.clear()
            self.reset_camera()
        for kind in self._panels.kinds:
            if kind not in state.panels:
                self._panels.remove(kind)
        for kind in KINDS:
            values = state.panels.get(kind)
            if values is not None and (values is not before.panels.get(kind) or state.frame != before.frame):
                assert state.frame is not None, "a state with panels has a grid"
                self._panels.remove(kind)
                self._panels.put(kind, values, state.frame)
        for kind in self._panels.kinds:
            self._panels[kind].look = state.looks.get(kind)
        self._look_again()

    def transfer_points(self, kind: Kind | None = None) -> tuple[tuple[float, float], ...]:
        """Return the opacity points in use, or those of a panel; empty while no panel suggests any."""
        panel = self._panels.values
        if kind is not None:
            panel = self._panels[kind] if kind in self._panels.kinds else None
        if panel is None:
            return () if kind is not None else self._state.settings.points or ()
        return panel.own(self._state.settings).points or panel.suggested

    # The camera

    def resize(self, width: int, height: int) -> None:
        """Draw larger or smaller pictures."""
        self._size = checked_size(width, height)
        self._stage.resize(width, height)
        self._look_again()

    def camera(self) -> dict[str, list[float]] | None:
        """Return position, focal point and up, in lengths of the longest axis; None before a volume."""
        return None if self._state.frame is None else self._camera.to_dict()

    def set_camera(self, state: dict[str, list[float]]) -> None:
        """Take what :meth:`camera` returned."""
        self._camera.from_dict(state)
        self._whole = None

    def reset_camera(self) -> None:
        """Look at all of the volume, and still do where the panels become larger or smaller."""
        self._whole = self._camera.fit
        self._look_again()

    @property
    def fitted(self) -> bool:
        """Whether the camera is where it was reset to: it is again where the panels change."""
        return self._whole == self._camera.fit

    def look_along(self, axis: str, behind: bool = False) -> None:
        """Look at all of the volume along z, y or x, from its lower end or from behind."""
        self._whole = lambda frame, size: self._camera.along(frame, axis, behind, size)
        self._look_again()

    def _look_again(self) -> None:
        """Look at all of the volume in panels of another size, if all of it was looked at."""
        if self._whole is not None and self._state.frame is not None:
            self._whole(self._state.frame, self._places()[0].size)

    def orbit(self, dx: float, dy: float) -> None:
        """Turn the volume with a pointer that moves right and down by pixels."""
        self._whole = None
        self._camera.orbit(dx, dy, self._places()[0].size)

    def pan(self, dx: float, dy: float) -> None:
        """Move the volume with a pointer that moves right and down by pixels."""
        self._whole = None
        self._camera.pan(dx, dy, self._places()[0].size)

    def zoom(self, factor: float) -> None:
        """Come closer by a factor; below 1, go away."""
        self._whole = None
        self._camera.zoom(factor)

    def pick(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Return the block (z, y, x) that is seen at a pixel from the upper left; None where nothing is."""
        found = self.probe(x, y)
        if found is None:
            return None
        z, y_, x_ = (i // self._selection.block for i in found)
        return z, y_, x_

    def probe(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Return the voxel (z, y, x) that is seen at a pixel from the upper left; None where nothing is."""
        from idlat.explorer.scene.pick_voxel import pick_voxel

        look = self._state.settings
        for panel, place in zip(self._panels.shown(), self._places(), strict=False):
            if place.holds(x, y) and look.mode == "sections":
                z, y_, x_ = look.slices or tuple(n // 2 for n in panel.frame.shape)
                found = section_voxel(panel.frame, place, (z, y_, x_), x, y)
                return None if found is None else found[1]
            if place.holds(x, y):
                ray = self._camera.view(place.size).ray(x - place.x, y - place.y)
                return pick_voxel(ray, panel, panel.own(look), self._selection)
        return None

    # The picture

    def render(self, moving: bool = False) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3) as it is now, finished whatever comes."""
        picture = self.picture(moving)
        assert picture is not None, "nothing interrupts it"
        return picture

    def plain(self) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3) without titles, legends and axes."""
        picture = self.picture(labelled=False)
        assert picture is not None, "nothing interrupts it"
        return picture

    def picture(
        self,
        moving: bool = False,
        interrupted: Callable[[], bool] = bool,
        scale: int = 1,
        kind: Kind | None = None,
        labelled: bool = True,
    ) -> NDArray[np.uint8] | None:
        """Return the picture (h, w, 3) as it is now; None if `interrupted` came true before it was finished.

        Parameters
        ----------
        moving
            Whether a coarser one will do, which comes sooner.
        interrupted
            Asked now and then while it is drawn.
        scale
            Pixels of the picture for one of the screen.
        kind
            Of the only panel; None for all.
        labelled
            Whether titles, legends and axes are written over it.
        """
        panels = self._panels.shown() if kind is None else [self._panels[kind]]
        width, height = (n * scale for n in self._size)
        if not panels:
            return np.full((height, width, 3), self._theme.background, np.uint8)
        from idlat.explorer.scene.draw_panels import Shot

        state = self._state
        places = state.places(width, height, len(panels))
        assert state.frame is not None, "panels have a grid"
        shown = (state.frame, state.settings, self._selection, state.outlines)
        picture: NDArray[np.uint8] | None
        if state.settings.mode == "sections":
            picture = self._sections(panels, places, (width, height), scale)
        else:
            picture = self._drawing.of(Shot(panels, places, *shown, (width, height)), moving, interrupted)
        if picture is not None and labelled:
            self._overlay.draw(picture, panels, places, self._camera, state, scale)
        return picture

    def png(self, scale: int = 1, kind: Kind | None = None) -> bytes:
        """Return a PNG of all panels or one, so many times as large as on the screen.

        Raises
        ------
        RenderError
            There is no such panel, or the picture would be larger than 8192 pixels a side.
        """
        if kind is not None and kind not in self._panels.kinds:
            raise RenderError(
                f"there is no panel {kind!r}; there are {', '.join(self._panels.kinds) or 'none'}"
            )
        size = self._size if kind is None else self._places()[0].size
        checked_size(size[0] * scale, size[1] * scale)
        before, self._size = self._size, size
        self._stage.resize(size[0] * scale, size[1] * scale)
        try:
            picture = self.picture(scale=scale, kind=kind)
        finally:
            self.resize(*before)
        assert picture is not None, "nothing interrupts it"
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "png")
        return file.getvalue()

    def close(self) -> None:
        """Free what VTK holds."""
        self._stage.close()

    @property
    def _selection(self) -> Selection:
        """The blocks that are shown: all unless the state says otherwise."""
        chosen, frame = self._state.selection, self._state.frame
        assert frame is not None, "only panels are drawn and picked"
        return chosen or _everything(frame.shape)

    def _places(self) -> list[PanelPlace]:
        """The pixels of each panel; those of one where there is none."""
        return self._state.places(*self._size, len(self._panels.kinds))

    def _sections(
        self, panels: list[VolumePanel], places: list[PanelPlace], size: tuple[int, int], scale: int
    ) -> NDArray[np.uint8]:
        """Draw each panel's sections."""
        from idlat.explorer.scene.draw_sections import draw_sections

        picture = np.full((*size[::-1], 3), self._theme.background, np.uint8)
        for panel, place in zip(panels, places, strict=True):
            look = panel.own(self._state.settings)
            draw_sections(picture, panel, place, look, self._selection, self._theme, scale)
        return picture


@lru_cache(maxsize=1)
def _everything(shape: tuple[int, int, int]) -> Selection:
    """Select all of a volume: the same object each time, so that a picture which stands is known again."""
    return Selection(shape)
