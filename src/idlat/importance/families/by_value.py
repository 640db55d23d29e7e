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
from idlat.importance.arguments import Points, Quantity, Targets, arg
from idlat.importance.expression_tree import Block, Expression, Values, only_quantities
from idlat.importance.families.family_base import Leaf
from idlat.importance.family_registry import family
from idlat.importance.field_view import FieldView
from idlat.importance.percentile_levels import Level, Percentile, level_of, level_text, resolved
from idlat.importance.quantities import VALUE

__all__ = ["COMPARISONS", "Near", "Threshold", "Transfer"]

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)


@dataclass(frozen=True)
class Threshold(Expression):
    """1 where the quantity compares so, else 0 (paper Eq. 16); 0 where it is missing."""

    same_in_parts = True

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

    @property
    def bounds(self) -> tuple[float, float]:
        """Zero and one."""
        return 0.0, 1.0

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


@family(
    "near",
    group="value",
    title="Values near",
    examples=("near(9.9, width=0.5)", "near(U:-15, V:15, width=10)"),
    meaning="e^{−\\|(F − r)/width\\|²/2}, of a value or of a vector",
    use="values, or vectors, close to one",
)
@dataclass(frozen=True)
class Near(Leaf):
    """exp(−(|F − r| / width)² / 2): 1 at the value or vector r, 0.61 a width away; 0 where a part is missing.

    Attributes
    ----------
    targets
        Tuple of (Expression, float or percentile).
        The quantities that F is made of, and the value of each. A number alone is of the field's own value;
        in Python also a mapping from quantities to values.
    width
        In their unit, above 0.

    Examples
    --------
    >>> from idlat.importance import near
    >>> near(np.array([[[9.9, 10.4, 99.0]]]), 9.9, width=0.5).values.round(3).tolist()
    [[[1.0, 0.6069999933242798, 0.0]]]
    >>> import xarray as xr
    >>> wind = xr.Dataset({"U": (("z", "y", "x"), [[[3.0, 4.0]]]), "V": (("z", "y", "x"), [[[4.0, 4.0]]])})
    >>> near(wind, {"U": 3, "V": 4}, width=1).values.round(2).tolist()
    [[[1.0, 0.6100000143051147]]]
    """

    same_in_parts = True

    targets: Targets = arg(label="the value of near")
    width: float = arg(positive=True, units="field", log=(0.001, 1.0), begin=0.1)

    def validate(self) -> None:
        """Raise where there is no value."""
        if not self.targets:
            raise ImportanceError("near needs a value, such as near(9.9, width=0.5)")

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> tuple[float, ...]:
        """Find the levels."""
        return tuple(resolved(level, view, source, facts) for source, level in self.targets)

    def compute(self, block: Block) -> Values:
        """Evaluate the bell."""
        return _bell(block, self.children, block.facts[self], self.width)


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


@family(
    "transfer",
    group="value",
    title="A ramp of values",
    examples=("transfer(2:0, 4:1, 6:0.3)",),
    meaning="linear between value:importance, level beyond",
    use="the opacity of a rendering",
)
@dataclass(frozen=True)
class Transfer(Leaf):
    """A transfer function's opacity: linear between points (value, importance), level beyond.

    Attributes
    ----------
    points
        Tuple of (float or percentile, float).
        Two or more; values in units of the quantity, importance from 0 to 1. In Python also a mapping.
    source
        The quantity.

    Examples
    --------
    >>> from idlat.importance import transfer
    >>> transfer(np.array([[[-1.0, 0.5, 2.0, 9.0]]]), {0: 0, 2: 1}).values.tolist()
    [[[0.0, 0.25, 1.0, 1.0]]]
    """

    same_in_parts = True

    points: Points
    source: Quantity = VALUE

    def validate(self) -> None:
        """Raise where values do not rise, or an importance is outside [0, 1]."""
        points = self.points
        if len(points) < 2 or not (_rising(points, float) and _rising(points, Percentile)):
            raise ImportanceError(
                "transfer needs two points or more, their values rising: transfer(0:0, 5:1)"
            )
        if not all(0.0 <= level <= 1.0 for _, level in points):
            raise ImportanceError("transfer takes points value:importance, the importance from 0 to 1")

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
