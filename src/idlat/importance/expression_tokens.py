"""The tokens of an importance expression, and errors that say where in the text they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from idlat.errors import ImportanceError
from idlat.importance.percentile_levels import Percentile

__all__ = ["SHOWN", "Token", "Tokens"]

SHOWN = 24
"""Characters of the text that an error shows."""

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r'|(?P<string>"[^"]*")'
    r"|(?P<sign>>=|<=|[-+*/(),=:<>%])"
)
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Token:
    """A piece of the text: a number, name, string, sign or the end."""

    kind: str
    text: str
    position: int


class Tokens:
    """The tokens of one text, read from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._at = 0

    def _split(self) -> list[Token]:
        tokens = []
        at = _skip(self._text, 0)
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                self.fail(f"unexpected character {self._text[at]!a}", at)
            kind = match.lastgroup or ""
            shown = match.group()
            tokens.append(Token(kind, shown[1:-1] if kind == "string" else shown, at))
            at = _skip(self._text, match.end())
        return [*tokens, Token("end", "", len(self._text))]

    @property
    def here(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def at(self, sign: str) -> bool:
        """Whether the next token is this sign."""
        return self.here.kind == "sign" and self.here.text == sign

    def another(self) -> bool:
        """Step over a comma if one is there and no ``name=`` comes after it."""
        return not self.named_follows and self.accept(",") is not None

    @property
    def named_follows(self) -> bool:
        """Whether the next tokens are a comma and ``name=``."""
        name, sign = (self._tokens[min(self._at + n, len(self._tokens) - 1)] for n in (1, 2))
        return self.at(",") and name.kind == "name" and sign.kind == "sign" and sign.text == "="

    def step(self) -> Token:
        """Step over a token and give it."""
        token = self.here
        self._at += token.kind != "end"
        return token

    def accept(self, *signs: str) -> str | None:
        """Step over a sign if it is one of these."""
        if self.here.kind == "sign" and self.here.text in signs:
            return self.step().text
        return None

    def expect(self, sign: str) -> None:
        """Step over a sign that must be there."""
        if self.accept(sign) is None:
            self.unexpected(repr(sign))

    def number(self) -> float:
        """Parse a number, with its sign."""
        minus = self.accept("-") is not None
        if self.here.kind != "number":
            self.unexpected("a number")
        value = float(self.here.text)
        if value == float("inf"):
            self.fail("a number too large")
        self.step()
        return -value if minus else value

    def level(self) -> float | Percentile:
        """Parse a number, or a percentile such as ``95%``."""
        position = self.here.position
        if self.here.kind != "number" and not (self.here.kind == "sign" and self.here.text == "-"):
            self.unexpected("a number, or a percentile such as 95%")
        return self.percentile(self.number(), position)

    def percentile(self, value: float, position: int) -> float | Percentile:
        """Make a number that a percent sign follows a percentile; `position` is the number's."""
        if self.accept("%") is None:
            return value
        try:
            return Percentile(value)
        except ImportanceError as error:
            self.fail(str(error), position)

    def range(self) -> tuple[int | None, int | None]:
        """Parse a half-open range such as ``10:20``, ``:20`` or ``10:``."""
        start = self._integer()
        self.expect(":")
        return start, self._integer()

    def _integer(self) -> int | None:
        """Parse an index, if there is one."""
        if self.here.kind != "number":
            return None
        text = self.here.text
        if not text.isdigit() or len(text) > 9:
            self.fail(f"expected a voxel index, found {text[:SHOWN]!r}")
        self.step()
        return int(text)

    def unexpected(self, wanted: str) -> NoReturn:
        """Fail for a token that should be another."""
        found = "the end" if self.here.kind == "end" else ascii(self.here.text[:SHOWN])
        self.fail(f"expected {wanted}, found {found}")

    def fail(self, what: str, position: int | None = None) -> NoReturn:
        """Raise an ImportanceError that says what is wrong, and where."""
        at = self.here.position if position is None else position
        first = max(0, at - SHOWN // 2)
        shown = ascii(self._text[first : first + SHOWN])
        raise ImportanceError(f"importance expression, position {at}: {what} in {shown}")


def _skip(text: str, at: int) -> int:
    """Step over white space."""
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()
