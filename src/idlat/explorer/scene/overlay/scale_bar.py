"""A scale bar: a round length that is about a fifth of a panel."""

from __future__ import annotations

import math
from functools import lru_cache

from idlat.explorer.notation import number
from idlat.explorer.scene.geometry.colour_maps import Theme
from idlat.explorer.scene.overlay.text_labels import Label, canvas, font, label, write

__all__ = ["nice_length", "scale_bar", "told_length"]

_METRES = ("m", "meter", "meters", "metre", "metres")


def nice_length(longest: float) -> float:
    """Return the longest of 1, 2 and 5 times a power of ten that is not above a length.

    Examples
    --------
    >>> nice_length(0.73), nice_length(41.0)
    (0.5, 20.0)
    """
    power = 10.0 ** math.floor(math.log10(longest))
    return max(m * power for m in (1.0, 2.0, 5.0) if m * power <= longest * (1 + 1e-9))


def told_length(length: float, units: str) -> str:
    """Return a length in words; metres as kilometres or millimetres where these are shorter.

    Examples
    --------
    >>> told_length(5e5, "m"), told_length(0.002, "m"), told_length(20.0, "voxels")
    ('500 km', '2 mm', '20 voxels')
    """
    if units in _METRES:
        if length >= 1000:
            return f"{number(length / 1000)} km"
        return f"{number(1000 * length)} mm" if length < 0.01 else f"{number(length)} m"
    return f"{number(length)} {units}".strip()


@lru_cache(maxsize=64)
def scale_bar(length: float, units: str, pixels: float, theme: Theme, scale: int = 1) -> Label:
    """Draw a bar of a physical length that is so many pixels long.

    Parameters
    ----------
    length : float
        What the bar stands for, in ``units``.
    units : str
        Of length; "voxels" where none are known.
    pixels : float
        Length on the picture.
    theme : Theme
        Colours.
    scale : int
        Pixels of the picture for one of the screen.
    """
    size, pad, thick = 12 * scale, 5 * scale, 2 * scale
    text = told_length(length, units)
    width = max(pixels, font(size).getlength(text)) + 2 * pad
    image, draw = canvas(width, size * 1.6 + 12 * scale, theme)
    bottom, left = image.height - pad, (width - pixels) / 2
    write(draw, (width / 2, pad / 2), text, size, theme, anchor="ma")
    for rim, colour in ((scale, (*theme.background, 190)), (0, (*theme.foreground, 255))):
        for x0, y0, x1 in (
            (left, bottom - thick, left + pixels),
            (left, bottom - 4 * thick, left + thick),
            (left + pixels - thick, bottom - 4 * thick, left + pixels),
        ):
            draw.rectangle((x0 - rim, y0 - rim, x1 - 1 + rim, bottom - 1 + rim), colour)
    return label(image)
