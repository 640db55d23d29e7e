"""Importance expressions that combine others, voxel by voxel: sums, products, largest and smallest."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from idlat.errors import ImportanceError
from idlat.importance.nodes import Block, Expression, Values

__all__ = ["Maximum", "Minimum", "Product", "Sum"]


@dataclass(frozen=True)
class Sum(Expression):
    """Terms added or, where their sign is −1, subtracted; the first sign is +1."""

    terms: tuple[Expression, ...]
    signs: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.terms) < 2 or len(self.terms) != len(self.signs) or self.signs[0] != 1:
            raise ImportanceError("a sum needs two terms or more and a sign for each, the first of them +1")

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
class Product(Expression):
    """Factors multiplied."""

    factors: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if len(self.factors) < 2:
            raise ImportanceError("a product needs two factors or more")

    def __str__(self) -> str:
        return "*".join(_operand(f, also=Product) for f in self.factors)

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
class _Choice(Expression):
    """The largest or smallest of some items."""

    items: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if len(self.items) < 2:
            raise ImportanceError(f"{self._name()} needs two arguments or more")

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


def _operand(node: Expression, also: type[Expression] = Sum) -> str:
    """Text of an operand, in parentheses where it binds no tighter than the operation around it."""
    loose = isinstance(node, Sum | also) or getattr(node, "is_comparison", False)
    return f"({node})" if loose else str(node)
