"""Time: which steps matter (paper Sect. 5.1.1, time-based)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idlat.errors import ImportanceError
from idlat.importance.expression_tree import Block, Expression, Values, finite, number, only_quantities
from idlat.importance.families.family_base import Leaf, arguments, range_of
from idlat.importance.families.location import Range, check_range, range_text
from idlat.importance.field_view import FieldView
from idlat.importance.measures.joint_statistics import entropy_of, histogram_of, joint_bins
from idlat.importance.quantities import VALUE

__all__ = ["StepInformation", "Steps", "Weights"]

_BINS = 64  # of a step's values


@dataclass(frozen=True)
class Steps(Leaf):
    """1 in ranges of steps, else 0; half-open, None for an open end."""

    ranges: tuple[Range, ...]

    def __post_init__(self) -> None:
        if not self.ranges:
            raise ImportanceError("steps needs a range or more, such as steps(10:20)")
        for given in self.ranges:
            check_range("steps ", given, "steps")

    def __str__(self) -> str:
        return f"steps({', '.join(map(range_text, self.ranges))})"

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:  # noqa: ARG002
        """Raise where a range leaves the series."""
        for start, stop in self.ranges:
            if (start or 0) >= view.steps or (stop or 0) > view.steps:
                raise ImportanceError(f"{self} lies outside the field: its steps run 0:{view.steps}")

    def compute(self, block: Block) -> Values:
        """Tell whether the step is in a range."""
        return float(any((a or 0) <= block.step and (b is None or block.step < b) for a, b in self.ranges))


@dataclass(frozen=True)
class Weights(Leaf):
    """One importance for each step."""

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "weights", tuple(finite("a step's weight", weight) for weight in self.weights)
        )
        if not self.weights:
            raise ImportanceError("weights needs one weight for each step, such as weights(0.2, 1, 0.2)")
        if not all(0.0 <= weight <= 1.0 for weight in self.weights):
            raise ImportanceError("weights takes numbers from 0 to 1")

    def __str__(self) -> str:
        return f"weights({', '.join(map(number, self.weights))})"

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest weight."""
        return min(self.weights), max(self.weights)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:  # noqa: ARG002
        """Raise where there is not one weight for each step."""
        if len(self.weights) != view.steps:
            raise ImportanceError(
                f"weights got {len(self.weights)} numbers, expected one for each step, {view.steps}"
            )

    def compute(self, block: Block) -> Values:
        """Give the step's weight."""
        return self.weights[block.step]


@dataclass(frozen=True)
class StepInformation(Leaf):
    """What a step tells beyond its neighbours: the mean of H(Fₜ|Fₜ₋₁), H(Fₜ|Fₜ₊₁) over its maximum.

    One number a step, from joint histograms of 64² cells over the range of the series; voxels count where
    both steps are valid. The first and the last step have one neighbour; a single step is 1, unless it is
    constant.
    """

    source: Expression = VALUE

    def __post_init__(self) -> None:
        only_quantities("step_information", self.source)

    def __str__(self) -> str:
        return f"step_information({arguments(self.children)})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """What holds information."""
        return (self.source,)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> tuple[float, ...]:
        """Weigh every step."""
        span = range_of(view, self.source, facts)
        if view.steps == 1:
            return (float(span[1] > span[0]),)
        told: list[list[float]] = [[] for _ in range(view.steps)]
        for step in range(view.steps - 1):
            counts = np.zeros(_BINS**2, np.int64)
            for box in view.boxes():
                block = Block(view, step, box, facts)
                pair = [block.quantity(self.source), block.at(step + 1).quantity(self.source)]
                counts += histogram_of(joint_bins(pair, (span, span), _BINS), _BINS**2)
            both, table = entropy_of(counts), counts.reshape(_BINS, _BINS)
            told[step].append(both - entropy_of(table.sum(0)))
            told[step + 1].append(both - entropy_of(table.sum(1)))
        new = [max(sum(parts) / len(parts), 0.0) for parts in told]
        most = max(new)
        return tuple(part / most if most > 1e-12 else 0.0 for part in new)

    def compute(self, block: Block) -> Values:
        """Give the step's share."""
        shares: tuple[float, ...] = block.facts[self]
        return shares[block.step]
