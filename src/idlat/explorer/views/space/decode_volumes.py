"""Volumes decoded for the picture, with what the page shows of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import Blocks, Kind, Volume
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.field_mismatch import difference_told
from idlat.explorer.views.space.hidden_values import BlockSpans
from idlat.tiling import Box

__all__ = ["Decoded", "counts_of", "decoded"]

BINS = 64


@dataclass(frozen=True)
class Decoded:
    """A volume, the counts of its values in bins of equal width over the range, and a warning or none.

    `spans` are the values of its blocks; None of a difference. `missing` is the share of voxels without one.
    """

    kind: Kind
    volume: Volume
    histogram: list[int]
    warning: str | None = None
    spans: BlockSpans | None = None
    missing: float = 0.0


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
        warning = None if kind == "reconstruction" else _warning(blocks, volume)
        spans = None if kind == "difference" else BlockSpans.of_volume(volume, blocks.dataset)
        counts = [] if kind == "difference" else counts_of(volume.values, span)
        missing = 1 - float(np.isfinite(volume.values).mean())
        found.append(Decoded(kind, volume, counts, warning, spans, missing))
    return found


def counts_of(values: NDArray[np.float32], span: tuple[float, float]) -> list[int]:
    """Count values in bins of equal width over a span."""
    counts: list[int] = np.histogram(values[np.isfinite(values)], BINS, span)[0].tolist()
    return counts


def _warning(blocks: Blocks, shown: Volume) -> str | None:
    """Tell where the field of a step is not what the archive was made of; nothing of means of cells."""
    dataset, step, variable = blocks.dataset, blocks.step, blocks.variable
    if shown.stride > 1:
        return None
    given, held = (
        dataset.volume(kind, step, variable=variable, region=shown.region).values
        for kind in ("original", "reconstruction")
    )
    return difference_told(dataset, variable, step, given, held)
