"""What comes from outside, a message or a saved state, may hold: checks that return a value or refuse it.

Examples
--------
>>> record({"node": whole(0)})({"node": 3})
{'node': 3}
>>> record({"node": whole(0)})({"node": "3"})
Traceback (most recent call last):
...
idlat.explorer.message_checks.RefusedError: node: expected a whole number from 0, got '3'
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from idlat.errors import IdlatError

__all__ = [
    "Check",
    "RefusedError",
    "flag",
    "mapping",
    "numbers",
    "one_of",
    "optional",
    "point",
    "real",
    "record",
    "text",
    "whole",
]

Check = Callable[[Any], Any]
"""Returns a value that it accepts.

Raises
------
RefusedError
    It accepts it not.
"""


class RefusedError(IdlatError):
    """A message that is not what the page sends, or a state that is none."""


def _refuse(expected: str, value: object) -> RefusedError:
    shown = repr(value)
    return RefusedError(f"expected {expected}, got {shown if len(shown) <= 60 else shown[:57] + '...'}")


def whole(low: int, high: int | None = None) -> Check:
    """Accept a whole number from `low` to `high`, both included."""
    expected = f"a whole number from {low}" + ("" if high is None else f" to {high}")

    def check(value: Any) -> int:
        # JavaScript has one kind of number: 3.0 is 3
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise _refuse(expected, value)
        if high is not None and value > high:
            raise _refuse(expected, value)
        return value

    return check


def real(low: float = -math.inf, high: float = math.inf) -> Check:
    """Accept a finite number from `low` to `high`."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _refuse("a finite number", value)
        if not low <= value <= high:
            raise _refuse(f"a number from {low:g} to {high:g}", value)
        return float(value)

    return check


def text(longest: int, pattern: str | None = None) -> Check:
    """Accept text of at most `longest` characters, all of which match `pattern`."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise _refuse(f"text of at most {longest} characters", value)
        if pattern is not None and not re.fullmatch(pattern, value):
            raise _refuse(f"text like {pattern}", value)
        return value

    return check


def one_of(*choices: str) -> Check:
    """Accept one of some words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _refuse(f"one of {', '.join(choices)}", value)
        return value

    return check


def flag(value: Any) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise _refuse("true or false", value)
    return value


def optional(check: Check) -> Check:
    """Accept nothing, or what `check` accepts."""
    return lambda value: None if value is None else check(value)


def numbers(check: Check, longest: int, shortest: int = 0) -> Check:
    """Accept a list of at most `longest` values, and at least `shortest`, that `check` accepts."""
    expected = f"a list of {shortest} to {longest}" if shortest else f"a list of at most {longest}"

    def checked(value: Any) -> list[Any]:
        if not isinstance(value, list) or not shortest <= len(value) <= longest:
            raise _refuse(expected, value)
        return [check(item) for item in value]

    return checked


def record(parts: Mapping[str, Check]) -> Check:
    """Accept an object with exactly these parts; one whose check accepts None may be absent."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _refuse(f"an object of {', '.join(parts) or 'nothing'}", value)
        if not set(value) <= set(parts):
            unknown = ", ".join(sorted(str(name)[:20] for name in set(value) - set(parts)))
            raise RefusedError(f"unknown {unknown}: known are {', '.join(parts) or 'none'}")
        checked = {}
        for name, part in parts.items():
            try:
                checked[name] = part(value.get(name))
            except RefusedError as error:
                raise RefusedError(f"{name}: {error}") from None
        return checked

    return check


def mapping(name: Check, part: Check, longest: int) -> Check:
    """Accept an object of at most `longest` parts, whose names and values two checks accept."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > longest:
            raise _refuse(f"an object of at most {longest} parts", value)
        checked = {}
        for key, item in value.items():
            try:
                checked[name(key)] = part(item)
            except RefusedError as error:
                raise RefusedError(f"{str(key)[:20]}: {error}") from None
        return checked

    return check


def point(value: Any) -> list[float]:
    """Accept a point of the transfer function: a value and an opacity."""
    pair: list[float] = numbers(real(), 2)(value)
    if len(pair) != 2:
        raise RefusedError(f"expected a value and an opacity, got {len(pair)} numbers")
    return [pair[0], real(0, 1)(pair[1])]
