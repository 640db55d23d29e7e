"""What all families of importance share: values from 0 to 1, and arguments that their registry knows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from idlat.importance.expression_tree import Block, Expression
from idlat.importance.family_registry import ImportanceFamily
from idlat.importance.field_view import FieldView
from idlat.tiling import Box

__all__ = ["Leaf", "range_of"]


class Leaf(Expression):
    """A registered importance whose values lie in [0, 1].

    Attributes
    ----------
    family
        Set by :func:`idlat.importance.family_registry.family`.
    """

    family: ClassVar[ImportanceFamily]

    def __post_init__(self) -> None:
        self.family.check(self)
        self.validate()

    def validate(self) -> None:
        """Raise an ImportanceError where the arguments, each right by itself, do not go together."""

    def __str__(self) -> str:
        return self.family.text(self)

    @property
    def children(self) -> tuple[Expression, ...]:
        """The expressions among its arguments."""
        return self.family.children(self)

    @property
    def bounds(self) -> tuple[float, float]:
        """Zero and one."""
        return 0.0, 1.0


def range_of(view: FieldView, source: Expression, facts: Mapping[Expression, Any]) -> tuple[float, float]:
    """Extremes of the valid values of a quantity over all steps; (nan, nan) where there is none."""

    def of_box(step: int, box: Box) -> tuple[float, float]:
        values = Block(view, step, box, facts).quantity(source)
        known = values[np.isfinite(values)]
        return (float(known.min()), float(known.max())) if known.size else (math.inf, -math.inf)

    low, high = view.reduce(of_box, _widest)
    return (low, high) if low <= high else (math.nan, math.nan)


def _widest(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(low for low, _ in ranges), max(high for _, high in ranges)
