"""Quantities that importance is made of: the field's value, other variables, and functions of them.

They are in units of their own and not finite where missing; :meth:`Block.quantity` then gives NaN.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from idlat.errors import ImportanceError
from idlat.importance.expression_tree import Block, Expression, Values, only_quantities
from idlat.importance.field_view import FieldView
from idlat.importance.resample_maps import GridSource, on_grid

__all__ = ["FUNCTIONS", "VALUE", "Function", "Magnitude", "Value", "Variable", "quoted"]

FUNCTIONS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"abs": np.abs, "log10": np.log10, "sqrt": np.sqrt}
)


def quoted(text: str) -> str:
    """Write a text in double quotes, as the parser reads it."""
    return f'"{text}"'


class _Quantity(Expression):
    """A node in a unit of its own."""

    same_in_parts = True

    @property
    def is_quantity(self) -> bool:
        """True: a quantity has a unit of its own."""
        return True

    @property
    def bounds(self) -> tuple[float, float]:
        """Unbounded."""
        return -math.inf, math.inf


@dataclass(frozen=True)
class Value(_Quantity):
    """The field's own value F(p)."""

    def __str__(self) -> str:
        return "value"

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> None:
        """Raise where several variables are given, so that there is no one value."""
        if view.several:
            names = ", ".join(view.named)
            raise ImportanceError(f"value is not clear for several variables: name one of {names}")

    def compute(self, block: Block) -> Values:
        """Read the field."""
        return block.values


VALUE = Value()


@dataclass(frozen=True)
class Variable(_Quantity):
    """Another variable on the same grid, or without time if it is the same at all steps."""

    name: str

    def __post_init__(self) -> None:
        if not self.name or not self.name.isprintable() or set(self.name) & {'"', "\\"}:
            raise ImportanceError(f"{self.name!a} is no name of a variable")

    def __str__(self) -> str:
        plain = re.fullmatch("[A-Za-z_][A-Za-z_0-9]*", self.name) and self.name != "value"
        return self.name if plain else quoted(self.name)

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> GridSource:
        """Find the variable, and check its grid."""
        if self.name not in view.named:
            known = ", ".join(view.named)
            raise ImportanceError(
                f"unknown name {self.name!a}, expected value or a variable that is given: {known}"
            )
        return on_grid(view.named[self.name], view, f"variable {self.name!r}")

    def compute(self, block: Block) -> Values:
        """Read the variable."""
        source: GridSource = block.facts[self]
        return source.read(block.step, block.box)


@dataclass(frozen=True)
class Magnitude(_Quantity):
    """Length of a vector, √(Σ Fᵢ²)."""

    parts: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise ImportanceError("magnitude needs two components or more; abs takes one")
        only_quantities("magnitude", *self.parts)

    def __str__(self) -> str:
        return f"magnitude({', '.join(map(str, self.parts))})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """The components."""
        return self.parts

    def compute(self, block: Block) -> Values:
        """Add the squares."""
        length = block.of(self.parts[0])
        for part in self.parts[1:]:
            length = np.hypot(length, block.of(part))
        return length


@dataclass(frozen=True)
class Function(_Quantity):
    """A function of one quantity: ``abs``, ``log10`` or ``sqrt``; missing where it is not defined."""

    name: str
    of: Expression

    def __post_init__(self) -> None:
        if self.name not in FUNCTIONS:
            raise ImportanceError(f"unknown function {self.name!a}, expected one of {', '.join(FUNCTIONS)}")
        only_quantities(self.name, self.of)

    def __str__(self) -> str:
        return f"{self.name}({self.of})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """What it is a function of."""
        return (self.of,)

    def compute(self, block: Block) -> Values:
        """Apply it."""
        result: Values = FUNCTIONS[self.name](block.of(self.of))
        return result
