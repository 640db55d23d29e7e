"""Find the datasets of an HDF5 file, also those that only links lead to; say where a link leads nowhere."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from idlat.errors import FieldError

_MAX_OBJECTS = 100_000
_LINKS = (h5py.SoftLink, h5py.ExternalLink)


def datasets(file: Any, path: Path) -> Iterator[tuple[str, Any]]:
    """Give every dataset once, with a path that opens it: those of the file itself, then those behind links.

    Links that lead nowhere, and groups met before, are passed over; so links in a circle end.

    Raises
    ------
    FieldError
        If there are more than 100,000 objects.
    """
    seen = {_identity(file)}
    groups = deque([("", file)])
    while groups:
        prefix, group = groups.popleft()
        own, links = _members(group, path)
        for name, item in own:
            if _is_new(item, seen, path) and isinstance(item, h5py.Dataset):
                yield prefix + name, item
        for name in links:
            item = _target(group, name)
            if item is None or not _is_new(item, seen, path):
                continue
            if isinstance(item, h5py.Dataset):
                yield prefix + name, item
            elif isinstance(item, h5py.Group):
                groups.append((f"{prefix}{name}/", item))


def find(file: Any, name: str, path: Path) -> Any:
    """Open the object of that name as h5py does, links followed; None where there is none.

    Raises
    ------
    FieldError
        If the name is that of a link, or lies behind one, that leads nowhere.
    """
    here = file if name else None
    for part in name.split("/") if name else ():
        link = here.get(part, getlink=True) if isinstance(here, h5py.Group) else None
        if link is None:
            return None
        here = _target(here, part)
        if here is None and isinstance(link, _LINKS):
            raise FieldError(f"{path}: {name!r} is not there: the link {part!r} leads to {_place(link)}")
    return here


def _members(group: Any, path: Path) -> tuple[list[tuple[str, Any]], list[str]]:
    """Give the objects that a group itself holds, at any depth, and the names of its links."""
    own: list[tuple[str, Any]] = []
    links: list[str] = []

    def note_object(name: str, item: Any) -> None:
        own.append((name, item))
        _check_count(len(own), path)

    def note_link(name: str, link: Any) -> None:
        if isinstance(link, _LINKS):
            links.append(name)
            _check_count(len(links), path)

    group.visititems(note_object)
    group.visititems_links(note_link)
    return own, links


def _is_new(item: Any, seen: set[tuple[str, int]], path: Path) -> bool:
    """Whether an object was not met before; it is noted."""
    identity = _identity(item)
    if identity in seen:
        return False
    seen.add(identity)
    _check_count(len(seen), path)
    return True


def _check_count(count: int, path: Path) -> None:
    if count > _MAX_OBJECTS:
        raise FieldError(f"{path}: holds more than {_MAX_OBJECTS} objects: name the variable's file apart")


def _place(link: Any) -> str:
    """Say what a link that leads nowhere names."""
    if isinstance(link, h5py.SoftLink):
        return f"{link.path!r}, which the file does not hold, or back to itself"
    return (
        f"{link.path!r} of the file {link.filename!r}, which is absent or does not hold it: "
        "put that file where the link expects it"
    )


def _target(group: Any, name: str) -> Any:
    """Open what a name leads to; None where it leads nowhere."""
    try:
        return group[name]
    except (KeyError, OSError, RuntimeError, ValueError):
        return None


def _identity(item: Any) -> tuple[str, int]:
    """Tell objects apart, of several files too."""
    return os.path.realpath(item.file.filename), int(h5py.h5o.get_info(item.id).addr)
