"""Three linked sections of a panel with a cross-hair, drawn without VTK."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.actors.slice_planes import slice_picture
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import Theme, table
from idlat.explorer.scene.geometry.panel_layout import PanelPlace
from idlat.explorer.scene.geometry.section_layout import Section, sections
from idlat.explorer.scene.overlay.axes_triad import AXIS_COLOURS
from idlat.explorer.scene.overlay.text_labels import paste, text_label
from idlat.explorer.scene.scene_settings import SceneSettings
from idlat.explorer.scene.volume_panel import VolumePanel

__all__ = ["draw_sections"]

_HATCH = 4  # pixels of a stripe of what is missing
_STRENGTH = 0.85  # of a cross-hair's colour over what it crosses


def draw_sections(
    picture: NDArray[np.uint8],
    panel: VolumePanel,
    place: PanelPlace,
    look: SceneSettings,
    selection: Selection,
    theme: Theme,
    scale: int = 1,
) -> None:
    """Draw a panel's sections onto a picture (h, w, 3): pale outside the selection, hatched where missing."""
    slices = look.slices or tuple(n // 2 for n in panel.frame.shape)
    for section in sections(panel.frame, place, scale):
        index = slices[section.axis]
        codes, blocks = (
            _turned(np.take(values, at, axis=section.axis), section)
            for values, at in ((panel.encoded, index), (selection.shown, index // selection.block))
        )
        rows, columns = (
            np.minimum(((np.arange(pixels) + 0.5) * (n / pixels)).astype(np.intp), n - 1)
            for pixels, n in ((section.height, section.down), (section.width, section.across))
        )
        shown = blocks[np.ix_(rows // selection.block, columns // selection.block)]
        seen = codes[np.ix_(rows, columns)]
        drawn = slice_picture(
            seen, table(panel.colours(look)), shown & panel.inside(look)[seen], theme.background
        )[:: 1 if section.flipped else -1]
        part = picture[section.y : section.y + section.height, section.x : section.x + section.width]
        part[...] = np.where(drawn[..., 3:] > 0, drawn[..., :3], _hatch(part.shape, theme, scale))[
            : part.shape[0], : part.shape[1]
        ]
        _cross(part, section, slices[section.right], slices[section.up], scale)
        _name(picture, section, theme, scale)


def _turned(plane: NDArray[np.generic], section: Section) -> NDArray[np.generic]:
    """Return a plane with rows along the axis that points up; those of a section are in order z, y, x."""
    return plane.T if section.up > section.right else plane


def _hatch(shape: tuple[int, ...], theme: Theme, scale: int) -> NDArray[np.uint8]:
    """Return stripes (rows, columns, 3)."""
    rows, columns = np.indices(shape[:2])
    striped = ((rows + columns) // (_HATCH * scale)) % 2 == 1
    ground, line = np.array(theme.background, float), np.array(theme.muted, float)
    colours = np.array([ground * 0.85 + line * 0.15, ground * 0.55 + line * 0.45])
    found: NDArray[np.uint8] = colours[striped.astype(np.intp)].astype(np.uint8)
    return found


def _cross(part: NDArray[np.uint8], section: Section, i: int, j: int, scale: int) -> None:
    """Draw a line along each of the two other slices, in the colour of the axis that it lies across."""
    x, y = section.pixel(i, j)
    upright, level = part[:, x : x + scale], part[y : y + scale]
    for line, axis in ((upright, section.right), (level, section.up)):
        colour = np.array(AXIS_COLOURS[2 - axis])
        line[...] = (line * (1 - _STRENGTH) + colour * _STRENGTH).astype(np.uint8)


def _name(picture: NDArray[np.uint8], section: Section, theme: Theme, scale: int) -> None:
    """Write the names of a section's axes at the ends of its sides."""
    size = 11 * scale
    right, up = (text_label("zyx"[axis], size, theme, bold=True) for axis in (section.right, section.up))
    if min(section.width, section.height) >= 3 * size:
        paste(
            picture, right, section.x + section.width - right.width, section.y + section.height - right.height
        )
        paste(picture, up, section.x, section.y + section.flipped * (section.height - up.height))
