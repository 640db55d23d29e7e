"""The explorer's physical view: original, reconstruction and difference, seen by one camera."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import THEMES, ThemeName
from idlat.explorer.scene.geometry.panel_layout import PanelPlace, arrange, checked_size
from idlat.explorer.scene.scene_settings import KINDS, Kind
from idlat.explorer.scene.scene_state import SceneState
from idlat.render.offscreen import require_offscreen

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
            self._panels.clear()
            if state.frame is not None:
                self._camera.fit(state.frame)
        for kind in self._panels.kinds:
            if kind not in state.panels:
                self._panels.remove(kind)
        for kind in KINDS:
            values = state.panels.get(kind)
            if values is not None and (values is not before.panels.get(kind) or state.frame != before.frame):
                assert state.frame is not None, "a state with panels has a grid"
                self._panels.remove(kind)
                self._panels.put(kind, values, state.frame)

    def transfer_points(self) -> tuple[tuple[float, float], ...]:
        """Return the opacity points in use; empty while there is no original and no reconstruction."""
        panel = self._panels.values
        return self._state.settings.points or (panel.suggested if panel else ())

    # The camera

    def resize(self, width: int, height: int) -> None:
        """Draw larger or smaller pictures."""
        self._size = checked_size(width, height)
        self._stage.resize(width, height)

    def camera(self) -> dict[str, list[float]] | None:
        """Return position, focal point and up, in lengths of the longest axis; None before a volume."""
        return None if self._state.frame is None else self._camera.to_dict()

    def set_camera(self, state: dict[str, list[float]]) -> None:
        """Take what :meth:`camera` returned."""
        self._camera.from_dict(state)

    def reset_camera(self) -> None:
        """Look at all of the volume."""
        if self._state.frame is not None:
            self._camera.fit(self._state.frame)

    def orbit(self, dx: float, dy: float) -> None:
        """Turn the volume with a pointer that moves right and down by pixels."""
        self._camera.orbit(dx, dy, self._places()[0].size)

    def pan(self, dx: float, dy: float) -> None:
        """Move the volume with a pointer that moves right and down by pixels."""
        self._camera.pan(dx, dy, self._places()[0].size)

    def zoom(self, factor: float) -> None:
        """Come closer by a factor; below 1, go away."""
        self._camera.zoom(factor)

    def pick(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Return the block (z, y, x) that is seen at a pixel from the upper left; None where nothing is."""
        from idlat.explorer.scene.pick_block import pick_block

        for panel, place in zip(self._panels.shown(), self._places(), strict=False):
            if place.holds(x, y):
                ray = self._camera.view(place.size).ray(x - place.x, y - place.y)
                return pick_block(ray, panel, self._state.settings, self._selection)
        return None

    # The picture

    def render(self, moving: bool = False) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3) as it is now, finished whatever comes."""
        picture = self.picture(moving)
        assert picture is not None, "nothing interrupts it"
        return picture

    def picture(
        self,
        moving: bool = False,
        interrupted: Callable[[], bool] = bool,
        scale: int = 1,
        kind: Kind | None = None,
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
        """
        panels = self._panels.shown() if kind is None else [self._panels[kind]]
        width, height = (n * scale for n in self._size)
        if not panels:
            return np.full((height, width, 3), self._theme.background, np.uint8)
        from idlat.explorer.scene.draw_panels import Shot

        places, state = arrange(len(panels), width, height), self._state
        assert state.frame is not None, "panels have a grid"
        shown = (state.frame, state.settings, self._selection, state.outlines)
        picture = self._drawing.of(Shot(panels, places, *shown, (width, height)), moving, interrupted)
        if picture is not None:
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
        return arrange(max(len(self._panels.kinds), 1), *self._size)


@lru_cache(maxsize=1)
def _everything(shape: tuple[int, int, int]) -> Selection:
    """Select all of a volume: the same object each time, so that a picture which stands is known again."""
    return Selection(shape)
