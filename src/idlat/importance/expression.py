"""The text form of importance: parsed by hand into a frozen tree, never evaluated as Python.

Grammar (spaces are free, names and numbers are ASCII)::

    expression := comparison | sum
    comparison := "value" (">" | ">=" | "<" | "<=") number
    sum        := product (("+" | "-") product)*
    product    := primary ("*" primary)*
    primary    := number | call | "(" expression ")"
    call       := "isosurface" "(" number ["," "decay" "=" number] ")"
                | "near" "(" number "," "width" "=" number ")"
                | "box" "(" [axis "=" range ("," axis "=" range)*] ")"      axis: z, y, x
                | ("gradient" | "entropy") "(" ")"
                | ("max" | "min") "(" expression ("," expression)+ ")"
    range      := [integer] ":" [integer]                                   half-open, in voxels
    number     := ["-"] digits, with a fraction and an exponent if need be
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from idlat.errors import ImportanceError
from idlat.importance.combinations import Maximum, Minimum, Product, Sum
from idlat.importance.families import COMPARISONS, Entropy, Gradient, Isosurface, Near, Region, Threshold
from idlat.importance.nodes import Constant, Expression

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_TERMS", "Expression", "parse"]

MAX_LENGTH = 2000
"""Characters of the longest expression."""

MAX_DEPTH = 32
"""Parentheses and calls inside each other."""

MAX_TERMS = 200
"""Constants, comparisons and functions in all."""

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>>=|<=|[-+*(),=:<>])"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_SHOWN = 24  # characters of the text shown in an error
_FUNCTIONS = "box, entropy, gradient, isosurface, max, min, near"


@dataclass(frozen=True)
class _Token:
    kind: str  # number, name, sign or end
    text: str
    position: int


def parse(text: str) -> Expression:
    """Parse an importance expression.

    Parameters
    ----------
    text : str
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
    return _Parser(text).parse()


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenize()
        self._at = 0
        self._depth = 0
        self._terms = 0

    def parse(self) -> Expression:
        """Parse all of the text."""
        if self._here.kind == "end":
            self._fail("it is empty, expected for instance isosurface(8.0, decay=0.2) or value > 9.9")
        result = self._expression()
        if self._here.kind != "end":
            self._unexpected("the end")
        return result

    # Tokens

    def _tokenize(self) -> list[_Token]:
        tokens = []
        at = _SPACE.match(self._text, 0).end()  # type: ignore[union-attr]
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                self._fail(f"unexpected character {self._text[at]!a}", at)
            tokens.append(_Token(match.lastgroup or "", match.group(), at))
            at = _SPACE.match(self._text, match.end()).end()  # type: ignore[union-attr]
        return [*tokens, _Token("end", "", len(self._text))]

    @property
    def _here(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._here
        self._at += token.kind != "end"
        return token

    def _accept(self, *signs: str) -> str | None:
        """Step over a sign if it is one of these."""
        if self._here.kind == "sign" and self._here.text in signs:
            return self._next().text
        return None

    def _expect(self, sign: str) -> None:
        if self._accept(sign) is None:
            self._unexpected(repr(sign))

    def _unexpected(self, wanted: str) -> NoReturn:
        token = self._here
        found = "the end" if token.kind == "end" else repr(token.text[:_SHOWN])
        self._fail(f"expected {wanted}, found {found}")

    def _fail(self, what: str, position: int | None = None) -> NoReturn:
        at = self._here.position if position is None else position
        first = max(0, at - _SHOWN // 2)
        shown = ascii(self._text[first : first + _SHOWN])
        raise ImportanceError(f"importance expression, position {at}: {what} in {shown}")

    def _make(self, make: Callable[[], Expression], position: int) -> Expression:
        """Build a node; name the position where its parameters are wrong."""
        self._terms += 1
        if self._terms > MAX_TERMS:
            self._fail(f"more than {MAX_TERMS} terms", position)
        try:
            return make()
        except ImportanceError as error:
            raise ImportanceError(f"importance expression, position {position}: {error}") from None

    # Grammar

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} deep")
        result = self._comparison() if self._here.text == "value" else self._sum()
        self._depth -= 1
        return result

    def _comparison(self) -> Expression:
        position = self._next().position
        sign = self._accept(*COMPARISONS)
        if sign is None:
            self._unexpected("a comparison such as value > 9.9")
        level = self._number()
        if self._here.text in ("+", "-", "*", *COMPARISONS):
            self._fail("a comparison takes one number and stands alone, put it in parentheses: (value > 9.9)")
        return self._make(lambda: Threshold(sign, level), position)

    def _sum(self) -> Expression:
        terms, signs = [self._product()], [1]
        while (sign := self._accept("+", "-")) is not None:
            terms.append(self._product())
            signs.append(1 if sign == "+" else -1)
        return terms[0] if len(terms) == 1 else Sum(tuple(terms), tuple(signs))

    def _product(self) -> Expression:
        factors = [self._primary()]
        while self._accept("*"):
            factors.append(self._primary())
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def _primary(self) -> Expression:
        token = self._here
        if token.kind == "number" or token.text == "-":
            value = self._number()
            return self._make(lambda: Constant(value), token.position)
        if self._accept("("):
            result = self._expression()
            self._expect(")")
            return result
        if token.text == "value":
            self._fail("a comparison inside a sum or product needs parentheses: (value > 9.9)")
        if token.kind != "name":
            self._unexpected("a number, a function or '('")
        return self._call()

    def _call(self) -> Expression:
        token = self._next()
        calls: dict[str, Callable[[], Callable[[], Expression]]] = {
            "isosurface": self._isosurface,
            "near": self._near,
            "box": self._box,
            "gradient": lambda: Gradient,
            "entropy": lambda: Entropy,
            "max": lambda: self._choice(Maximum),
            "min": lambda: self._choice(Minimum),
        }
        if token.text not in calls:
            shown = token.text[:_SHOWN]
            self._fail(f"unknown name {shown!r}, expected value or one of {_FUNCTIONS}", token.position)
        self._expect("(")
        make = calls[token.text]()
        self._expect(")")
        return self._make(make, token.position)

    def _isosurface(self) -> Callable[[], Expression]:
        level, decay = self._number(), None
        if self._accept(","):
            decay = self._keyword("decay")
        return lambda: Isosurface(level) if decay is None else Isosurface(level, decay)

    def _near(self) -> Callable[[], Expression]:
        level = self._number()
        self._expect(",")
        width = self._keyword("width")
        return lambda: Near(level, width)

    def _box(self) -> Callable[[], Expression]:
        spans: dict[str, tuple[int | None, int | None]] = {}
        while self._here.kind == "name":
            axis = self._here.text
            if axis not in ("z", "y", "x") or axis in spans:
                self._fail(f"box takes each of z, y and x once, found {axis[:_SHOWN]!r}")
            self._next()
            self._expect("=")
            start = self._integer()
            self._expect(":")
            spans[axis] = (start, self._integer())
            if not self._accept(","):
                break
        return lambda: Region(**spans)

    def _choice(self, kind: type[Maximum] | type[Minimum]) -> Callable[[], Expression]:
        items = [self._expression()]
        while self._accept(","):
            items.append(self._expression())
        return lambda: kind(tuple(items))

    def _keyword(self, name: str) -> float:
        """Parse ``name=number``."""
        if self._here.text != name:
            self._unexpected(f"{name}=…")
        self._next()
        self._expect("=")
        return self._number()

    def _number(self) -> float:
        minus = self._accept("-") is not None
        if self._here.kind != "number":
            self._unexpected("a number")
        value = float(self._here.text)
        if value == float("inf"):
            self._fail("a number too large")
        self._next()
        return -value if minus else value

    def _integer(self) -> int | None:
        """Parse a voxel index, if there is one."""
        if self._here.kind != "number":
            return None
        text = self._here.text
        if not text.isdigit() or len(text) > 9:
            self._fail(f"expected a voxel index, found {text[:_SHOWN]!r}")
        self._next()
        return int(text)
