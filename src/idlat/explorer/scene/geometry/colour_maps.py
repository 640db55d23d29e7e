"""Colours that people with colour-vision deficiency can tell apart, and the two themes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError

__all__ = ["DIVERGING", "SEQUENTIAL", "THEMES", "Theme", "ThemeName", "hex_colour", "lightened", "table"]

Rgb = tuple[int, int, int]
ThemeName = Literal["light", "dark"]

SEQUENTIAL = ("viridis", "cividis", "magma", "inferno", "gray")
DIVERGING = ("coolwarm", "vik", "PuOr")

# Crameri's vik at ten places (MIT licence, doi:10.5281/zenodo.1243862).
_VIK = "#001261 #033E7D #1E6F9D #71A8C4 #C9DDE7 #EACEBD #D39774 #BE6533 #8B2706 #590008".split()


@dataclass(frozen=True)
class Theme:
    """Colours of what is no data, 0–255.

    Attributes
    ----------
    background, foreground, muted
        Behind everything, of text, and of lines that step back.
    """

    background: Rgb
    foreground: Rgb
    muted: Rgb


THEMES: dict[ThemeName, Theme] = {
    "dark": Theme((17, 20, 26), (232, 235, 240), (92, 100, 114)),
    "light": Theme((250, 250, 252), (28, 32, 40), (150, 156, 168)),
}


def hex_colour(text: str) -> Rgb:
    """Read a colour.

    Raises
    ------
    RenderError
        It is not written as #rrggbb.

    Examples
    --------
    >>> hex_colour("#ff8000")
    (255, 128, 0)
    """
    try:
        if len(text) != 7 or text[0] != "#":
            raise ValueError
        red, green, blue = bytes.fromhex(text[1:])
    except ValueError:
        raise RenderError(f"a colour must be written as #rrggbb, got {text!r}") from None
    return red, green, blue


def lightened(colour: Rgb, luminance: float = 0.5) -> Rgb:
    """Mix a colour with white until it is as bright as this, from 0 to 1: lit, a dark surface is all shadow.

    Examples
    --------
    >>> lightened((60, 30, 90)), lightened((250, 230, 40))
    ((139, 121, 157), (250, 230, 40))
    """
    own = float(np.dot(colour, (0.2126, 0.7152, 0.0722))) / 255
    white = max((luminance - own) / (1 - own), 0.0) if own < 1 else 0.0
    red, green, blue = (round(c + (255 - c) * white) for c in colour)
    return red, green, blue


@cache
def table(name: str) -> NDArray[np.uint8]:
    """Return a colour map as 256 colours (256, 3), from the lowest value to the highest.

    Raises
    ------
    RenderError
        No such map.

    Examples
    --------
    >>> table("viridis")[[0, -1]].tolist()
    [[68, 1, 84], [253, 231, 36]]
    """
    if name not in SEQUENTIAL + DIVERGING:
        raise RenderError(f"colours must be one of {', '.join(SEQUENTIAL + DIVERGING)}, got {name!r}")
    at = np.linspace(0.0, 1.0, 256)
    if name == "vik":
        points = np.array([hex_colour(text) for text in _VIK], np.float64)
        colours = np.column_stack([np.interp(at, np.linspace(0, 1, len(points)), c) for c in points.T])
    else:
        from matplotlib import colormaps  # half a second: only when a picture is drawn

        colours = colormaps[name](at)[:, :3] * 255
    result = colours.astype(np.uint8)
    result.flags.writeable = False
    return result
