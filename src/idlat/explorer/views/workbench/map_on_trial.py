"""One of the two maps on the workbench: what it is made of, and what came of it on which chunks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import Estimate
from idlat.explorer.data.workbench.map_families import Family
from idlat.explorer.views.page_colours import map_picture
from idlat.explorer.views.workbench.parameter_sliders import place_of, slider, value_at

__all__ = ["FIGURES", "OWN", "MapTrial", "nearest_chunks"]

OWN = "own"
"""Names the expression that is typed rather than made of a family."""

FIGURES = ("LSR", "Size", "PSNR inside", "PSNR outside", "Weighted PSNR", "Inside")

Triple = tuple[int, int, int]


@dataclass
class MapTrial:
    """One of the two maps that are tried."""

    family: str
    expression: str
    quality: float
    values: dict[str, float] = field(default_factory=dict)
    estimate: Estimate | None = None
    asked: list[Triple] | None = None
    picture: str = ""
    wrong: str = ""

    def took(self, estimate: Estimate, asked: list[Triple] | None) -> None:
        """Take what came of it, and of which chunks it was asked; None for those the workbench chose."""
        self.estimate, self.asked, self.picture = estimate, asked, map_picture(estimate.importance)

    def forget(self) -> None:
        """Forget what came of another map, quality or step."""
        self.estimate, self.asked, self.picture, self.wrong = None, None, "", ""

    def full(self, family: Family) -> dict[str, float]:
        """Return all parameters of its family, those that were never moved as they begin."""
        return {p.name: self.values.get(p.name, p.value) for p in family.parameters}

    def moved(self, family: Family, values: Mapping[str, float]) -> bool:
        """Take parameters of its family, within their ranges; tell whether that makes another map."""
        before = self.expression
        for p in family.parameters:
            if p.name in values:
                self.values[p.name] = value_at(p, place_of(p)(values[p.name]))
        self.expression = family.text(self.values)
        return self.expression != before

    def sliders(self, family: Family) -> list[dict[str, Any]]:
        """Return the sliders of its family's parameters."""
        values = self.full(family)
        return [slider(p, values[p.name]) for p in family.parameters]

    def settle(self, families: Mapping[str, Family]) -> None:
        """Keep within the ranges of a variable's families; a family that is not among them is typed text.

        A value outside its range begins again: at the range's end a map would take in all or nothing.
        """
        family = families.get(self.family)
        if family is None:
            self.family, self.values = OWN, {}
            return
        given = self.full(family)
        kept = {
            p.name: given[p.name] if p.low <= given[p.name] <= p.high else p.value for p in family.parameters
        }
        if kept != given or not self.values:
            self.values = {p.name: value_at(p, place_of(p)(kept[p.name])) for p in family.parameters}
            self.expression = family.text(self.values)

    def shown(self, slot: str) -> dict[str, Any]:
        """Return what the table shows of it."""
        estimate = self.estimate
        if estimate is None:
            return {"slot": slot, "picture": "", "figures": []}
        decibel = [estimate.psnr_inside, estimate.psnr_outside, estimate.wpsnr]
        figures = [
            f"{estimate.lsr:.1f}",
            f"{estimate.bytes / 1000:.1f} kB" + ("" if estimate.whole else " *"),
            *(f"{value:.1f} dB" if math.isfinite(value) else "–" for value in decibel),
            f"{100 * estimate.errors.share:.1f} %",
        ]
        return {"slot": slot, "picture": self.picture, "figures": figures}


def nearest_chunks(blocks: NDArray[np.intp], side: int, most: int) -> list[Triple]:
    """Return the chunks of `side` blocks that hold blocks (n, 3), at most `most`: those nearest the middle.

    The box around them holds at most `most` chunks too. An estimate's arrays are of that box, so that what a
    window keeps of its two maps, beside the cache, is bounded however far apart the blocks are: 256³ voxels
    an array where `most` is 64 chunks of 64³.

    Examples
    --------
    >>> nearest_chunks(np.array([[0, 0, 0], [0, 0, 5], [0, 0, 6], [0, 0, 40]]), 4, 2)
    [(0, 0, 0), (0, 0, 1)]
    >>> nearest_chunks(np.array([[0, 0, 0], [0, 0, 4], [0, 90, 90]]), 4, 64)
    [(0, 0, 0), (0, 0, 1)]
    """
    chunks = np.unique(blocks // side, axis=0)
    away = ((chunks - np.median(chunks, axis=0)) ** 2).sum(axis=1)
    order = chunks[np.argsort(away, kind="stable")].tolist()
    low = high = order[0]
    kept: list[Triple] = []
    for z, y, x in order:
        first = [min(a, b) for a, b in zip(low, (z, y, x), strict=True)]
        last = [max(a, b) for a, b in zip(high, (z, y, x), strict=True)]
        if math.prod(b - a + 1 for a, b in zip(first, last, strict=True)) <= most:
            low, high = first, last
            kept.append((z, y, x))
    return sorted(kept)
