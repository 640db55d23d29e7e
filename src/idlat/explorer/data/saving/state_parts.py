"""Parts of what a window shows, each with the check of what may be in it: it may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from idlat.analysis.features import SCALINGS
from idlat.explorer.message_checks import (
    Check,
    RefusedError,
    mapping,
    numbers,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)

__all__ = [
    "CAMERA",
    "LONGEST",
    "LONGEST_NAME",
    "MOST_CAMERAS",
    "PACKED",
    "BesideState",
    "NamedCamera",
    "TrackedState",
    "TrialState",
    "built",
    "checked",
    "latent_look",
    "page_shares",
    "transfer_point",
    "tuple_of",
]

LONGEST = 1 << 23
"""Characters of a state as JSON."""

LONGEST_NAME, MOST_CAMERAS = 40, 24
"""Characters of a kept camera's name, and how many are kept."""

_FAR = 1e6  # of a camera, in lengths of the longest axis: the scene takes no larger ones

PACKED = text(LONGEST, r"[A-Za-z0-9_-]*")
"""Accepts blocks as :func:`~idlat.explorer.data.clusters.tree_file.packed` writes them."""


def checked(check: Check, default: Any = MISSING) -> Any:
    """Return a field of what is kept, with the check of what may be in it: it may come from anywhere."""
    return field(default=default, metadata={"check": check})


def built(kind: type[Any]) -> Check:
    """Accept an object of a dataclass's fields, each by its own check; one of that class comes of it."""
    parts = record({each.name: each.metadata["check"] for each in fields(kind)})
    return lambda value: kind(**parts(value))


def tuple_of(check: Check, longest: int) -> Check:
    """Accept a list, or a tuple, of at most `longest` values; a tuple comes of it."""
    several = numbers(check, longest)
    return lambda value: tuple(several(list(value) if isinstance(value, tuple) else value))


def transfer_point(value: Any) -> tuple[float, float]:
    """Accept a point of the transfer function: a value, and an opacity from 0 to 1."""
    pair = tuple_of(real(), 2)(value)
    if len(pair) != 2 or not 0 <= pair[1] <= 1:
        raise RefusedError(f"expected a value and an opacity from 0 to 1, got {pair}")
    return pair[0], pair[1]


def latent_look(value: Any) -> tuple[float, ...]:
    """Accept a place and a scale."""
    found: tuple[float, ...] = tuple_of(real(-1e3, 1e3), 3)(value)
    if len(found) != 3 or not 0.1 <= found[2] <= 100:
        raise RefusedError(f"expected x, y and a scale from 0.1 to 100, got {found}")
    return found


def page_shares(value: Any) -> tuple[float, ...]:
    """Accept no shares, or those of tree and latent space of the page's width, and of both of its height."""
    found: tuple[float, ...] = tuple_of(real(0, 1), 3)(value)
    if found and (len(found) != 3 or found[0] + found[1] >= 1):
        raise RefusedError(f"expected three shares of the page, got {found}")
    return found


CAMERA = mapping(text(40, r"\w+"), tuple_of(real(-_FAR, _FAR), 4), 16)
"""Accepts position, focal point and the direction up, by name."""


@dataclass(frozen=True)
class TrialState:
    """One of the two maps on the workbench.

    Attributes
    ----------
    expression : str
        Importance.
    quality : float
        0 to 100.
    family : str
        What it was made of; empty for an expression that was typed.
    values : mapping of str to float
        The family's parameters that were moved.
    """

    expression: str = checked(text(2000))
    quality: float = checked(real(0, 100))
    family: str = checked(text(40, r"\w*"))
    values: Mapping[str, float] = checked(mapping(text(40, r"\w+"), real(), 32))


@dataclass(frozen=True)
class TrackedState:
    """A cluster that is followed through time: the blocks that it was, whatever became of its tree."""

    node: int = checked(whole(0))
    name: str = checked(text(80))
    colour: str = checked(text(7, "#[0-9a-f]{6}"))
    step: int = checked(whole(0))  # from which it is followed
    scaling: str = checked(one_of(*SCALINGS))  # of the latents
    blocks: str = checked(PACKED)  # in that step, packed as a selection is


@dataclass(frozen=True)
class NamedCamera:
    """A view of physical space that is kept under a name."""

    name: str = checked(text(LONGEST_NAME))
    camera: Mapping[str, tuple[float, ...]] = checked(CAMERA)


@dataclass(frozen=True)
class BesideState:
    """A panel of another variable or step, with its look.

    `step` is None for the one in view; empty points and range are those that suit.
    """

    variable: str = checked(text(255))
    step: int | None = checked(optional(whole(0)), None)
    what: str = checked(one_of("original", "reconstruction"), "reconstruction")
    colours: str = checked(text(40, r"\w*"), "viridis")
    transfer: tuple[tuple[float, float], ...] = checked(tuple_of(transfer_point, 64), ())
    colour_range: tuple[float, ...] = checked(tuple_of(real(), 2), ())
    isovalue: float | None = checked(optional(real()), None)
