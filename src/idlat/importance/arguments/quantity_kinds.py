"""Arguments that are quantities, or importances: parts of the expression."""

from __future__ import annotations

from typing import Annotated, Any

from idlat.errors import ImportanceError
from idlat.importance.arguments.argument import (
    Argument,
    ArgumentKind,
    ArgumentReader,
    DataRange,
    Parameter,
)
from idlat.importance.arguments.several_kind import SeveralKind
from idlat.importance.expression_tree import Expression, only_quantities
from idlat.importance.quantities import VALUE

__all__ = [
    "Importance",
    "ImportanceKind",
    "Importances",
    "Quantities",
    "QuantitiesKind",
    "Quantity",
    "QuantityKind",
]


class QuantityKind(ArgumentKind):
    """A quantity, the field's own value where it is left out; it comes before the other arguments."""

    quiet = True

    def parse(self, reader: ArgumentReader, first: Any = None) -> Expression:
        """Parse a quantity."""
        return reader.quantity()

    def check(self, value: Any, argument: Argument, family: str) -> Expression:
        """Check that it is a quantity."""
        only_quantities(family, value)
        found: Expression = value
        return found

    def text(self, value: Expression) -> str:
        """Write the quantity."""
        return str(value)

    def python(self, value: Expression) -> str:
        """Write the quantity as a text."""
        return f'"{value}"'

    def nodes(self, value: Expression) -> tuple[Expression, ...]:
        """The quantity."""
        return (value,)


Quantity = Annotated[Expression, QuantityKind()]
"""What a function is of: a variable, or a quantity of several."""


class QuantitiesKind(SeveralKind):
    """Quantities with commas between them; the field's own value where there is none."""

    quiet = True

    def parse(self, reader: ArgumentReader, first: Any = None) -> tuple[Expression, ...]:
        """Parse quantities."""
        return (VALUE,) if reader.tokens.at(")") else super().parse(reader, first)


Quantities = Annotated[tuple[Expression, ...], QuantitiesKind(QuantityKind())]
"""One quantity or more."""


class ImportanceKind(ArgumentKind):
    """An importance that another one is made of."""

    def parse(self, reader: ArgumentReader, first: Any = None) -> Expression:
        """Parse an expression."""
        return reader.expression()

    def check(self, value: Any, argument: Argument, family: str) -> Expression:
        """Check that it is no quantity."""
        found: Expression = value
        if found.is_quantity:
            raise ImportanceError(
                f"{family} takes {argument.label}, got the quantity {found}: compare it, such as "
                f"{family}({found} > 9.9)"
            )
        return found

    def text(self, value: Expression) -> str:
        """Write the expression."""
        return str(value)

    def python(self, value: Expression) -> str:
        """Write the expression as a text."""
        return f'"{value}"'

    def nodes(self, value: Expression) -> tuple[Expression, ...]:
        """The expression."""
        return (value,)

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Values above one."""
        return "value > {value}", (
            Parameter("value", "value", data.low, data.high, data.begin, units=data.units),
        )


Importance = Annotated[Expression, ImportanceKind()]
"""An importance."""


class ExpressionKind(ImportanceKind):
    """An importance, or a quantity."""

    def check(self, value: Any, argument: Argument, family: str) -> Expression:
        """Give it as it is."""
        found: Expression = value
        return found


Importances = Annotated[tuple[Expression, ...], SeveralKind(ExpressionKind())]
"""Expressions that are combined."""
