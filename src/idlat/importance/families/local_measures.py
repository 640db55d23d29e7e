"""Statistics around each voxel, as importance (paper Sect. 5.1.1, statistical)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.arguments import Quantities, Quantity
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf, range_of
from idlat.importance.family_registry import family
from idlat.importance.field_view import FieldView
from idlat.importance.measures.joint_statistics import Range, local_conditional_entropy, local_correlation
from idlat.importance.measures.local_statistics import RADIUS, gradient_magnitude, local_entropy, unit_of
from idlat.importance.quantities import VALUE
from idlat.tiling import Box, crop, grow

__all__ = ["ConditionalEntropy", "Correlation", "Entropy", "Gradient"]

_SMALL, _LARGE = 1e-25, 1e25  # gradients between them lie well inside float32


@dataclass(frozen=True)
class _Scale:
    """What a measure must know: ranges of its quantities, what to divide by, and the only step's values."""

    ranges: tuple[Range, ...]
    maximum: float
    only: NDArray[np.float32] | None


def _largest(scales: Sequence[_Scale]) -> _Scale:
    return max(scales, key=lambda scale: scale.maximum)


class _Measured(Leaf):
    """A measure of a neighbourhood, divided by its maximum over the field and all steps; 0 if that is 0."""

    @abstractmethod
    def measure(self, block: Block, ranges: Sequence[Range]) -> NDArray[np.float32]:
        """Compute the measure on a block."""

    def _ranges(self, view: FieldView, facts: Mapping[Expression, Any]) -> tuple[Range, ...]:
        found = (range_of(view, source, facts) for source in self.children)
        return tuple(ends if math.isfinite(ends[0]) else (0.0, 0.0) for ends in found)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> _Scale:
        """Find the ranges and the maximum, block by block."""
        return self._scale(view, facts, self._ranges(view, facts))

    def _scale(self, view: FieldView, facts: Mapping[Expression, Any], ranges: tuple[Range, ...]) -> _Scale:
        keep = view.whole and view.steps == 1

        def of_box(step: int, box: Box) -> _Scale:
            outer = grow(box, self.halo, view.shape)
            measured = self.measure(Block(view, step, outer, facts), ranges)[crop(box, outer)]
            return _Scale(ranges, max(0.0, float(measured.max())), measured if keep else None)

        return view.reduce(of_box, _largest)

    def compute(self, block: Block) -> Values:
        """Divide by the maximum."""
        scale: _Scale = block.facts[self]
        if scale.maximum == 0.0:
            return 0.0
        measured = scale.only if scale.only is not None else self.measure(block, scale.ranges)
        result: NDArray[np.float32] = np.minimum(measured / np.float32(scale.maximum), np.float32(1))
        return result


@family(
    "gradient",
    group="statistical",
    title="Where values change",
    examples=("gradient()",),
    meaning="length of the gradient (central differences), divided by its maximum",
    use="edges, fronts",
)
@dataclass(frozen=True)
class Gradient(_Measured):
    """Gradient magnitude |∇F| by central differences, divided by its maximum of all steps.

    Examples
    --------
    >>> from idlat.importance import gradient
    >>> gradient(np.array([[[0.0, 1.0, 4.0, 4.0]]])).values.round(2).tolist()
    [[[0.5, 1.0, 0.75, 0.0]]]
    """

    same_in_parts = True

    source: Quantity = VALUE

    @property
    def halo(self) -> int:
        """One voxel."""
        return 1

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> _Scale:
        """Find the maximum; the range, too, where gradients may leave float32."""
        scale = self._scale(view, facts, ((0.0, 0.0),))
        return scale if _SMALL <= scale.maximum <= _LARGE else super().prepare(view, facts)

    def measure(self, block: Block, ranges: Sequence[Range]) -> NDArray[np.float32]:
        """Compute the gradient's length."""
        return gradient_magnitude(block.quantity(self.source), unit_of(*ranges[0]))


