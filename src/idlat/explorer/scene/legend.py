"""The colour legend of a panel: the map, three values and the unit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from idlat.explorer.scene.colours import Theme, table
from idlat.explorer.scene.labels import Label, canvas, label, write
from idlat.explorer.scene.scalebar import number

__all__ = ["legend"]


@lru_cache(maxsize=32)
def legend(
    name: str,
    low: float,
    high: float,
    units: str,
    theme: Theme,
    mark: float | None = None,
    width: int = 150,
    scale: int = 1,
) -> Label:
    """Draw a legend.

    Parameters
    ----------
    name : str
        Of the colour map.
    low, high : float
        Values of its ends.
    units : str
        Written above the bar.
    theme : Theme
        Colours.
    mark : float, optional
        A value marked on the bar: the isovalue.
    width : int
        Pixels of the bar on the screen.
    scale : int
        Pixels of the picture for one of the screen.
    """
    size, pad, thick, long = 11 * scale, 24 * scale, 9 * scale, width * scale
    image, draw = canvas(long + 2 * pad, thick + size * 3.6, theme)
    top = size * 1.6
    ramp = Image.fromarray(np.broadcast_to(table(name), (thick, 256, 3)).copy()).resize((long, thick))
    image.paste(ramp, (pad, round(top)))
    draw.rectangle(
        (pad - 1, round(top) - 1, pad + long, round(top) + thick), outline=(*theme.muted, 255), width=scale
    )
    for share in (0.0, 0.5, 1.0):
        text = number(low + share * (high - low))
        write(draw, (pad + share * long, top + thick + size * 0.4), text, size, theme, anchor="ma")
    write(draw, (pad + long / 2, size * 0.2), units, size, theme, anchor="ma")
    if mark is not None and high > low and low <= mark <= high:
        x = pad + (mark - low) / (high - low) * long
        draw.polygon(
            [(x - 4 * scale, top - 6 * scale), (x + 4 * scale, top - 6 * scale), (x, top)], theme.foreground
        )
        draw.line((x, top, x, top + thick), theme.foreground, scale)
    return label(image)
