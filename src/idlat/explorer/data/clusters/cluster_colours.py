"""Colours of clusters that people with colour-vision deficiency can tell apart."""

from __future__ import annotations

import colorsys

__all__ = ["PALETTE", "colour_of"]

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
"""Okabe and Ito (2008), without black, which a dark page hides."""

_GOLDEN = 0.618034  # of a turn from hue to hue: no two neighbours are alike


def colour_of(node: int) -> str:
    """Return the colour of a cluster, ``#rrggbb``; beyond the palette, hues a golden part of a turn apart.

    Examples
    --------
    >>> colour_of(0), colour_of(1), colour_of(9)
    ('#9aa0a6', '#0072b2', '#c7584d')
    """
    if node == 0:
        return "#9aa0a6"
    if node <= len(PALETTE):
        return PALETTE[node - 1]
    turn = (node - len(PALETTE) - 1) * _GOLDEN % 1
    lightness = (0.54, 0.68, 0.42)[node % 3]
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(turn + 0.015, lightness, 0.52))
    return f"#{red:02x}{green:02x}{blue:02x}"
