"""The colour legend of a panel: the map, three values and the unit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from idlat.explorer.notation import number, plain
from idlat.explorer.scene.geometry.colour_maps import Theme, table
from idlat.explorer.scene.overlay.text_labels import Label, canvas, font, label, write

__all__ = ["legend", "ticks"]

_TICKS = ((0.0, "la"), (0.5, "ma"), (1.0, "ra"))


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
        Written above the bar, in its middle or beside the mark.
    theme : Theme
        Colours.
    mark : float, optional
        A value marked on the bar: the isovalue.
    width : int
        Pixels of the bar on the screen.
    scale : int
        Pixels of the picture for one of the screen.
    """
    size, pad, thick, long = 11 * scale, 8 * scale, 9 * scale, width * scale
    image, draw = canvas(long + 2 * pad, thick + size * 3.6, theme)
    top = size * 1.6
    ramp = Image.fromarray(np.broadcast_to(table(name), (thick, 256, 3)).copy()).resize((long, thick))
    image.paste(ramp, (pad, round(top)))
    draw.rectangle(
        (pad - 1, round(top) - 1, pad + long, round(top) + thick), outline=(*theme.muted, 255), width=scale
    )
    texts, factor = ticks(low, high, long, size)
    for (share, anchor), text in zip(_TICKS, texts, strict=True):
        write(draw, (pad + share * long, top + thick + size * 0.4), text, size, theme, anchor=anchor)
    unit, middle = f"{factor} {units}".strip(), pad + long / 2
    x = None
    if mark is not None and high > low and low <= mark <= high:
        x = pad + (mark - low) / (high - low) * long
        middle = beside(x, middle, font(size).getlength(unit) / 2, 6 * scale, long + 2 * pad)
    write(draw, (middle, size * 0.2), unit, size, theme, anchor="ma")
    if x is not None:
        draw.polygon(
            [(x - 4 * scale, top - 6 * scale), (x + 4 * scale, top - 6 * scale), (x, top)], theme.foreground
        )
        draw.line((x, top, x, top + thick), theme.foreground, scale)
    return label(image)


def beside(mark: float, middle: float, half: float, gap: float, width: float) -> float:
    """Return where the middle of a text stands, beside a mark that would cross it if there is room.

    Parameters
    ----------
    mark, middle
        Where the mark is, and where the text would stand.
    half
        Of the text's width.
    gap
        Least distance of the text from the mark.
    width
        Of the picture, which the text does not leave.

    Examples
    --------
    >>> beside(20, 80, 15, 6, 160), beside(70, 80, 15, 6, 160), beside(90, 80, 15, 6, 160)
    (80, 91, 69)
    """
    if abs(mark - middle) >= half + gap:
        return middle
    away = half + gap if mark <= width / 2 else -half - gap
    return min(max(mark + away, half), width - half)


def ticks(low: float, high: float, long: float, size: int) -> tuple[list[str], str]:
    """Return what is written at the ends and in the middle of a bar, and the power of ten that they share.

    As many digits as there is room for, and as tell the ends apart; nothing in the middle where even few are
    too wide. What is nothing beside the larger end is 0.

    Examples
    --------
    >>> ticks(-7510.0, 768.0, 150, 11), ticks(0.0, 2.5e6, 150, 11)
    ((['−7510', '−3370', '768'], ''), (['0', '1.25', '2.5'], '×10⁶'))
    >>> ticks(101300.0, 101350.0, 150, 11)
    (['1.013', '1.01325', '1.0135'], '×10⁵')
    """
    most = max(abs(low), abs(high))
    power = int(np.floor(np.log10(most))) if most > 0 else 0
    power = power if power >= 5 or power < -3 else 0
    factor = f"×{number(10.0**power, 1).removeprefix('1×')}" if power else ""
    texts: list[str] = []
    values = [0.0 if abs(value) < 1e-4 * most else value for value in (low, (low + high) / 2, high)]
    alike = 0  # leading digits that the ends share
    if low < high:
        alike = int(np.clip(np.log10(most) - np.log10(high - low), 0, 12))
    for digits in (3 + alike, 2 + alike):
        texts = [plain(value / 10.0**power, digits) for value in values]
        widths = [font(size).getlength(text) for text in texts]
        if max(widths[0], widths[2]) + widths[1] / 2 + size / 2 <= long / 2:
            return texts, factor
    return [texts[0], "", texts[2]], factor
