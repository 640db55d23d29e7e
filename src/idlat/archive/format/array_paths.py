"""Names of groups and arrays inside an archive: none may lead out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = [
    "MASK",
    "RESERVED",
    "coordinate_path",
    "free_path",
    "group_paths",
    "is_coordinate_path",
    "is_group_path",
    "is_mask_path",
]

MASK = "mask"
"""The array of masks of the first variable's grid; those of other grids begin with this name."""

RESERVED = frozenset({MASK, "model", "zarr.json", "c", "appending.json", "losses.json"})
"""Names at the root that have another meaning, besides those of masks of other grids."""


def is_mask_path(path: str) -> bool:
    """Whether this is the path of an array of masks.

    Examples
    --------
    >>> [is_mask_path(path) for path in ("mask", "mask_10_20_25", "mask_of_land")]
    [True, True, False]
    """
    return bool(re.fullmatch(rf"{MASK}(_[0-9]+){{3}}|{MASK}", path))


def is_group_path(path: str) -> bool:
    """Whether this is a path that :func:`group_paths` gives: one plain name, no way out of the archive.

    Examples
    --------
    >>> [is_group_path(path) for path in ("pressure", "/etc", "../other", "a/b", "model", "")]
    [True, False, False, False, False, False]
    """
    return bool(re.fullmatch(r"[\w-][\w.-]*", path)) and path[0] != "_" and not _is_reserved(path)


def is_coordinate_path(path: str) -> bool:
    r"""Whether an array of a coordinate may have this path: one name at the root, as Zarr allows them.

    Examples
    --------
    >>> [is_coordinate_path(path) for path in ("lat 1", "time_", "..", "__", "a/b", "a\\b", "c")]
    [True, True, False, False, False, False, False]
    """
    plain = path.isprintable() and not set(path) & set("/\\:")
    return plain and bool(path.strip(". ")) and not path.startswith("__") and not _is_reserved(path)


def coordinate_path(name: str, taken: Iterable[str] = ()) -> str:
    """Return the path of a coordinate's array: its name, or one made of it where that could not be.

    Examples
    --------
    >>> coordinate_path("lat"), coordinate_path("..", ["x"])
    ('lat', '_field')
    """
    if is_coordinate_path(name):
        return name
    return free_path("_" + _safe(name), set(taken))


def group_paths(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a group's path for each variable: its name, made safe and unlike any that is taken.

    Examples
    --------
    >>> group_paths(["pressure", "a/b", "z"], taken=["z"])
    ['pressure', 'a_b', 'z_']
    """
    used, paths = set(taken) | RESERVED, []
    for name in names:
        path = free_path(_safe(name), used)
        used.add(path)
        paths.append(path)
    return paths


def _is_reserved(path: str) -> bool:
    return path in RESERVED or is_mask_path(path)


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name).lstrip("._") or "field"


def free_path(path: str, used: set[str]) -> str:
    """Return a path, longer until it is none that is used.

    >>> free_path("time", {"time"})
    'time_'
    """
    while path in used or is_mask_path(path):
        path += "_"
    return path
