"""Why nothing of the chosen blocks is seen: their values beside the isovalue and the opacities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import Dataset, Volume
from idlat.explorer.notation import number
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.scene_settings import Points, SceneSettings
from idlat.tiling import block_reduce

__all__ = ["BlockSpans", "why_hidden"]


@dataclass(frozen=True, eq=False)
class BlockSpans:
    """The lowest and the highest value of each block.

    Attributes
    ----------
    lows, highs : float32 array (z, y, x)
        One a block; NaN where no value is known.
    """

    lows: NDArray[np.float32]
    highs: NDArray[np.float32]

    @classmethod
    def of(cls, values: NDArray[np.float32], block: int) -> BlockSpans:
        """Measure blocks of so many values a side.

        Examples
        --------
        >>> BlockSpans.of(np.array([[[3.0, np.nan, 1.0]]], np.float32), 2).lows
        array([[[3., 1.]]], dtype=float32)
        """
        return cls(block_reduce(values, block, np.fmin), block_reduce(values, block, np.fmax))

    @classmethod
    def of_volume(cls, volume: Volume, dataset: Dataset) -> BlockSpans:
        """Measure the blocks of a volume, which may be one of means."""
        return cls.of(volume.values, max(1, dataset.block // volume.stride))

    def over(self, selection: Selection | None) -> tuple[float, float]:
        """Return the lowest and the highest value of the blocks that are chosen; NaN where none is known."""
        if selection is None or selection.grid != self.lows.shape:
            return math.nan, math.nan
        chosen = selection.shown
        lows, highs = (part[chosen & np.isfinite(part)] for part in (self.lows, self.highs))
        return (float(lows.min()), float(highs.max())) if lows.size else (math.nan, math.nan)


def why_hidden(look: SceneSettings, low: float, high: float, units: str) -> str:
    """Return why nothing of values from `low` to `high` is seen, empty where something is or they are NaN.

    Examples
    --------
    >>> why_hidden(SceneSettings("isosurface", isovalue=8.0), 1.0, 3.5, "K")
    'No isosurface 8 K in the chosen blocks: their values are 1 to 3.5 K.'
    >>> why_hidden(SceneSettings(points=((0.0, 0.0), (4.0, 0.0), (9.0, 1.0))), 1.0, 3.5, "")
    'The chosen blocks are clear: raise the opacity of their values, 1 to 3.5.'
    >>> why_hidden(SceneSettings(window=(8.0, 9.0)), 1.0, 3.5, "")
    'The chosen blocks hold none of the values 8 to 9 that are looked at: theirs are 1 to 3.5.'
    """
    if not low <= high:
        return ""
    span = f"{number(low)} to {number(high)} {units}".strip()
    crossed = look.surface and look.isovalue is not None and low <= look.isovalue <= high
    clear = look.points is not None and _most_opaque(look.points, low, high) < 0.005
    if look.mode == "isosurface" and not crossed and look.isovalue is not None:
        told = f"{number(look.isovalue, 4)} {units}".strip()
        return f"No isosurface {told} in the chosen blocks: their values are {span}."
    window = look.window
    if look.volume and window is not None and not crossed and (window[1] < low or high < window[0]):
        seen = f"{number(window[0])} to {number(window[1])} {units}".strip()
        return f"The chosen blocks hold none of the values {seen} that are looked at: theirs are {span}."
    if look.volume and clear and not crossed:
        return f"The chosen blocks are clear: raise the opacity of their values, {span}."
    return ""


def _most_opaque(points: Points, low: float, high: float) -> float:
    """Return the largest opacity of values in a span, straight between points and level beyond them."""
    places: NDArray[Any] = np.array(sorted(points))
    inside = places[(places[:, 0] >= low) & (places[:, 0] <= high), 1]
    ends = np.interp([low, high], places[:, 0], places[:, 1])
    return float(np.concatenate([inside, ends]).max())
