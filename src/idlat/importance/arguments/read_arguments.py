"""Parse the arguments of a function by their kinds: ``name(argument, …, key=value)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idlat.importance.arguments.argument import Argument, ArgumentReader
from idlat.importance.arguments.quantity_kinds import QuantityKind
from idlat.importance.expression_tokens import SHOWN
from idlat.importance.expression_tree import Constant

__all__ = ["read_arguments"]


def read_arguments(reader: ArgumentReader, function: str, arguments: Sequence[Argument]) -> dict[str, Any]:
    """Parse the arguments between the parentheses of a call.

    Parameters
    ----------
    reader
        At the first token after the opening parenthesis; at its end at what should be the closing one.
    function
        Its name, for errors.
    arguments
        Those that it takes. What a text gives by name comes last, in any order.

    Returns
    -------
    dict
        The arguments that are given, by name.

    Raises
    ------
    ImportanceError
        One line that says what is wrong and where.
    """
    placed = [argument for argument in arguments if not argument.kind.keyword]
    named = [argument for argument in arguments if argument.kind.keyword]
    values = _placed(reader, function, placed)
    _named(reader, function, named, values, after=bool(placed))
    return values


def _placed(reader: ArgumentReader, function: str, arguments: Sequence[Argument]) -> dict[str, Any]:
    source = next((a for a in arguments if isinstance(a.kind, QuantityKind)), None)
    others = [argument for argument in arguments if argument is not source]
    values: dict[str, Any] = {}
    first = None
    if source is not None and not others:
        values = _only_quantity(reader, function, source)
    elif source is not None:
        values, first = _quantity_or_level(reader, source)
    for position, argument in enumerate(others):
        if position:
            reader.tokens.expect(",")
        values[argument.name] = argument.kind.parse(reader, first)
        first = None
    return values


def _only_quantity(reader: ArgumentReader, function: str, source: Argument) -> dict[str, Any]:
    if reader.tokens.at(")"):
        return {}
    found = [reader.quantity()]
    while reader.tokens.another():
        found.append(reader.quantity())
    if len(found) > 1:
        reader.tokens.fail(f"{function} takes one quantity, got {len(found)}")
    return {source.name: found[0]}


def _quantity_or_level(reader: ArgumentReader, source: Argument) -> tuple[dict[str, Any], Any]:
    """Parse a level, or the quantity that a level follows."""
    tokens = reader.tokens
    if tokens.at(")"):
        tokens.unexpected("a number")
    position, found = tokens.here.position, reader.quantity()
    if isinstance(found, Constant):
        return {}, tokens.percentile(found.value, position)
    tokens.expect(",")
    return {source.name: found}, None


def _named(
    reader: ArgumentReader,
    function: str,
    arguments: Sequence[Argument],
    values: dict[str, Any],
    *,
    after: bool,
) -> None:
    """Parse ``name=value`` in any order, all that must be given among them."""
    tokens, left = reader.tokens, list(arguments)
    if not left and tokens.named_follows:
        tokens.step()
        tokens.fail(f"{function} takes no {tokens.here.text[:SHOWN]}=…")
    all_optional = not after and not any(argument.required for argument in arguments)
    while left:
        required = any(argument.required for argument in left)
        if after and required:
            tokens.expect(",")
        elif not (tokens.accept(",") if after else required or tokens.here.kind == "name"):
            return
        after = True
        found = next((a for a in left if tokens.here.kind == "name" and a.name == tokens.here.text), None)
        if found is None and all_optional:
            *names, last = (argument.name for argument in arguments)
            listed = f"{', '.join(names)} and {last}" if names else last
            tokens.fail(f"{function} takes each of {listed} once, found {tokens.here.text[:SHOWN]!r}")
        if found is None:
            tokens.unexpected(f"{left[0].name}=…")
        tokens.step()
        tokens.expect("=")
        values[found.name] = found.kind.parse(reader)
        left.remove(found)
