"""Rarity: what the histogram of a variable, or the joint one of several, holds little of.

Paper Sect. 5.1.1: value histogram (statistical), joint distribution of variables (multivariate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.arguments import Quantities
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf, range_of
from idlat.importance.family_registry import family
from idlat.importance.field_view import FieldView
from idlat.importance.measures.joint_statistics import Range, histogram_of, joint_bins
from idlat.importance.quantities import VALUE
from idlat.tiling import Box

__all__ = ["Rarity"]

_BINS: Mapping[int, int] = MappingProxyType({1: 256, 2: 64, 3: 16})  # of each quantity, by their number


@dataclass(frozen=True)
class _Histogram:
    """What rarity must know: the range of each quantity, and the importance of each cell, 0 for missing."""

    ranges: tuple[Range, ...]
    importance: NDArray[np.float32]


def _sum(counts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.asarray(np.sum(counts, axis=0), np.int64)


@family(
    "rarity",
    group="statistical",
    title="Rare values",
    pair_title="Rare combinations",
    examples=("rarity()", "rarity(U, V)"),
    meaning="−log₂ p divided by its maximum, p the share of voxels in the same cell of the (joint) histogram",
    use="rare values, rare combinations",
)
@dataclass(frozen=True)
class Rarity(Leaf):
    """−log2 p divided by its maximum, p the share of voxels in the same cell of the histogram.

    The histogram is that of all steps: 256 bins for one quantity, 64² cells for two, 16³ for three, over the
    range of each. 0 where any is missing, and everywhere if all voxels share one cell.

    Examples
    --------
    >>> from idlat.importance import rarity
    >>> rarity(np.array([[[0.0, 0.0, 0.0, 1.0]]])).values.round(2).tolist()
    [[[0.20999999344348907, 0.20999999344348907, 0.20999999344348907, 1.0]]]
    """

    sources: Quantities = (VALUE,)

    def validate(self) -> None:
        """Raise where there are more than three quantities."""
        if len(self.sources) not in _BINS:
            raise ImportanceError(f"rarity takes one to three quantities, got {len(self.sources)}")

    def _cells(self, block: Block, ranges: tuple[Range, ...]) -> NDArray[np.int32]:
        values = [block.quantity(source) for source in self.sources]
        return joint_bins(values, ranges, _BINS[len(self.sources)])

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> _Histogram:
        """Count the histogram, block by block."""
        ranges = tuple(range_of(view, source, facts) for source in self.sources)
        count = _BINS[len(self.sources)] ** len(self.sources)

        def of_box(step: int, box: Box) -> NDArray[np.int64]:
            return histogram_of(self._cells(Block(view, step, box, facts), ranges), count)

        counts = view.reduce(of_box, _sum)
        surprise = np.zeros(count + 1)
        seen = np.flatnonzero(counts)
        surprise[seen] = np.log2(max(counts.sum(), 1)) - np.log2(counts[seen])
        most = surprise.max()
        return _Histogram(ranges, (surprise / most if most > 0 else surprise).astype(np.float32))

    def compute(self, block: Block) -> Values:
        """Look the cells up."""
        histogram: _Histogram = block.facts[self]
        return histogram.importance[self._cells(block, histogram.ranges)]