@family(
    "entropy",
    group="statistical",
    title="Where values vary",
    examples=("entropy()",),
    meaning="entropy of a 16-bin histogram in 7³ voxels, divided by its maximum",
    use="busy regions",
)
@dataclass(frozen=True)
class Entropy(_Measured):
    """Entropy of the histogram in a window of 7³ voxels, −Σ p log2 p, divided by its maximum.

    The histogram has 16 bins; their range and the maximum are those of all steps.

    Examples
    --------
    >>> from idlat.importance import entropy
    >>> ramp = np.repeat([0.0, 0.0, 1.0], [8, 1, 1]).reshape(1, 1, 10)
    >>> entropy(ramp).values[0, 0].round(1).tolist()[::5]
    [0.0, 0.0]
    """

    same_in_parts = True

    source: Quantity = VALUE

    @property
    def halo(self) -> int:
        """Half the window."""
        return RADIUS

    def measure(self, block: Block, ranges: Sequence[Range]) -> NDArray[np.float32]:
        """Compute the local entropy."""
        return local_entropy(block.quantity(self.source), *ranges[0])


class _Paired(_Measured):
    """A measure of two quantities, or of one at this step and at the one before (after, at the first)."""

    sources: tuple[Expression, ...]

    def validate(self) -> None:
        """Raise where there are more than two quantities."""
        if len(self.sources) not in (1, 2):
            name = self.family.name
            raise ImportanceError(f"{name} takes one quantity or two, got {len(self.sources)}")

    @property
    def halo(self) -> int:
        """Half the window."""
        return RADIUS

    def _pair(self, block: Block) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Values of both; None for the second where there is no other step."""
        first = block.quantity(self.sources[0])
        if len(self.sources) == 2:
            return first, block.quantity(self.sources[1])
        if block.view.steps == 1:
            return first, None
        return first, block.at(block.step - 1 if block.step else 1).quantity(self.sources[0])


@family(
    "conditional_entropy",
    group="statistical",
    pair_title="What one tells not of the other",
    examples=("conditional_entropy()", "conditional_entropy(U, V)"),
    meaning="H(X, Y) − H(Y) in 7³ voxels, divided by its maximum; Y the step before, or V",
    use="what changes, or what another variable does not tell",
)
@dataclass(frozen=True)
class ConditionalEntropy(_Paired):
    """H(X|Y) = H(X, Y) − H(Y) in a window of 7³ voxels, divided by its maximum.

    What a quantity holds that the step before does not tell (at the first step, the step after), or that
    another quantity does not tell. A single step is compared with nothing: H(X).
    """

    sources: Quantities = (VALUE,)

    def measure(self, block: Block, ranges: Sequence[Range]) -> NDArray[np.float32]:
        """Compute the local conditional entropy."""
        x, y = self._pair(block)
        return local_conditional_entropy(x, y, (ranges[0], ranges[-1]))


@family(
    "correlation",
    group="statistical",
    pair_title="Where two go together",
    examples=("correlation()", "correlation(U, V)"),
    meaning="\\|r\\| in 7³ voxels, with the step before, or of U and V",
    use="where variables go together",
)
@dataclass(frozen=True)
class Correlation(_Paired):
    """|r|, Pearson's correlation in a window of 7³ voxels, of two quantities or of two steps."""

    sources: Quantities = (VALUE,)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> _Scale:
        """Find the ranges; raise where there is nothing to compare with."""
        if len(self.sources) == 1 and view.steps == 1:
            raise ImportanceError(
                f"{self} compares a step with the one before, but the field has a single step; name another "
                "variable, such as correlation(U, V)"
            )
        return _Scale(self._ranges(view, facts), 1.0, None)

    def measure(self, block: Block, ranges: Sequence[Range]) -> NDArray[np.float32]:
        """Compute the local correlation."""
        x, y = self._pair(block)
        assert y is not None
        return local_correlation(x, y, (ranges[0], ranges[-1]))
