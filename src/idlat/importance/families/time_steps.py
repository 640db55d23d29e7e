"""Time: which steps matter (paper Sect. 5.1.1, time-based)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.arguments import Numbers, Quantity, StepRanges, arg
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf, range_of
from idlat.importance.family_registry import family
from idlat.importance.field_view import FieldView
from idlat.importance.measures.joint_statistics import entropy_of, histogram_of, joint_bins
from idlat.importance.quantities import VALUE
from idlat.tiling import Box

__all__ = ["StepInformation", "Steps", "Weights"]

_BINS = 64  # of a step's values


@family(
    "steps",
    group="time",
    title="Some steps",
    series=True,
    examples=("steps(0:1, 10:20)",),
    meaning="1 in those steps, else 0",
    use="events",
)
@dataclass(frozen=True)
class Steps(Leaf):
    """1 in ranges of steps, else 0.

    Attributes
    ----------
    ranges
        Tuple of (int or None, int or None), or slices.
        Half-open; None for an open end.

    Examples
    --------
    >>> from idlat.importance import steps
    >>> steps(np.zeros((4, 1, 1, 1)), slice(0, 1), slice(3, None)).values.ravel().tolist()
    [1.0, 0.0, 0.0, 1.0]
    """

    same_in_parts = True

    ranges: StepRanges

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:
        """Raise where a range leaves the series."""
        for start, stop in self.ranges:
            if (start or 0) >= view.steps or (stop or 0) > view.steps:
                raise ImportanceError(f"{self} lies outside the field: its steps run 0:{view.steps}")

    def compute(self, block: Block) -> Values:
        """Tell whether the step is in a range."""
        return float(any((a or 0) <= block.step and (b is None or block.step < b) for a, b in self.ranges))


@family(
    "weights",
    group="time",
    series=True,
    examples=("weights(0.2, 1, 0.5)",),
    meaning="one number for each step",
    use="some steps more than others",
)
@dataclass(frozen=True)
class Weights(Leaf):
    """One importance for each step.

    Attributes
    ----------
    weights
        From 0 to 1.

    Examples
    --------
    >>> from idlat.importance import weights
    >>> weights(np.zeros((3, 1, 1, 1)), [0.25, 1, 0.5]).values.ravel().tolist()
    [0.25, 1.0, 0.5]
    """

    same_in_parts = True

    weights: Numbers = arg(label="a step's weight")

    def validate(self) -> None:
        """Raise where a weight is outside [0, 1]."""
        if not self.weights:
            raise ImportanceError("weights needs one weight for each step, such as weights(0.2, 1, 0.2)")
        if not all(0.0 <= weight <= 1.0 for weight in self.weights):
            raise ImportanceError("weights takes numbers from 0 to 1")

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest weight."""
        return min(self.weights), max(self.weights)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:
        """Raise where there is not one weight for each step."""
        if len(self.weights) != view.steps:
            raise ImportanceError(
                f"weights got {len(self.weights)} numbers, expected one for each step, {view.steps}"
            )

    def compute(self, block: Block) -> Values:
        """Give the step's weight."""
        return self.weights[block.step]


_Counts = dict[int, NDArray[np.int64]]  # of each step and the one after it


def _added(counts: Sequence[_Counts]) -> _Counts:
    total: _Counts = {}
    for each in counts:
        for step, own in each.items():
            total[step] = total[step] + own if step in total else own
    return total


@family(
    "step_information",
    group="time",
    title="Steps that differ",
    series=True,
    examples=("step_information()",),
    meaning="mean of H(Fₜ\\|Fₜ₋₁) and H(Fₜ\\|Fₜ₊₁), divided by its maximum",
    use="steps that tell something new",
)
@dataclass(frozen=True)
class StepInformation(Leaf):
    """What a step tells beyond its neighbours: the mean of H(Fₜ|Fₜ₋₁), H(Fₜ|Fₜ₊₁) over its maximum.

    One number a step, from joint histograms of 64² cells over the range of the series; voxels count where
    both steps are valid. The first and the last step have one neighbour; a single step is 1, unless it is
    constant.

    Examples
    --------
    >>> from idlat.importance import step_information
    >>> still = np.zeros((1, 1, 4))
    >>> step_information(np.stack([still, still, still + [0, 1, 2, 3]])).values[:, 0, 0, 0].tolist()
    [0.0, 0.0, 1.0]
    """

    source: Quantity = VALUE

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> tuple[float, ...]:
        """Weigh every step."""
        span = range_of(view, self.source, facts)
        if view.steps == 1:
            return (float(span[1] > span[0]),)

        def of_box(step: int, box: Box) -> _Counts:
            if step + 1 == view.steps:
                return {}
            block = Block(view, step, box, facts)
            pair = [block.quantity(self.source), block.at(step + 1).quantity(self.source)]
            return {step: histogram_of(joint_bins(pair, (span, span), _BINS), _BINS**2)}

        counts = view.reduce(of_box, _added)
        told: list[list[float]] = [[] for _ in range(view.steps)]
        for step in range(view.steps - 1):
            both, table = entropy_of(counts[step]), counts[step].reshape(_BINS, _BINS)
            told[step].append(both - entropy_of(table.sum(0)))
            told[step + 1].append(both - entropy_of(table.sum(1)))
        new = [max(sum(parts) / len(parts), 0.0) for parts in told]
        most = max(new)
        return tuple(part / most if most > 1e-12 else 0.0 for part in new)

    def compute(self, block: Block) -> Values:
        """Give the step's share."""
        shares: tuple[float, ...] = block.facts[self]
        return shares[block.step]
