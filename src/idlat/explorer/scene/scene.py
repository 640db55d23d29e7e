"""The explorer's physical view: original, reconstruction and difference, seen by one camera."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import THEMES, ThemeName, table
from idlat.explorer.scene.geometry.panel_layout import PanelPlace, arrange, checked_size
from idlat.explorer.scene.geometry.value_codes import Codes, opacity_table
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from idlat.explorer.scene.scene_settings import KINDS, Kind, Mode, SceneSettings
from idlat.render.offscreen import require_offscreen

__all__ = ["Scene"]


class Scene:
    """Panels with one camera. What is set takes effect with the next :meth:`render`.

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
        self._frame: VolumeFrame | None = None
        self._look = SceneSettings()
        self._selection: Selection | None = None
        self._outlines: Outlines | None = None

    # What is shown

    def set_volume(
        self,
        kind: Kind,
        values: NDArray[np.float32] | None,
        spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
        value_range: tuple[float, float] | None = None,
    ) -> None:
        """Show a volume in the panel of its kind, or remove the panel.

        All panels share one grid: a volume on another one removes those before it, the selection and the
        outlines with them, and the camera is reset.

        Parameters
        ----------
        kind : str
            "original", "reconstruction", "difference", "map" or "tried".
        values : float32 array (z, y, x) or None
            NaN where missing: nothing is drawn there. None removes the panel.
        spacing : tuple of float
            (z, y, x), physical.
        value_range : tuple of float, optional
            Values of the colour map's ends. By default a reconstruction has those of the original, a
            difference all its values but one in 1,000, and another volume all. That of a difference is made
            symmetric about 0, that of a map is always 0 to 1.

        Raises
        ------
        RenderError
            Unknown kind, not a volume, or a range that is not finite and in order.
        """
        if kind not in KINDS:
            raise RenderError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        if values is None:
            self._panels.remove(kind)
            return
        values = np.ascontiguousarray(values, np.float32)
        frame = VolumeFrame.of(values, spacing)
        if self._panels.put(kind, values, frame, value_range):
            self._frame, self._selection = frame, Selection(frame.shape)
            self._outlines = None
            self._camera.fit(frame)

    def set_mode(self, mode: Mode) -> None:
        """Draw volumes, isosurfaces, both, or slices."""
        self._look = replace(self._look, mode=mode)

    def set_isovalue(self, value: float | None) -> None:
        """Draw the surface of a value, in the field's unit; None draws none."""
        self._look = replace(self._look, isovalue=value)

    def set_slices(self, z: int, y: int, x: int) -> None:
        """Slice across each axis at a voxel."""
        if self._frame is not None and not all(
            0 <= i < n for i, n in zip((z, y, x), self._frame.shape, strict=True)
        ):
            raise RenderError(f"slices must be inside the volume {self._frame.shape}, got {(z, y, x)}")
        self._look = replace(self._look, slices=(z, y, x))

    def set_transfer(
        self,
        points: Sequence[tuple[float, float]] | None,
        colours: str = "viridis",
        difference_colours: str = "coolwarm",
    ) -> None:
        """Take opacity points (value, opacity) of original and reconstruction, and the colour maps.

        Parameters
        ----------
        points : sequence of (float, float) or None
            Straight between points, level beyond them; None lets the values suggest some.
        colours, difference_colours : str
            One of :data:`~idlat.explorer.scene.geometry.colour_maps.SEQUENTIAL` or
            :data:`~idlat.explorer.scene.geometry.colour_maps.DIVERGING`.

        Raises
        ------
        RenderError
            No such colour map, or points that are not finite or opacities outside [0, 1].
        """
        for name in (colours, difference_colours):
            table(name)
        if points is not None:
            opacity_table(points, Codes(0.0, 1.0))
            points = tuple((float(value), float(opacity)) for value, opacity in points)
        self._look = replace(
            self._look, points=points, colours=colours, difference_colours=difference_colours
        )

    def transfer_points(self) -> tuple[tuple[float, float], ...]:
        """Return the opacity points in use; empty while there is no original and no reconstruction."""
        panel = self._panels.values
        return self._look.points or (panel.suggested if panel else ())

    def set_selection(self, blocks: NDArray[np.bool_] | None, block: int = 16) -> None:
        """Show these blocks (zb, yb, xb) of so many voxels a side; None shows all.

        Raises
        ------
        RenderError
            There is no volume yet, or the blocks are not booleans that cover it.
        """
        if self._frame is None:
            raise RenderError("a selection needs a volume: set one first")
        self._selection = Selection(self._frame.shape, None if blocks is None else blocks.copy(), block)

    def set_outlines(
        self, on: bool, labels: NDArray[np.integer] | None = None, colours: Sequence[str] = ()
    ) -> None:
        """Outline the selected blocks, in the colour of their cluster where labels (zb, yb, xb) are given."""
        self._outlines = Outlines(None if labels is None else labels.copy(), tuple(colours)) if on else None

    def set_units(self, values: str = "", lengths: str = "") -> None:
        """Name the units of the colour legends and of the scale bar."""
        self._overlay = replace(self._overlay, units=values, length_units=lengths)

    def set_note(self, kind: Kind, text: str) -> None:
        """Write something beside a panel's title."""
        self._overlay = replace(self._overlay, notes={**self._overlay.notes, kind: text})

    def set_gizmo(self, gizmo: Gizmo | None) -> None:
        """Draw a shape to be dragged over every panel, as long as its grid is the one shown."""
        self._overlay = replace(self._overlay, gizmo=gizmo)

    def set_mark(self, mark: Gizmo | None) -> None:
        """Draw a shape that marks a place over every panel, as long as its grid is the one shown."""
        self._overlay = replace(self._overlay, mark=mark)

    # The camera

    def resize(self, width: int, height: int) -> None:
        """Draw larger or smaller pictures."""
        self._size = checked_size(width, height)
        self._stage.resize(width, height)

    def camera(self) -> dict[str, list[float]] | None:
        """Return position, focal point and up, in lengths of the longest axis; None before a volume."""
        return None if self._frame is None else self._camera.to_dict()

    def set_camera(self, state: dict[str, list[float]]) -> None:
        """Take what :meth:`camera` returned."""
        self._camera.from_dict(state)

    def reset_camera(self) -> None:
        """Look at all of the volume."""
        if self._frame is not None:
            self._camera.fit(self._frame)

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
                assert self._selection is not None
                return pick_block(ray, panel, self._look, self._selection)
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
        assert self._frame is not None
        assert self._selection is not None
        from idlat.explorer.scene.draw_panels import Shot

        places = arrange(len(panels), width, height)
        shown = (self._frame, self._look, self._selection, self._outlines)
        picture = self._drawing.of(Shot(panels, places, *shown, (width, height)), moving, interrupted)
        if picture is not None:
            self._overlay.draw(picture, panels, places, self._camera, self._look, scale)
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

    def _places(self) -> list[PanelPlace]:
        """The pixels of each panel; those of one where there is none."""
        return arrange(max(len(self._panels.kinds), 1), *self._size)
