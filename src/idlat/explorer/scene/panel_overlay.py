"""What is written over the panels: titles, legends, scale bar, axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.notation import number
from idlat.explorer.scene.geometry.colour_maps import Theme
from idlat.explorer.scene.geometry.panel_layout import PanelPlace
from idlat.explorer.scene.geometry.section_layout import sections
from idlat.explorer.scene.orbit_camera import Camera
from idlat.explorer.scene.overlay.axes_triad import triad
from idlat.explorer.scene.overlay.colour_legend import legend
from idlat.explorer.scene.overlay.scale_bar import nice_length, scale_bar
from idlat.explorer.scene.overlay.text_labels import Label, paste, text_label
from idlat.explorer.scene.scene_settings import OF_THE_FIELD
from idlat.explorer.scene.scene_state import SceneState
from idlat.explorer.scene.volume_panel import VolumePanel

__all__ = ["PanelOverlay"]

_MARGIN = 8
_ROOM = 240  # pixels of a panel below which the axes would hide the volume
_BAR = 0.22  # of a panel's width that the scale bar may take


@dataclass(frozen=True)
class PanelOverlay:
    """Draws over a picture what its state names.

    Attributes
    ----------
    theme : Theme
        Colours.
    """

    theme: Theme

    def draw(
        self,
        picture: NDArray[np.uint8],
        panels: list[VolumePanel],
        places: list[PanelPlace],
        camera: Camera,
        state: SceneState,
        scale: int,
    ) -> None:
        """Write over a picture (h, w, 3), in place; ``scale`` pixels of it are one of the screen."""
        flat = state.settings.mode == "sections"
        for panel, place in zip(panels, places, strict=True):
            for shape in (state.gizmo, state.mark):
                if not flat and shape is not None and shape.voxels.frame == panel.frame:
                    shape.draw(picture, place, camera.view(place.size), self.theme, scale)
            self._panel(picture, panel, place, state, scale)
        self._lengths(picture, panels[0], places[0], None if flat else camera, state.length_units, scale)
        for place in places:
            rows, columns = slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)
            if place.x:
                picture[rows, place.x : place.x + scale] = self.theme.muted
            if place.y:
                picture[place.y : place.y + scale, columns] = self.theme.muted

    def _panel(
        self,
        picture: NDArray[np.uint8],
        panel: VolumePanel,
        place: PanelPlace,
        state: SceneState,
        scale: int,
    ) -> None:
        """Write a panel's title and legend."""
        margin, look, own = _MARGIN * scale, panel.own(state.settings), panel.look
        name, units = (panel.kind.capitalize(), state.units) if own is None else (own.title, own.units)
        title = text_label(name, 14 * scale, self.theme, bold=True)
        paste(picture, title, place.x + margin, place.y + margin * 0.75)
        subject = state.subject if own is None else ""
        if note := ", ".join(filter(None, (subject, state.notes.get(panel.kind)))):
            room = place.width - 2 * margin - title.width
            beside = _fitted(note, room, 12 * scale, self.theme)
            paste(picture, beside, place.x + margin + title.width, place.y + margin * 0.75 + 2 * scale)
        of_the_field = panel.kind in OF_THE_FIELD
        marked = look.surface and of_the_field
        width = min(150, place.width // scale // 3)
        bar = legend(
            panel.colours(look), panel.codes.low, panel.codes.high,
            "importance" if panel.kind == "map" else units, self.theme,
            look.isovalue if marked else None, width, scale,
        )  # fmt: skip
        right, bottom = place.x + place.width, place.y + place.height
        paste(picture, bar, right - bar.width - margin / 2, bottom - bar.height - margin / 2)

    def _lengths(
        self,
        picture: NDArray[np.uint8],
        panel: VolumePanel,
        place: PanelPlace,
        camera: Camera | None,
        units: str,
        scale: int,
    ) -> None:
        """Draw the scale bar, true at the depth of what the camera looks at, and the axes.

        Without a camera it is that of sections.
        """
        margin, frame = _MARGIN * scale, panel.frame
        if camera is None:
            pixel = frame.extent[0] / sections(frame, place, scale)[0].width
        else:
            pixel = camera.view(place.size).pixel
        length = nice_length(_BAR * place.width * pixel * frame.length)
        bar = scale_bar(length, units or "units", length / frame.length / pixel, self.theme, scale)
        bottom = place.y + place.height - margin
        paste(picture, bar, place.x + margin, bottom - bar.height)
        if camera is not None and min(place.size) >= _ROOM * scale:
            axes = triad(*camera.view().axes, self.theme, scale)
            paste(picture, axes, place.x + margin / 2, bottom - bar.height - axes.height - margin / 2)
        if frame.stretch != (1.0, 1.0, 1.0):
            drawn = [f"{a} × {number(s, 2)}" for a, s in zip("zyx", frame.stretch, strict=True) if s != 1]
            note = text_label(f"stretched: {', '.join(drawn)}", 11 * scale, self.theme)
            paste(picture, note, place.x + margin, place.y + margin + 22 * scale)


def _fitted(text: str, room: float, size: int, theme: Theme) -> Label:
    """Return a label of as much of a text as there is room for."""
    label, kept = text_label(text, size, theme), text
    while label.width > room and len(kept) > 1:
        kept = kept[:-1].rstrip(" ,")
        label = text_label(f"{kept}…", size, theme)
    return label
