"""Value: importance from what the value is (paper Sect. 5.1.1, value-based; Eq. 16)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.expression_tree import (
    Block,
    Expression,
    Values,
    finite,
    number,
    only_quantities,
    positive,
)
from idlat.importance.families.family_base import Leaf, arguments
from idlat.importance.field_view import FieldView
from idlat.importance.percentile_levels import Level, Percentile, level_of, level_text, resolved
from idlat.importance.quantities import VALUE

__all__ = ["COMPARISONS", "Near", "NearVector", "Threshold", "Transfer"]

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)


@dataclass(frozen=True)
class Threshold(Leaf):
    """1 where the quantity compares so, else 0 (paper Eq. 16); 0 where it is missing."""

    comparison: str
    level: Level
    source: Expression = VALUE
    is_comparison = True

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ImportanceError(
                f"unknown comparison {self.comparison!r}, expected one of {' '.join(COMPARISONS)}"
            )
        object.__setattr__(self, "level", level_of("the value compared with", self.level))
        only_quantities("a comparison", self.source)

    def __str__(self) -> str:
        return f"{self.source} {self.comparison} {level_text(self.level)}"

    @property
    def children(self) -> tuple[Expression, ...]:
        """What is compared."""
        return (self.source,)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> float:
        """Find the level."""
        return resolved(self.level, view, self.source, facts)

    def compute(self, block: Block) -> Values:
        """Compare in the quantity's own precision."""
        values = block.quantity(self.source)
        with np.errstate(invalid="ignore", over="ignore"):
            level = values.dtype.type(block.facts[self])
            true = COMPARISONS[self.comparison](values, level)
        return np.asarray(true, np.float32)


@dataclass(frozen=True)
class Near(Leaf):
    """exp(−((F − level) / width)² / 2): 1 at the level, 0.61 a width away; 0 where missing."""

    level: Level
    width: float
    source: Expression = VALUE

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", level_of("the value of near", self.level))
        object.__setattr__(self, "width", positive("width", self.width))
        only_quantities("near", self.source)

    def __str__(self) -> str:
        of = "" if self.source == VALUE else f"{self.source}:"
        return f"near({of}{level_text(self.level)}, width={number(self.width)})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """What should be near."""
        return (self.source,)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> float:
        """Find the level."""
        return resolved(self.level, view, self.source, facts)

    def compute(self, block: Block) -> Values:
        """Evaluate the bell."""
        return _bell(block, (self.source,), (block.facts[self],), self.width)


@dataclass(frozen=True)
class NearVector(Leaf):
    """exp(−(|F − reference| / width)² / 2) of vectors F and reference; 0 where any part is missing."""

    sources: tuple[Expression, ...]
    reference: tuple[Level, ...]
    width: float

    def __post_init__(self) -> None:
        if len(self.sources) < 2 or len(self.sources) != len(self.reference):
            raise ImportanceError(
                f"near got {len(self.sources)} quantities and {len(self.reference)} values, expected as "
                "many of both, two or more"
            )
        reference = tuple(level_of("a value of near", part) for part in self.reference)
        object.__setattr__(self, "reference", reference)
        object.__setattr__(self, "width", positive("width", self.width))
        only_quantities("near", *self.sources)

    def __str__(self) -> str:
        pairs = [f"{of}:{level_text(at)}" for of, at in zip(self.sources, self.reference, strict=True)]
        return f"near({', '.join(pairs)}, width={number(self.width)})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """The vector's components."""
        return self.sources

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> tuple[float, ...]:
        """Find the levels."""
        return tuple(
            resolved(at, view, source, facts) for at, source in zip(self.reference, self.sources, strict=True)
        )

    def compute(self, block: Block) -> Values:
        """Evaluate the bell."""
        return _bell(block, self.sources, block.facts[self], self.width)


def _bell(
    block: Block, sources: tuple[Expression, ...], reference: tuple[float, ...], width: float
) -> NDArray[np.float32]:
    """Bell of the distance between a vector and its reference."""
    square: Any = 0.0
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for source, level in zip(sources, reference, strict=True):
            away = (block.quantity(source).astype(np.float64) - level) / width
            square = square + away * away
        bell = np.exp(-0.5 * square).astype(np.float32)
    return np.asarray(np.nan_to_num(bell, copy=False, nan=0.0), np.float32)


@dataclass(frozen=True)
class Transfer(Leaf):
    """A transfer function's opacity: linear between points (value, importance), level beyond."""

    points: tuple[tuple[Level, float], ...]
    source: Expression = VALUE

    def __post_init__(self) -> None:
        points = tuple(
            (level_of("a value of transfer", at), finite("an importance of transfer", level))
            for at, level in self.points
        )
        object.__setattr__(self, "points", points)
        if len(points) < 2 or not (_rising(points, float) and _rising(points, Percentile)):
            raise ImportanceError(
                "transfer needs two points or more, their values rising: transfer(0:0, 5:1)"
            )
        if not all(0.0 <= level <= 1.0 for _, level in points):
            raise ImportanceError("transfer takes points value:importance, the importance from 0 to 1")
        only_quantities("transfer", self.source)

    def __str__(self) -> str:
        points = [f"{level_text(at)}:{number(level)}" for at, level in self.points]
        return f"transfer({arguments(self.children, *points)})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """What the function is of."""
        return (self.source,)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> tuple[float, ...]:
        """Find the places; raise where percentiles and numbers are not in order."""
        places = tuple(resolved(at, view, self.source, facts) for at, _ in self.points)
        if any(b < a for a, b in pairwise(places)):
            shown = ", ".join(
                f"{level_text(at)} is {place:g}" for (at, _), place in zip(self.points, places, strict=True)
            )
            raise ImportanceError(f"transfer needs points whose values rise: {shown}")
        return places

    def compute(self, block: Block) -> Values:
        """Interpolate."""
        values = block.quantity(self.source)
        places, levels = block.facts[self], [level for _, level in self.points]
        with np.errstate(over="ignore", invalid="ignore"):
            result = np.interp(values, places, levels).astype(np.float32)
        return np.asarray(np.nan_to_num(result, copy=False, nan=0.0), np.float32)


def _rising(points: tuple[tuple[Level, float], ...], kind: type[float] | type[Percentile]) -> bool:
    """Whether the places that are numbers, or those that are percentiles, rise."""
    places = [at.share if isinstance(at, Percentile) else at for at, _ in points if isinstance(at, kind)]
    return all(a < b for a, b in pairwise(places))
