"""Typed values out of JSON objects, with one clear error for whatever is absent or of another type."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idlat.errors import ArchiveError

__all__ = ["JsonFields"]


@dataclass(frozen=True)
class JsonFields:
    """A JSON object whose members are read by type.

    Parameters
    ----------
    values
        The parsed object.
    where
        What to call it in an error, such as ``out.idlat/zarr.json``.

    Examples
    --------
    >>> fields = JsonFields({"gain": 1.5, "complete": "yes"}, "out.idlat/zarr.json")
    >>> fields.number("gain")
    1.5
    >>> fields.flag("complete")
    Traceback (most recent call last):
    idlat.errors.ArchiveError: out.idlat/zarr.json is damaged: 'complete' should be true or false, got 'yes'
    """

    values: Mapping[str, Any]
    where: str

    def fail(self, key: str, expected: str) -> ArchiveError:
        """Return the error for member `key`, which should have been `expected`."""
        came = reprlib.repr(self.values[key]) if key in self.values else "nothing"
        came = came if len(came) <= 60 else came[:57] + "..."
        return ArchiveError(f"{self.where} is damaged: {key!r} should be {expected}, got {came}")

    def text(self, key: str) -> str:
        """Return a string."""
        value = self.values.get(key)
        if not isinstance(value, str):
            raise self.fail(key, "a text")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a string or None."""
        return None if self.values.get(key) is None else self.text(key)

    def flag(self, key: str) -> bool:
        """Return a truth value."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.fail(key, "true or false")
        return value

    def number(self, key: str) -> float:
        """Return a finite number."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise self.fail(key, "a finite number")
        return float(value)

    def optional_number(self, key: str) -> float | None:
        """Return a finite number or None."""
        return None if self.values.get(key) is None else self.number(key)

    def optional_exact(self, key: str) -> float | None:
        """Return a finite number or None; an integer stays an integer, of any size."""
        value = self.optional_number(key)
        return None if value is None else self.values[key]

    def whole(self, key: str) -> int:
        """Return an integer that is not negative."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.fail(key, "a whole number")
        return value

    def optional_whole(self, key: str) -> int | None:
        """Return an integer that is not negative, or None."""
        return None if self.values.get(key) is None else self.whole(key)

    def pairs(self, key: str) -> tuple[tuple[float, float], ...]:
        """Return a list of pairs of finite numbers, as a tuple."""
        value = self.values.get(key)
        if not isinstance(value, list | tuple):
            raise self.fail(key, "a list of pairs of numbers")
        pairs = [JsonFields({key: pair}, self.where).numbers(key) for pair in value]
        if any(len(pair) != 2 for pair in pairs):
            raise self.fail(key, "a list of pairs of numbers")
        return tuple((float(pair[0]), float(pair[1])) for pair in pairs)

    def wholes(self, key: str) -> tuple[int, ...]:
        """Return a list of integers of at least 1, as a tuple."""
        value = self.values.get(key)
        if not isinstance(value, list | tuple) or not all(
            isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in value
        ):
            raise self.fail(key, "a list of whole numbers of at least 1")
        return tuple(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return a list of finite numbers, as a tuple; integers stay integers."""
        value = self.values.get(key)
        if not isinstance(value, list | tuple) or not all(
            isinstance(v, int | float) and not isinstance(v, bool) and _finite(v) for v in value
        ):
            raise self.fail(key, "a list of finite numbers")
        return tuple(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings, as a tuple."""
        value = self.values.get(key)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise self.fail(key, "a list of texts")
        return tuple(value)

    def inside(self, key: str) -> JsonFields:
        """Return an object."""
        value = self.values.get(key)
        if not isinstance(value, Mapping):
            raise self.fail(key, "an object")
        return JsonFields(value, self.where)

    def optional_inside(self, key: str) -> JsonFields | None:
        """Return an object or None."""
        return None if self.values.get(key) is None else self.inside(key)

    def objects(self, key: str) -> tuple[JsonFields, ...]:
        """Return a list of objects, as a tuple."""
        value = self.values.get(key)
        if not isinstance(value, list | tuple) or not all(isinstance(v, Mapping) for v in value):
            raise self.fail(key, "a list of objects")
        return tuple(JsonFields(v, self.where) for v in value)


def _finite(value: float) -> bool:
    """Whether a number fits a float."""
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False
