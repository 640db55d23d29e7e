"""Colours that are sent to the page: colour maps as bytes and as CSS, values as colours."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.geometry.colour_maps import table

__all__ = ["colours_of", "css_gradient", "map_picture", "palette"]

UNKNOWN = (150, 150, 150)
"""The colour of what is not known."""


def palette(name: str) -> bytes:
    """Return the 256 colours of a map as bytes."""
    return table(name).tobytes()


def colours_of(values: NDArray[Any], low: float, high: float, name: str = "viridis") -> NDArray[np.uint8]:
    """Return the colours (n, 3) of values (n,) from `low` to `high`; grey where they are not finite."""
    known = np.isfinite(values)
    level = np.clip((np.where(known, values, low) - low) / ((high - low) or 1.0), 0, 1)
    colours: NDArray[np.uint8] = table(name)[(255 * level).round().astype(int)]
    colours[~known] = UNKNOWN
    return colours


def css_gradient(name: str = "viridis") -> str:
    """Return a map as CSS, from left to right."""
    stops = ", ".join("#" + table(name)[i].tobytes().hex() for i in range(0, 256, 51))
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
