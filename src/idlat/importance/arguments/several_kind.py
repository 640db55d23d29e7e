"""Arguments that are several of one kind."""

from __future__ import annotations

from typing import Any

from idlat.importance.arguments.argument import Argument, ArgumentKind, ArgumentReader
from idlat.importance.expression_tree import Expression

__all__ = ["SeveralKind"]


class SeveralKind(ArgumentKind):
    """One argument or more of another kind, with commas between them; in Python also a sequence.

    Parameters
    ----------
    item
        The kind of each.
    """

    variadic = True

    def __init__(self, item: ArgumentKind) -> None:
        self.item = item

    def parse(self, reader: ArgumentReader, first: Any = None) -> tuple[Any, ...]:
        """Parse one after the other."""
        found = [self.item.parse(reader, first)]
        while reader.tokens.another():
            found.append(self.item.parse(reader))
        return tuple(found)

    def check(self, value: Any, argument: Argument, family: str) -> tuple[Any, ...]:
        """Check each."""
        return tuple(self.item.check(one, argument, family) for one in value)

    def text(self, value: tuple[Any, ...]) -> str:
        """Write them with commas between them."""
        return ", ".join(map(self.item.text, value))

    def python(self, value: tuple[Any, ...]) -> str:
        """Write them with commas between them."""
        return ", ".join(map(self.item.python, value))

    def nodes(self, value: tuple[Any, ...]) -> tuple[Expression, ...]:
        """Expressions of each."""
        return tuple(node for one in value for node in self.item.nodes(one))
