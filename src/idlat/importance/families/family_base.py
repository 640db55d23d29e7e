"""What all families of importance share: values from 0 to 1, and the arguments that name quantities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from idlat.importance.expression_tree import Block, Expression
from idlat.importance.field_view import FieldView
from idlat.importance.quantities import VALUE

__all__ = ["Leaf", "arguments", "range_of"]


class Leaf(Expression):
    """An importance whose values lie in [0, 1]."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Zero and one."""
        return 0.0, 1.0


def arguments(sources: tuple[Expression, ...], *others: str) -> str:
    """Write the arguments of a function: quantities unless it is the field's own value alone, then others."""
    named = () if sources == (VALUE,) else map(str, sources)
    return ", ".join([*named, *others])


def range_of(view: FieldView, source: Expression, facts: Mapping[Expression, Any]) -> tuple[float, float]:
    """Extremes of the valid values of a quantity over all steps; (nan, nan) where there is none."""
    low, high = math.inf, -math.inf
    for step in range(view.steps):
        for box in view.boxes():
            values = Block(view, step, box, facts).quantity(source)
            known = values[np.isfinite(values)]
            if known.size:
                low, high = min(low, float(known.min())), max(high, float(known.max()))
    return (low, high) if low <= high else (math.nan, math.nan)
