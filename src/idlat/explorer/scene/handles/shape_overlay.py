"""A shape drawn over a panel: its lines, fainter behind it, and its handles; the volume hides none of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.geometry.colour_maps import Rgb, Theme
from idlat.explorer.scene.geometry.panel_layout import PanelPlace
from idlat.explorer.scene.handles.map_shapes import MIDDLE, Shape
from idlat.explorer.scene.handles.shape_handles import Voxels, handles_of
from idlat.explorer.scene.overlay.text_labels import canvas, label, paste

__all__ = ["Gizmo"]

_FINE = 2  # drawn so many times as large, then shrunk: smooth lines
_RADIUS = 4.5  # of a handle, in pixels of the screen
_HELD: Rgb = (240, 180, 41)


@dataclass(frozen=True)
class Gizmo:
    """A shape to be dragged, or one that only marks a place.

    Attributes
    ----------
    shape : Shape
        In voxels.
    voxels : Voxels
        Where these are in the world.
    held : str
        Name of the handle under the pointer; empty where there is none.
    grips : bool
        Whether it has handles; a mark has none, and another colour.
    """

    shape: Shape
    voxels: Voxels
    held: str = ""
    grips: bool = True

    def draw(
        self, picture: NDArray[np.uint8], place: PanelPlace, view: CameraView, theme: Theme, scale: int = 1
    ) -> None:
        """Draw over a panel of a picture (h, w, 3), in place; ``scale`` pixels are one of the screen."""
        sides = self.shape.sides()
        handles = handles_of(self.shape, self.voxels, view) if self.grips else []
        ends = _seen(view, self.voxels, sides.lines.reshape(-1, 3)).reshape(-1, 2, 2)
        grips = np.array([handle.place for handle in handles]).reshape(-1, 3)
        points = _seen(view, self.voxels, grips)
        corners = np.concatenate([ends.reshape(-1, 2), points])
        margin = 2 * _RADIUS * scale
        known = corners[np.isfinite(corners).all(axis=1)]
        if not len(known):
            return
        first = np.clip(np.floor(known.min(axis=0) - margin), 0, place.size)
        last = np.clip(np.ceil(known.max(axis=0) + margin), 0, place.size)
        width, height = (last - first).astype(int).tolist()
        if not (width and height):
            return
        image, draw = canvas(width * _FINE, height * _FINE, theme)
        pen = _Pen(draw, first, _FINE * scale, theme, scale)
        behind = _behind(self.shape, self.voxels, view)
        pen.lines(ends[behind], 1.0, theme.muted)
        pen.lines(ends[~behind], 1.8, theme.foreground if self.grips else _HELD)
        for handle, point in zip(handles, points, strict=True):
            pen.handle(point, handle.name == MIDDLE, handle.name == self.held)
        small = image.resize((width, height), Image.Resampling.BOX)
        paste(picture, label(small), place.x + first[0], place.y + first[1])


class _Pen:
    """Draws lines and points, given in pixels of a panel, with a rim of the background."""

    def __init__(
        self, draw: ImageDraw.ImageDraw, first: NDArray[np.float64], unit: float, theme: Theme, scale: int
    ) -> None:
        self._draw, self._first, self._unit = draw, first, unit
        self._theme, self._scale = theme, scale

    def _at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        at: NDArray[np.float64] = (points + 0.5 - self._first) * (self._unit / self._scale)
        return at

    def lines(self, ends: NDArray[np.float64], width: float, colour: Rgb) -> None:
        """Draw lines (n, 2, 2); one with an end behind the eye is left out."""
        known = self._at(ends[np.isfinite(ends).all(axis=(1, 2))]).reshape(-1, 4).tolist()
        rims = ((width + 2.0, (*self._theme.background, 130)), (width, (*colour, 255)))
        for thick, shade in rims:
            for line in known:
                self._draw.line(line, shade, max(round(thick * self._unit), 1))

    def handle(self, point: NDArray[np.float64], square: bool, held: bool) -> None:
        """Draw a disc, or a square, at a point (2,)."""
        if not np.isfinite(point).all():
            return
        x, y = self._at(point).tolist()
        rounds = ((_RADIUS + 1.5, (*self._theme.background, 220)), (_RADIUS, (*self._theme.foreground, 255)))
        fill = (_RADIUS - 1.5, (*(_HELD if held else self._theme.background), 255))
        for radius, shade in (*rounds, fill):
            reach = radius * self._unit
            box = (x - reach, y - reach, x + reach, y + reach)
            (self._draw.rectangle if square else self._draw.ellipse)(box, shade)


def _seen(view: CameraView, voxels: Voxels, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where places (n, 3) in voxels are seen; what is far outside is drawn at no cost."""
    return np.clip(view.project(voxels.world(places)), -1e5, 1e5)


def _behind(shape: Shape, voxels: Voxels, view: CameraView) -> NDArray[np.bool_]:
    """Tell which lines lie on sides that all face away from the eye."""
    sides = shape.sides()
    middles = sides.lines.mean(axis=1)
    towards = voxels.voxels(view.position) - middles
    facing = np.einsum("nkd,nd->nk", sides.normals, towards) > 0
    behind: NDArray[np.bool_] = ~facing.any(axis=1)
    return behind
