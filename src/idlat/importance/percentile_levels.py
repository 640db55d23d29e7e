"""Levels that importance compares values with: numbers, or percentiles of a quantity's valid values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.expression_tree import Block, Expression, finite, number
from idlat.importance.field_view import FieldView
from idlat.tiling import Box

__all__ = ["Level", "Percentile", "level_of", "level_text", "resolved"]

_MOST = 1 << 24  # values that a percentile is taken of


@dataclass(frozen=True)
class Percentile:
    """The value below which a share of a quantity's valid values lies, over all steps; in percent."""

    share: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", finite("a percentile", self.share))
        if not 0.0 <= self.share <= 100.0:
            raise ImportanceError(f"a percentile lies from 0% to 100%, got {self.share:g}%")

    def __str__(self) -> str:
        return f"{number(self.share)}%"


Level = float | Percentile
"""A number in a quantity's unit, or a percentile of the quantity."""


def level_of(name: str, given: Any) -> Level:
    """Check that a parameter is a level; a text such as ``"95%"`` is a percentile.

    Examples
    --------
    >>> level_of("the isovalue", 8), level_of("the isovalue", "95%")
    (8.0, Percentile(share=95.0))
    """
    if isinstance(given, Percentile):
        return given
    if isinstance(given, str) and given.strip().endswith("%"):
        return Percentile(finite(name, given.strip()[:-1]))
    return finite(name, given)


def level_text(level: Level) -> str:
    """Write a level so that it reads back the same."""
    return str(level) if isinstance(level, Percentile) else number(level)


def resolved(level: Level, view: FieldView, source: Expression, facts: Mapping[Expression, Any]) -> float:
    """Return a level as a number; NaN for a percentile where no value is valid.

    Percentiles between two values are interpolated, as :func:`numpy.percentile` does; those of more than 16.8
    million values are of an even sample of them.
    """
    if not isinstance(level, Percentile):
        return level
    every = -(-view.steps * math.prod(view.shape) // _MOST)

    def of_box(step: int, box: Box) -> NDArray[np.floating[Any]]:
        values = Block(view, step, box, facts).quantity(source)
        values = np.broadcast_to(values, [stop - start for start, stop in box]).reshape(-1)[::every]
        return np.asarray(values[np.isfinite(values)])

    known = view.reduce(of_box, _together)
    return float(np.percentile(known.astype(np.float64), level.share)) if known.size else math.nan


def _together(parts: Sequence[NDArray[np.floating[Any]]]) -> NDArray[np.floating[Any]]:
    return np.concatenate(parts)
