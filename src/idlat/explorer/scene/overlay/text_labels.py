"""Letters and lines drawn over the picture: crisp at any scale, and kept until they change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from idlat.explorer.scene.geometry.colour_maps import Rgb, Theme

__all__ = ["Label", "canvas", "font", "label", "paste", "text_label", "write"]


@dataclass(frozen=True, eq=False)
class Label:
    """A small picture with transparency.

    Attributes
    ----------
    picture : uint8 array (rows, columns, 4)
        Its colours, and how opaque each pixel is.
    """

    picture: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.picture.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.picture.shape[0])


@lru_cache(maxsize=32)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the sans serif that comes with matplotlib, of a size in pixels."""
    from matplotlib import get_data_path

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / name), size)


def canvas(width: float, height: float, theme: Theme) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty picture to draw on; its clear pixels have the background's colour."""
    image = Image.new("RGBA", (max(round(width), 1), max(round(height), 1)), (*theme.background, 0))
    return image, ImageDraw.Draw(image)


def label(image: Image.Image) -> Label:
    """Return what was drawn."""
    return Label(np.asarray(image))


def write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    theme: Theme,
    *,
    anchor: str = "la",
    bold: bool = False,
    colour: Rgb | None = None,
) -> None:
    """Write a line with a rim of the background around the letters, so that it reads over anything."""
    rim = max(size // 6, 1)
    draw.text(
        place, text, colour or theme.foreground, font(size, bold), anchor, stroke_width=rim,
        stroke_fill=(*theme.background, 190),
    )  # fmt: skip
    draw.text(place, text, colour or theme.foreground, font(size, bold), anchor)


@lru_cache(maxsize=64)
def text_label(text: str, size: int, theme: Theme, bold: bool = False) -> Label:
    """Return a line of text."""
    width = font(size, bold).getlength(text)
    image, draw = canvas(width + size, size * 1.7, theme)
    write(draw, (size / 2, size * 0.25), text, size, theme, bold=bold)
    return label(image)


def paste(picture: NDArray[np.uint8], item: Label, x: float, y: float) -> None:
    """Draw a label onto a picture (h, w, 3) with its upper left corner at a pixel; what is outside is cut."""
    left, top = round(x), round(y)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + item.width, picture.shape[1]), min(top + item.height, picture.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = item.picture[y0 - top : y1 - top, x0 - left : x1 - left]
    under = picture[y0:y1, x0:x1]
    opaque = part[..., 3:].astype(np.uint16)
    mixed = (part[..., :3] * opaque + under * (255 - opaque) + 127) // 255
    under[...] = mixed.astype(np.uint8)
