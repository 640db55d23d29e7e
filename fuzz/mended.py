"""Damage under checksums that are right again: what a forger, or a writer with a fault, would make.

Documents get a wild member and their checksum anew; payloads are damaged and sealed anew under the tag of
their place. So what is behind the checksums is reached.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

from fuzz.mutations import mutate

__all__ = ["mend_and_damage", "paths_in"]

_WILD = [
    *(None, True, False, "", "x", "../outside/secret", "/etc/passwd", [], {}, 0, -1, 1, 2, 7, 255, 2**31),
    *(2**40, 2**63, 10**30, 1e300, -1e300, 1e-320, float("nan"), float("inf"), 0.5, [0], [[]], {"a": 1}),
]


def mend_and_damage(source: Path, target: Path, rng: random.Random) -> str:
    """Copy an archive with one to three objects of it damaged, and sealed as if they were right."""
    shutil.copytree(source, target)
    identity = json.loads((target / "zarr.json").read_text())["attributes"]["id"]
    keys = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    changed = []
    for key in rng.sample(keys, rng.choice((1, 1, 2, 3))):
        if key.endswith("zarr.json"):
            _document(target, key, identity, rng)
        else:
            _payload(target, key, identity, rng)
        changed.append(key)
    return ", ".join(changed)


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where the members of a JSON value are."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        found += [(*path, key), *paths_in(inner, (*path, key))]
    return found


def _document(folder: Path, key: str, identity: str, rng: random.Random) -> None:
    document = json.loads((folder / key).read_text())
    place = rng.choice([each for each in paths_in(document) if each[-1] not in ("idlat_checksum", "id")])
    holder = document
    for part in place[:-1]:
        holder = holder[part]
    _change(holder, place[-1], rng)
    path = key.removesuffix("zarr.json").rstrip("/")
    archive, name = (identity, path) if path else ("", "zarr.json")
    (folder / key).write_bytes(_sealed(document, archive, name, _content(folder, document, path)))


def _sealed(document: dict[str, Any], archive: str, path: str, content: bytes) -> bytes:
    """The bytes of a document with its checksum; without one, if damage leaves no place for it."""
    from idlat.archive.format.zarr_documents import sealed_document

    try:
        return sealed_document(document, archive, path, content)[0]
    except (ValueError, TypeError, AttributeError):  # attributes are no object any more
        return json.dumps(document).encode()


def _content(folder: Path, document: dict[str, Any], path: str) -> bytes:
    """The bytes that an array of one object has in its checksum."""
    chunks = sorted((folder / path / "c").rglob("*")) if path else []
    files = [chunk for chunk in chunks if chunk.is_file()]
    return b"" if _is_bound(document) or len(files) != 1 else files[0].read_bytes()


def _change(holder: Any, key: Any, rng: random.Random) -> None:
    value = holder[key]
    kind = rng.random()
    if kind < 0.15:
        del holder[key]
    elif kind < 0.5 and isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = rng.choice([value + 1, value - 1, -value, value * 2, value / 3, value * 10**6])
    elif kind < 0.4 and isinstance(value, list):
        holder[key] = rng.choice([value[::-1], value[:-1], [*value, *value[-1:]], value * 50])
    elif kind < 0.4 and isinstance(value, str):
        holder[key] = mutate(value.encode(), rng).decode("latin1")
    else:
        holder[key] = rng.choice(_WILD)


def _payload(folder: Path, key: str, identity: str, rng: random.Random) -> None:
    """Damage an object behind its seal; of a coordinate, its document's checksum is made anew, too."""
    from idlat.archive.codecs.sealed_objects import TAG_BYTES, seal_object

    stored = (folder / key).read_bytes()
    array = key.split("/c/")[0]
    document = json.loads((folder / array / "zarr.json").read_text()) if "/c/" in key else {}
    if "/c/" not in key:
        (folder / key).write_bytes(mutate(stored, rng))
    elif _is_bound(document):
        (folder / key).write_bytes(seal_object(mutate(stored[TAG_BYTES:-4], rng), stored[:TAG_BYTES]))
    else:
        damaged = mutate(stored, rng)
        (folder / key).write_bytes(damaged)
        (folder / array / "zarr.json").write_bytes(_sealed(document, identity, array, damaged))


def _is_bound(document: dict[str, Any]) -> bool:
    """Whether the objects of an array carry tags."""
    codecs = document.get("codecs")
    return isinstance(codecs, list) and any("idlat" in str(codec) for codec in codecs)
