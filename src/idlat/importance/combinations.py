"""Expressions that combine others, voxel by voxel: sums, products, largest and smallest.

Importances combine to an importance, quantities (and numbers) to a quantity; the two do not mix.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from idlat.errors import ImportanceError
from idlat.importance.expression_tree import Block, Constant, Expression, Values

__all__ = ["Maximum", "Minimum", "Product", "Ratio", "Sum"]


class _Combination(Expression):
    """A node whose children are all importances, or all quantities; numbers go with either."""

    same_in_parts = True

    def __post_init__(self) -> None:
        if self.is_quantity:
            for child in self.children:
                if not (child.is_quantity or _is_number(child)):
                    quantity = next(c for c in self.children if c.is_quantity)
                    raise ImportanceError(
                        f"{quantity} is a quantity and {child} an importance from 0 to 1: compare the "
                        f"quantity with a number first, such as ({quantity} > 9.9)"
                    )

    @property
    def is_quantity(self) -> bool:
        """Whether any child is one."""
        return any(child.is_quantity for child in self.children)


@dataclass(frozen=True)
class Sum(_Combination):
    """Terms added or, where their sign is −1, subtracted; the first sign is +1."""

    terms: tuple[Expression, ...]
    signs: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.terms) < 2 or len(self.terms) != len(self.signs) or self.signs[0] != 1:
            raise ImportanceError("a sum needs two terms or more and a sign for each, the first of them +1")
        super().__post_init__()

    def __str__(self) -> str:
        text = _operand(self.terms[0])
        for sign, term in zip(self.signs[1:], self.terms[1:], strict=True):
            text += f" {'+' if sign > 0 else '-'} {_operand(term)}"
        return text

    @property
    def children(self) -> tuple[Expression, ...]:
        """The terms."""
        return self.terms

    @property
    def bounds(self) -> tuple[float, float]:
        """Sums of the terms' bounds."""
        ends = [
            t.bounds if sign > 0 else (-t.bounds[1], -t.bounds[0])
            for t, sign in zip(self.terms, self.signs, strict=True)
        ]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    def compute(self, block: Block) -> Values:
        """Add up."""
        total: Values = 0.0
        for term, sign in zip(self.terms, self.signs, strict=True):
            total = total + block.of(term) if sign > 0 else total - block.of(term)
        return total


@dataclass(frozen=True)
class Product(_Combination):
    """Factors multiplied."""

    factors: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if len(self.factors) < 2:
            raise ImportanceError("a product needs two factors or more")
        super().__post_init__()

    def __str__(self) -> str:
        first, *others = self.factors
        return "*".join([_operand(first, Product), *(_operand(f, Product, Ratio) for f in others)])

    @property
    def children(self) -> tuple[Expression, ...]:
        """The factors."""
        return self.factors

    @property
    def bounds(self) -> tuple[float, float]:
        """Products of the factors' bounds."""
        low, high = self.factors[0].bounds
        for factor in self.factors[1:]:
            ends = [a * b for a in (low, high) for b in factor.bounds]
            low, high = min(ends), max(ends)
        return low, high

    def compute(self, block: Block) -> Values:
        """Multiply."""
        product: Values = 1.0
        for factor in self.factors:
            product = product * block.of(factor)
        return product


@dataclass(frozen=True)
class Ratio(_Combination):
    """One quantity divided by another, or by a number; missing where that is 0."""

    above: Expression
    below: Expression

    def __post_init__(self) -> None:
        if not self.is_quantity:
            raise ImportanceError(
                f"{self.above} / {self.below}: only quantities are divided, such as U/V > 2"
            )
        super().__post_init__()

    def __str__(self) -> str:
        return f"{_operand(self.above)}/{_operand(self.below, Product, Ratio)}"

    @property
    def children(self) -> tuple[Expression, ...]:
        """Numerator and denominator."""
        return self.above, self.below

    @property
    def bounds(self) -> tuple[float, float]:
        """Unbounded."""
        return -math.inf, math.inf

    def compute(self, block: Block) -> Values:
        """Divide."""
        quotient: Values = np.divide(block.of(self.above), block.of(self.below))
        return quotient


@dataclass(frozen=True)
class _Choice(_Combination):
    """The largest or smallest of some items."""

    items: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if len(self.items) < 2:
            raise ImportanceError(f"{self._name()} needs two arguments or more")
        super().__post_init__()

    def __str__(self) -> str:
        return f"{self._name()}({', '.join(map(str, self.items))})"

    @property
    def children(self) -> tuple[Expression, ...]:
        """The items."""
        return self.items

    @staticmethod
    @abstractmethod
    def _name() -> str:
        """Name of the function."""


@dataclass(frozen=True)
class Maximum(_Choice):
    """The largest of its items, voxel by voxel."""

    @staticmethod
    def _name() -> str:
        return "max"

    @property
    def bounds(self) -> tuple[float, float]:
        """Largest lower and upper bound."""
        lows, highs = zip(*(item.bounds for item in self.items), strict=True)
        return max(lows), max(highs)

    def compute(self, block: Block) -> Values:
        """Take the largest."""
        result = block.of(self.items[0])
        for item in self.items[1:]:
            result = np.maximum(result, np.float32(0) + block.of(item))
        return result


@dataclass(frozen=True)
class Minimum(_Choice):
    """The smallest of its items, voxel by voxel."""

    @staticmethod
    def _name() -> str:
        return "min"

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest lower and upper bound."""
        lows, highs = zip(*(item.bounds for item in self.items), strict=True)
        return min(lows), min(highs)

    def compute(self, block: Block) -> Values:
        """Take the smallest."""
        result = block.of(self.items[0])
        for item in self.items[1:]:
            result = np.minimum(result, np.float32(0) + block.of(item))
        return result


def _operand(node: Expression, *also: type[Expression]) -> str:
    """Write an operand, in parentheses where it binds no tighter than the operation around it."""
    loose = isinstance(node, (Sum, *also)) or getattr(node, "is_comparison", False)
    return f"({node})" if loose else str(node)


def _is_number(node: Expression) -> bool:
    """Whether a node is a number, or made of numbers alone."""
    return all(isinstance(part, Constant) for part in node.walk() if not part.children)
