"""The index of the Open SciVis Datasets: an object in JSON, an entry for each data set by its name.

It is read where it is published each time it is needed, so that addresses and SHA-512 sums are its own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlparse

from idlat.errors import FieldError, IdlatError

INDEX_ADDRESS = "https://klacansky.com/open-scivis-datasets/datasets.json"
INDEX_VARIABLE = "IDLAT_SCIVIS_INDEX"
"""Environment variable with the address of a copy of the index."""

TYPES = ("uint8", "int16", "uint16", "float32", "float64")
_SHA512 = re.compile(r"[0-9a-fA-F]{128}")


@dataclass(frozen=True)
class ScivisEntry:
    """A data set of the index.

    Attributes
    ----------
    key : str
        Its name in the index.
    url : str
        Of the headerless file.
    shape : tuple of int
        z, y, x.
    dtype : str
        One of `TYPES`, little-endian.
    spacing : tuple of float
        z, y, x.
    sha512 : str
        Of the file, in hexadecimal digits.
    title, description, acknowledgement : str
    """

    key: str
    url: str
    shape: tuple[int, int, int]
    dtype: str
    spacing: tuple[float, float, float]
    sha512: str
    title: str
    description: str
    acknowledgement: str


def index_address(address: str | None) -> str:
    """Return the address that is given, that of the environment, or the index's own."""
    return address or os.environ.get(INDEX_VARIABLE) or INDEX_ADDRESS


def parse_index(content: bytes, address: str) -> dict[str, Mapping[str, Any]]:
    """Return the entries of an index, not yet checked, by their names.

    Raises
    ------
    FieldError
        If it is no such index.
    """
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError):
        raise FieldError(f"{address}: no index of data sets: it is not JSON") from None
    if not isinstance(entries, dict) or not entries or not all(isinstance(e, dict) for e in entries.values()):
        raise FieldError(f"{address}: no index of data sets: expected an object with an entry for each")
    return entries


def parse_entry(entries: Mapping[str, Mapping[str, Any]], key: str, address: str) -> ScivisEntry:
    """Check an entry of the index.

    Raises
    ------
    IdlatError
        If there is none of the name.
    FieldError
        If it lacks something, or says what cannot be.
    """
    if key not in entries:
        close = ", ".join(sorted(name for name in entries if key.lower() in name.lower())[:8])
        hint = f": did you mean {close}?" if close else ": `idlat datasets fetch --list` shows them"
        raise IdlatError(f"{address} has no data set {key!r}{hint}")
    entry = entries[key]
    size, spacing = _triple(entry.get("size")), _triple(entry.get("spacing"))
    url = urljoin(address, entry["url"]) if isinstance(entry.get("url"), str) else ""
    checks = {
        "url": urlparse(url).scheme in ("http", "https"),
        "size": size is not None and all(n >= 1 and n == int(n) for n in size),
        "spacing": spacing is not None and all(0 < s < 1e12 for s in spacing),
        "type": entry.get("type") in TYPES,
        "sha512sum": isinstance(entry.get("sha512sum"), str) and bool(_SHA512.fullmatch(entry["sha512sum"])),
    }
    if wrong := [name for name, good in checks.items() if not good]:
        got = repr(entry.get(wrong[0]))[:80]
        raise FieldError(f"{address}: the entry {key} has no sensible {wrong[0]}: got {got}")
    assert size is not None
    assert spacing is not None
    x, y, z = map(int, size)
    texts = [str(entry.get(name) or "") for name in ("name", "description", "acknowledgement")]
    return ScivisEntry(key, url, (z, y, x), entry["type"], spacing[::-1], entry["sha512sum"].lower(), *texts)


def _triple(value: object) -> tuple[float, float, float] | None:
    """Return three numbers, or None where something else is given.

    >>> _triple([1, 2, 3.5]), _triple("abc"), _triple([1, True, 2])
    ((1, 2, 3.5), None, None)
    """
    if not isinstance(value, list) or len(value) != 3 or not all(type(n) in (int, float) for n in value):
        return None
    a, b, c = value
    return a, b, c
