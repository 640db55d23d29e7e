"""The directions of the axes, drawn small in a corner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from idlat.explorer.scene.geometry.colour_maps import Theme
from idlat.explorer.scene.overlay.text_labels import Label, canvas, label, write

__all__ = ["AXIS_COLOURS", "triad"]

# Okabe and Ito's vermilion, bluish green and sky blue, of x, y and z: told apart with any colour vision.
AXIS_COLOURS = ((213, 94, 0), (0, 158, 115), (86, 180, 233))
_FINE = 3  # drawn so many times as large, then shrunk: smooth lines
_SIDE = 76


def triad(
    right: NDArray[np.float64],
    up: NDArray[np.float64],
    forwards: NDArray[np.float64],
    theme: Theme,
    scale: int = 1,
) -> Label:
    """Draw x, y and z as a camera with these axes sees them; what points away is drawn first."""
    fine, side = _FINE * scale, _SIDE * scale
    large, draw = canvas(side * _FINE, side * _FINE, theme)
    reach, middle = 25 * fine, side * _FINE / 2
    ends = [(middle + right[a] * reach, middle - up[a] * reach) for a in range(3)]
    order = np.argsort(-forwards).tolist()
    for axis in order:
        _arrow(draw, (middle, middle), ends[axis], theme, axis, fine)
    small = large.resize((side, side), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(small)
    for axis in order:
        x, y = (side / 2 + (end - middle) / _FINE * 1.32 for end in ends[axis])
        write(draw, (x, y), "xyz"[axis], 12 * scale, theme, anchor="mm", bold=True, colour=AXIS_COLOURS[axis])
    return label(small)


def _arrow(
    draw: ImageDraw.ImageDraw,
    start: tuple[float, float],
    end: tuple[float, float],
    theme: Theme,
    axis: int,
    fine: int,
) -> None:
    """Draw one axis with a head and a rim of the background."""
    for width, colour in ((5, (*theme.background, 160)), (2.2, (*AXIS_COLOURS[axis], 255))):
        draw.line((*start, *end), colour, round(width * fine))
        radius = width * fine * 1.1
        draw.ellipse((end[0] - radius, end[1] - radius, end[0] + radius, end[1] + radius), colour)
