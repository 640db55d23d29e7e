"""Volumes decoded for the picture, with what the page shows of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idlat.explorer.data import Blocks, Kind, Volume
from idlat.explorer.data.jobs import Progress
from idlat.tiling import Box

__all__ = ["Decoded", "decoded"]

BINS = 64


@dataclass(frozen=True)
class Decoded:
    """A volume, and the counts of its values in bins of equal width over the range."""

    kind: Kind
    volume: Volume
    histogram: list[int]


def decoded(
    blocks: Blocks,
    kinds: Sequence[Kind],
    span: tuple[float, float],
    region: Box | None,
    progress: Progress,
) -> list[Decoded]:
    """Decode volumes of the blocks' step, or a region of them; of the differences nothing is counted.

    Raises
    ------
    IdlatError
        A chunk is damaged.
    """
    found = []
    for kind in kinds:
        volume = blocks.dataset.volume(
            kind, blocks.step, variable=blocks.variable, region=region, progress=progress
        )
        known = volume.values[np.isfinite(volume.values)] if kind != "difference" else np.empty(0)
        found.append(Decoded(kind, volume, np.histogram(known, BINS, span)[0].tolist()))
    return found
