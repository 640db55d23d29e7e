"""The text form of importance: parsed by hand into a frozen tree, never evaluated as Python.

Grammar (spaces are free, names and numbers are ASCII)::

    expression := sum [(">" | ">=" | "<" | "<=") level]            a comparison of a quantity
    sum        := product (("+" | "-") product)*
    product    := primary (("*" | "/") primary)*
    primary    := number | "value" | name | string | call | "(" expression ")"
    call       := name "(" [argument ("," argument)*] ")"          of a family, or of a few operations
    argument   := [name "="] what its kind takes                   see idlat.importance.arguments
    level      := number ["%"]                                     a percentile of the quantity's values
    number     := ["-"] digits, with a fraction and an exponent if need be
    string     := '"' anything but a double quote '"'

A name or a string is a variable, a quantity; so is what is made of variables and numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import Any

from idlat.errors import ImportanceError
from idlat.importance.arguments import Argument, Importances, Quantities, Quantity, read_arguments
from idlat.importance.combinations import Maximum, Minimum, Product, Ratio, Sum
from idlat.importance.expression_tokens import SHOWN, Tokens
from idlat.importance.expression_tree import Constant, Expression
from idlat.importance.families import COMPARISONS, Threshold
from idlat.importance.family_registry import family_names, find_family
from idlat.importance.quantities import FUNCTIONS, VALUE, Function, Magnitude, Value, Variable

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_TERMS", "Expression", "parse", "parse_quantity"]

MAX_LENGTH = 2000
"""Characters of the longest expression."""

MAX_DEPTH = 32
"""Parentheses and calls inside each other."""

MAX_TERMS = 200
"""Constants, comparisons and functions in all."""

_USUAL = ("isosurface", "box", "gradient", "max")

_COMPARE = "a comparison such as value > 9.9"


def _operation(kind: Any, make: Callable[..., Expression]) -> tuple[Argument, Callable[[Any], Expression]]:
    (of,) = kind.__metadata__
    return Argument("of", of, None), make


OPERATIONS: Mapping[str, tuple[Argument, Callable[[Any], Expression]]] = MappingProxyType(
    {
        "max": _operation(Importances, Maximum),
        "min": _operation(Importances, Minimum),
        "magnitude": _operation(Quantities, Magnitude),
        **{name: _operation(Quantity, partial(Function, name)) for name in FUNCTIONS},
    }
)
"""Calls that are no families: what they take, and what makes their node of it."""


def parse(text: str) -> Expression:
    """Parse an importance expression.

    Parameters
    ----------
    text
        For instance ``isosurface(8.0, decay=0.2)``, ``value > 9.9`` or ``0.2 + 0.8*box(z=10:40)``.

    Returns
    -------
    Expression
        ``str`` of it is the canonical text, which parses to an equal expression.

    Raises
    ------
    ImportanceError
        One line that says what is wrong and where.

    Examples
    --------
    >>> print(parse("max( value>9.9, 0.2+.8*isosurface(8) )"))
    max(value > 9.9, 0.2 + 0.8*isosurface(8.0, decay=0.2))
    >>> print(parse("(T - 273.15 > 0)*rarity(T, P)"))
    (T - 273.15 > 0.0)*rarity(T, P)
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    ...
    idlat.errors.ImportanceError: importance expression, position 11: unexpected character "'" in ...
    """
    if len(text) > MAX_LENGTH:
        raise ImportanceError(
            f"importance expression has {len(text)} characters, expected at most {MAX_LENGTH}; "
            "give a map as a file instead"
        )
    return Parser(text).parse()


def parse_quantity(text: str) -> Expression:
    """Parse a quantity alone, such as ``T - 273``.

    Raises
    ------
    ImportanceError
        If it is none.
    """
    parser = Parser(text)
    found = parser.quantity()
    if parser.tokens.here.kind != "end":
        parser.tokens.unexpected("the end")
    return found


class Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self._depth = 0
        self._terms = 0

    def parse(self) -> Expression:
        """Parse all of the text."""
        tokens = self.tokens
        if tokens.here.kind == "end":
            tokens.fail("it is empty, expected for instance isosurface(8.0, decay=0.2) or value > 9.9")
        result = self.expression()
        if result.is_quantity and isinstance(result, Variable) and tokens.here.kind == "end":
            shown = str(result)[:SHOWN]
            tokens.fail(f"unknown name {shown!r} alone, expected a function or a comparison of it", 0)
        if result.is_quantity:
            tokens.unexpected(_COMPARE)
        if tokens.here.kind != "end":
            tokens.unexpected("the end")
        return result

    def make(self, make: Callable[[], Expression], position: int) -> Expression:
        """Build a node; name the position where its parameters are wrong."""
        self._terms += 1
        if self._terms > MAX_TERMS:
            self.tokens.fail(f"more than {MAX_TERMS} terms", position)
        try:
            return make()
        except ImportanceError as error:
            text = str(error)
            shown = text if len(text) <= 200 else text[:120] + " … " + text[-70:]
            raise ImportanceError(f"importance expression, position {position}: {shown}") from None

    def expression(self) -> Expression:
        """Parse an importance or a quantity."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.tokens.fail(f"nested more than {MAX_DEPTH} deep")
        position = self.tokens.here.position
        result = self.quantity()
        sign = self.tokens.accept(*COMPARISONS)
        if sign is not None:
            result = self._comparison(result, sign, position)
        self._depth -= 1
        return result

    def _comparison(self, source: Expression, sign: str, position: int) -> Expression:
        level = self.tokens.level()
        if self.tokens.here.kind == "sign" and self.tokens.here.text in ("+", "-", "*", "/", *COMPARISONS):
            self.tokens.fail(
                "a comparison takes one level and stands alone, put it in parentheses: (value > 9.9)"
            )
        return self.make(lambda: Threshold(sign, level, source), position)

    def quantity(self) -> Expression:
        """Parse terms that are added and subtracted, without a comparison."""
        position = self.tokens.here.position
        terms, signs = [self._product()], [1]
        while (sign := self.tokens.accept("+", "-")) is not None:
            terms.append(self._product())
            signs.append(1 if sign == "+" else -1)
        return terms[0] if len(terms) == 1 else self._join(lambda: Sum(tuple(terms), tuple(signs)), position)

    def _product(self) -> Expression:
        position = self.tokens.here.position
        factors = [self._primary()]
        while (sign := self.tokens.accept("*", "/")) is not None:
            right = self._primary()
            if sign == "/":
                left = self._multiplied(factors, position)
                factors = [self._join(partial(Ratio, left, right), position)]
            else:
                factors.append(right)
        return self._multiplied(factors, position)

    def _multiplied(self, factors: list[Expression], position: int) -> Expression:
        several = tuple(factors)
        return factors[0] if len(factors) == 1 else self._join(lambda: Product(several), position)

    def _join(self, make: Callable[[], Expression], position: int) -> Expression:
        """Build a node of parts that were counted already."""
        self._terms -= 1
        return self.make(make, position)

    def _primary(self) -> Expression:
        tokens, token = self.tokens, self.tokens.here
        if token.kind == "number" or (token.text == "-" and token.kind == "sign"):
            value = tokens.number()
            return self.make(lambda: Constant(value), token.position)
        if tokens.accept("("):
            result = self.expression()
            tokens.expect(")")
            return result
        if token.kind not in ("name", "string"):
            tokens.unexpected("a number, a function or '('")
        tokens.step()
        if token.kind == "name" and tokens.accept("("):
            return self._call(token.text, token.position)
        if token.kind == "name" and token.text == "value":
            return self.make(Value, token.position)
        return self.make(lambda: Variable(token.text), token.position)

    def _call(self, name: str, position: int) -> Expression:
        if name in OPERATIONS:
            argument, operation = OPERATIONS[name]
            given = read_arguments(self, name, (argument,)).get("of", VALUE)
            make: Callable[[], Expression] = partial(operation, given)
        else:
            found = find_family(name)
            if found is None:
                near = get_close_matches(name, [*family_names(), *OPERATIONS], n=3) or _USUAL
                told = f"expected a function such as {', '.join(near)}: see `idlat importance --help`"
                self.tokens.fail(f"unknown name {name[:SHOWN]!r}, {told}", position)
            make = partial(found.node, **read_arguments(self, name, found.arguments))
        self.tokens.expect(")")
        return self.make(make, position)
