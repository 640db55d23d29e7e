"""Colours that are sent to the page: colour maps as bytes, as CSS, and clusters' colours as numbers."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["colours_of", "css_gradient", "map_picture", "palette", "rgb"]

UNKNOWN = (150, 150, 150)
"""The colour of what is not known."""


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the numbers of ``#rrggbb``.

    Examples
    --------
    >>> rgb("#0072b2")
    (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def _table(name: str) -> NDArray[np.uint8]:
    """Return 256 colours (256, 3)."""
    from matplotlib import colormaps

    return (colormaps[name](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


def palette(name: str) -> bytes:
    """Return the 256 colours of a map as bytes."""
    return _table(name).tobytes()


def colours_of(values: NDArray[Any], low: float, high: float, name: str = "viridis") -> NDArray[np.uint8]:
    """Return the colours (n, 3) of values (n,) from `low` to `high`; grey where they are not finite."""
    known = np.isfinite(values)
    level = np.clip((np.where(known, values, low) - low) / ((high - low) or 1.0), 0, 1)
    colours: NDArray[np.uint8] = _table(name)[(255 * level).round().astype(int)]
    colours[~known] = UNKNOWN
    return colours


def css_gradient(name: str = "viridis") -> str:
    """Return a map as CSS, from left to right."""
    stops = ", ".join("#" + _table(name)[i].tobytes().hex() for i in range(0, 256, 51))
    return f"linear-gradient(to right, {stops})"


def map_picture(values: NDArray[np.float32], side: int = 128, name: str = "cividis") -> str:
    """Return the mean along z of an importance map (z, y, x), from 0 to 1: a PNG as a data URL.

    NaN, where a chunk was not tried, counts in no mean; grey where there is nothing else.
    """
    from PIL import Image

    counts = np.isfinite(values).sum(axis=0)
    sums = np.nansum(values, axis=0, dtype=np.float64)
    flat = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)[::-1]
    step = -(-max(flat.shape) // side)
    small = flat[::step, ::step]
    colours = colours_of(small.ravel(), 0, 1, name)
    picture = Image.fromarray(colours.reshape(*small.shape, 3))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return "data:image/png;base64," + base64.b64encode(kept.getvalue()).decode()
