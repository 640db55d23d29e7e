"""Choose one of the variables of a file: of those that are fields, not of those that describe others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idlat.errors import FieldError

LISTS = (
    "bounds",
    "climatology",
    "coordinates",
    "grid_mapping",
    "formula_terms",
    "cell_measures",
    "ancillary_variables",
)


def described(attributes: Iterable[Mapping[Any, Any]]) -> set[str]:
    """Name the variables that others call their bounds, coordinates, grid mapping, terms or the like.

    Parameters
    ----------
    attributes
        Of every variable of a group.

    Examples
    --------
    >>> sorted(described([{"bounds": "time_bnds"}, {"formula_terms": "a: ap b: b ps: ps"}]))
    ['ap', 'b', 'ps', 'time_bnds']
    """
    texts = [str(attrs[key]) for attrs in attributes for key in LISTS if isinstance(attrs.get(key), str)]
    return {word for text in texts for word in re.findall(r"[^\s:]+(?![^\s:]*:)", text)}


def rank(candidates: Iterable[Candidate], describing: Iterable[str]) -> list[list[str]]:
    """Rank variables: volumes, then layers in time.

    Single layers count only where a file has neither, and what only describes others where it has no layer
    either: those are opened by name.

    Parameters
    ----------
    candidates
    describing
        Names of variables that describe others.

    Examples
    --------
    >>> known = [Candidate("p", 3, 3), Candidate("soil", 2, 2), Candidate("lon", 2, 2)]
    >>> rank(known, ["lon"]), rank(known[1:], ["lon"]), rank(known[2:], ["lon"])
    ([['p']], [['soil']], [['lon']])
    """
    beside = set(describing)
    ranked: list[list[str]] = [[], [], [], []]
    for found in candidates:
        tier = 3 if found.name in beside else 0 if found.spatial >= 3 else 1 if found.rank > 2 else 2
        if found.spatial >= 2:
            ranked[tier].append(found.name)
    volumes, layers, planes, others = ranked
    known = [names for names in (volumes, layers) if names]
    return known or [planes or others]


@dataclass(frozen=True)
class Candidate:
    """A variable of numbers: its name or path, its axes, and how many of them are axes of space."""

    name: str
    rank: int
    spatial: int


def choose(path: Path | str, variable: str | None, *ranked: Sequence[str]) -> str:
    """Find a variable by its name or path, or the only one there is.

    Parameters
    ----------
    path
        The file, for messages.
    variable
        A name; of a path in the file, such as ``native_fields/temperature``, the last part is enough where
        only one ends so.
    *ranked
        The variables that can be opened. Those of a later sequence are chosen only by name, unless all
        before it are empty.

    Raises
    ------
    FieldError
        If there is no such variable, or several and none was named.

    Examples
    --------
    >>> choose(Path("a.h5"), "temperature", ["native_fields/temperature", "native_fields/density"])
    'native_fields/temperature'
    """
    known = [name for names in ranked for name in names]
    there = ", ".join(known) or "none that is a field"
    if variable is not None:
        wanted = variable.strip("/")
        ends = [name for name in known if f"/{name}".endswith(f"/{wanted}")]
        if wanted in known:
            return wanted
        if len(ends) == 1:
            return ends[0]
        if ends:
            raise FieldError(
                f"{path}: several variables are called {variable!r}: name one of {', '.join(ends)}"
            )
        raise FieldError(f"{path}: there is no variable {variable!r}; there are: {there}")
    choice = next((names for names in ranked if names), [])
    if len(choice) != 1:
        raise FieldError(f"{path}: choose a variable with --variable (variable=...); there are: {there}")
    return choice[0]
