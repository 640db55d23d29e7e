"""Attributes as the text lines that headers of images have, and back.

Text stands as it is, numbers and lists as JSON; a text that would be read as JSON is quoted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.plain_attributes import tidy_attrs

_LONGEST = 4096


def write_value(value: Any) -> str | None:
    """Write an attribute's value on one line, or None where it has no such form.

    Examples
    --------
    >>> [write_value(v) for v in ("Pa", "7", 7, [1.5, 2.0], np.float32(3))]
    ['Pa', '"7"', '7', '[1.5, 2.0]', '3.0']
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if (
        isinstance(value, str)
        and value == value.strip()
        and value.isprintable()
        and read_value(value) == value
    ):
        return value
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return None
    return text if len(text) <= _LONGEST else None


def read_value(text: str) -> Any:
    """Read a value that :func:`write_value` wrote; anything else is text.

    Examples
    --------
    >>> [read_value(t) for t in ("Pa", "7", '"7"', "[1.5, 2.0]", "[oops")]
    ['Pa', 7, '7', [1.5, 2.0], '[oops']
    """
    if not re.match(r'["\[{0-9\-tfnNI]', text) or len(text) > _LONGEST:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def write_attrs(attrs: Mapping[Any, Any], name: str, taken: frozenset[str] = frozenset()) -> dict[str, str]:
    """Give the attributes that have a form in text; others are left out with a remark.

    Parameters
    ----------
    attrs
    name
        A regular expression that a key must match.
    taken
        Lower-case keys with a meaning of their own.
    """
    found = {}
    for key, value in tidy_attrs(attrs, "the field").items():
        text = write_value(value)
        if text is not None and re.fullmatch(name, key) and key.lower() not in taken:
            found[key] = text
        else:
            leave_out(f"attribute {key!r}")
    return found


def plain_name(text: str, default: str) -> str:
    """Give `text` where it can name a variable, else `default`.

    Examples
    --------
    >>> plain_name("velocityMag", "a"), plain_name("two words/and more", "a")
    ('velocityMag', 'a')
    """
    return text if re.fullmatch(r"[A-Za-z_][\w.+\-]{0,99}", text) else default
