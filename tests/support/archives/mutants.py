"""Damaged and mixed-up copies of archives, of every kind that we know of, drawn from a seed.

An archive is a mapping from keys to bytes here. A mutant gives some keys other bytes, or takes them away, or
puts a symbolic link in their place.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Objects = dict[str, bytes]
Rng = np.random.Generator


@dataclass(frozen=True)
class Link:
    """A symbolic link in place of a file or folder; `key` is of an object outside, as it was inside."""

    key: str


@dataclass(frozen=True)
class Subject:
    """An archive and its relatives.

    Parameters
    ----------
    objects
        The archive's: two variables, appended steps, masks, coordinates, importance, perhaps a model.
    twin
        One of the same shape, of other values.
    fork
        One that began as this one, with other steps appended.
    before
        This one, before steps were appended.
    zipped
        Whether it is tried as a ``.zip``.
    """

    name: str
    objects: Objects
    twin: Objects
    fork: Objects
    before: Objects
    zipped: bool = False


@dataclass(frozen=True)
class Mutant:
    """What became of an archive; `packed` are the bytes of a whole zip file."""

    kind: str
    changes: Mapping[str, bytes | Link | None] = field(default_factory=dict)
    packed: bytes | None = None

    @property
    def leads_out(self) -> bool:
        """Whether it names something outside the archive, so that it may never be read."""
        return self.kind == "link"


def pack(objects: Mapping[str, bytes]) -> bytes:
    """Return a zip file of objects."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for key in sorted(objects):
            packed.writestr(zipfile.ZipInfo(key), objects[key])
    return stream.getvalue()


def _pick(rng: Rng, among: Any) -> Any:
    items = list(among)
    return items[int(rng.integers(len(items)))]


def _documents(objects: Objects) -> list[str]:
    return [key for key in objects if key.endswith("zarr.json")]


def _any_key(objects: Objects, rng: Rng) -> str:
    """Metadata and data equally often."""
    wanted = rng.random() < 0.5
    return str(_pick(rng, [key for key in objects if key.endswith("zarr.json") == wanted]))


def _bit_flip(content: bytes, rng: Rng) -> bytes:
    changed = bytearray(content)
    changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def flip(subject: Subject, rng: Rng) -> dict[str, Any]:
    key = _any_key(subject.objects, rng)
    return {key: _bit_flip(subject.objects[key], rng)}


def cut(subject: Subject, rng: Rng) -> dict[str, Any]:
    key = _any_key(subject.objects, rng)
    return {key: subject.objects[key][: int(rng.integers(len(subject.objects[key])))]}


def extend(subject: Subject, rng: Rng) -> dict[str, Any]:
    key = _any_key(subject.objects, rng)
    tail = _pick(rng, [b"\0", b" ", b"}", rng.bytes(7), subject.objects[key]])
    return {key: subject.objects[key] + tail}


def empty(subject: Subject, rng: Rng) -> dict[str, Any]:
    return {_any_key(subject.objects, rng): b""}


def remove(subject: Subject, rng: Rng) -> dict[str, Any]:
    if rng.random() < 0.7:
        return {_any_key(subject.objects, rng): None}
    folder = _pick(rng, sorted({key.rsplit("/", 1)[0] for key in subject.objects if "/" in key}))
    return {key: None for key in subject.objects if key.startswith(f"{folder}/")}


def _exchanged(objects: Objects, one: str, other: str) -> dict[str, Any]:
    return {one: objects[other], other: objects[one]}


def swap_inside(subject: Subject, rng: Rng) -> dict[str, Any]:
    """Two chunks of one array: places, steps."""
    chunks = [key for key in subject.objects if "/c/" in key]
    one = _pick(
        rng, [key for key in chunks if sum(k.split("/c/")[0] == key.split("/c/")[0] for k in chunks) > 1]
    )
    array = one.split("/c/")[0]
    return _exchanged(
        subject.objects,
        one,
        _pick(rng, [key for key in chunks if key.startswith(f"{array}/c/") and key != one]),
    )


def swap_across(subject: Subject, rng: Rng) -> dict[str, Any]:
    """The same place of two variables: an object, an array, or everything."""
    first, second = "u/", "v/"
    keys = [key for key in subject.objects if key.startswith(first)]
    one = _pick(rng, keys)
    prefix = _pick(rng, [one, one.split("/c/")[0], first])
    changes: dict[str, Any] = {}
    for key in keys:
        if key.startswith(prefix) and (other := second + key[len(first) :]) in subject.objects:
            changes.update(_exchanged(subject.objects, key, other))
    return changes


def swap_any(subject: Subject, rng: Rng) -> dict[str, Any]:
    one, other = rng.choice(sorted(subject.objects), 2, replace=False)
    return _exchanged(subject.objects, str(one), str(other))


def copy_over(subject: Subject, rng: Rng) -> dict[str, Any]:
    """One object in place of another of the same kind, as a slip of the hand would."""
    wanted = "zarr.json" if rng.random() < 0.3 else "/c/"
    one, other = rng.choice([key for key in sorted(subject.objects) if wanted in key], 2, replace=False)
    return {str(one): subject.objects[str(other)]}


def _taken_from(subject: Subject, other: Objects, rng: Rng) -> dict[str, Any]:
    key = _pick(rng, [key for key in other if other[key] != subject.objects.get(key)])
    parts = key.split("/")
    prefix = "/".join(parts[: int(rng.integers(1, len(parts) + 1))])
    keys = [k for k in sorted({*other, *subject.objects}) if k == prefix or k.startswith(f"{prefix}/")]
    return {k: other.get(k) for k in keys}


def from_twin(subject: Subject, rng: Rng) -> dict[str, Any]:
    return _taken_from(subject, subject.twin, rng)


def from_fork(subject: Subject, rng: Rng) -> dict[str, Any]:
    return _taken_from(subject, subject.fork, rng)


def from_before(subject: Subject, rng: Rng) -> dict[str, Any]:
    return _taken_from(subject, subject.before, rng)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _edited(
    subject: Subject,
    rng: Rng,
    change: Callable[[Any, Any, Rng], None],
    wanted: Callable[[tuple[Any, ...], Any], bool] = lambda place, value: True,  # noqa: ARG005
) -> dict[str, Any]:
    """Change one member of one document; `change` is given what holds it and its key."""
    found: list[tuple[str, tuple[Any, ...]]] = []
    while not found:
        key = _pick(rng, _documents(subject.objects))
        document = json.loads(subject.objects[key])
        places = [p for p in _places(document) if wanted(p, _at(document, p))]
        found = [(key, place) for place in places]
    key, place = _pick(rng, found)
    document = json.loads(subject.objects[key])
    change(_at(document, place[:-1]), place[-1], rng)
    return {key: json.dumps(document, indent=2).encode()}


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _other_value(value: Any, rng: Rng) -> Any:
    near: list[Any] = [None, True, "", "x", [], {}, 0, -1, 2**70, 1e300, float("nan"), [value], {"a": value}]
    if isinstance(value, bool):
        near = [not value]
    elif isinstance(value, int | float):
        near += [value + 1, -value, value * 2, value * (1 + 1e-9), value + 1e-6, str(value)] * 3
    elif isinstance(value, str) and value:
        near += [value[:-1], value.upper(), value + "_", value[::-1], "0" + value[1:]] * 3
    elif isinstance(value, list):
        near += [value[::-1], value[:-1], [*value, *value[-1:]]] * 4
    return _pick(rng, near)


def edit(subject: Subject, rng: Rng) -> dict[str, Any]:
    def change(holder: Any, key: Any, rng: Rng) -> None:
        holder[key] = _other_value(holder[key], rng)

    return _edited(subject, rng, change)


def drop_member(subject: Subject, rng: Rng) -> dict[str, Any]:
    def change(holder: Any, key: Any, rng: Rng) -> None:
        del holder[key]

    return _edited(subject, rng, change)


def add_member(subject: Subject, rng: Rng) -> dict[str, Any]:
    def change(holder: Any, key: Any, rng: Rng) -> None:
        if isinstance(holder, dict):
            holder[f"{key}_"] = holder[key]
        else:
            holder.insert(int(rng.integers(len(holder) + 1)), holder[key])

    return _edited(subject, rng, change)


def path_edit(subject: Subject, rng: Rng) -> dict[str, Any]:
    """Names and paths that lead elsewhere: outside, or to another part of the archive."""

    def change(holder: Any, key: Any, rng: Rng) -> None:
        name = str(holder[key])
        holder[key] = _pick(
            rng,
            [
                *(
                    f"/{name}",
                    f"../{name}",
                    f"../outside/{name}",
                    f"{name}/../{name}",
                    f"./{name}",
                    f"{name}/",
                ),
                *("u", "v", "z", "time", "model", "/etc/passwd", "..", ".", "c:\\x", "u/latents", "\0", "~"),
            ],
        )

    named = {"path", "name", "model", "text", "preset", "model_sha256", "id"}
    return _edited(subject, rng, change, lambda place, value: place[-1] in named and isinstance(value, str))


def deep(subject: Subject, rng: Rng) -> dict[str, Any]:
    key = _pick(rng, _documents(subject.objects))
    depth = int(_pick(rng, [900, 5000, 200_000]))
    nested = _pick(rng, ["[", '{"a":']) * depth
    closed = nested + ("1" + "]" * depth if nested[0] == "[" else "1" + "}" * depth)
    text = subject.objects[key].decode()
    content = _pick(rng, [nested, closed, text.replace("{", f'{{"deep": {closed},', 1)])
    return {key: content.encode()}


def giant(subject: Subject, rng: Rng) -> dict[str, Any]:
    """Shapes, chunks and counts that no machine holds."""

    def change(holder: Any, key: Any, rng: Rng) -> None:
        large = int(_pick(rng, [2**31, 2**40, 2**62, 10**30]))
        holder[key] = [large] * len(holder[key]) if isinstance(holder[key], list) else large

    def sized(place: tuple[Any, ...], value: Any) -> bool:
        named = {"shape", "chunk_shape", "cells", "steps", "components", "cell"} & set(map(str, place))
        return bool(named) and (isinstance(value, int) or (isinstance(value, list) and bool(value)))

    return _edited(subject, rng, change, sized)


def consolidated(subject: Subject, rng: Rng) -> dict[str, Any]:
    """What ``zarr.consolidate_metadata`` adds to the root, right or wrong."""
    root = json.loads(subject.objects["zarr.json"])
    metadata = {}
    for key in _documents(subject.objects):
        if "/" in key:
            source = _pick(rng, [subject.objects, subject.twin])
            metadata[key.rsplit("/", 1)[0]] = json.loads(source.get(key, subject.objects[key]))
    whole = {"kind": "inline", "must_understand": False, "metadata": metadata}
    root["consolidated_metadata"] = _pick(rng, [whole, whole, [], "x", None])
    return {"zarr.json": json.dumps(root).encode()}


def extra(subject: Subject, rng: Rng) -> dict[str, Any]:
    """Objects that nothing names: chunks past the end, arrays, an append that never was."""
    key = _any_key(subject.objects, rng)
    parts = key.split("/")
    other = [*parts[:-1], _pick(rng, ["99", "x", "zarr.json.bak", "..data"])]
    name = _pick(
        rng, ["/".join(other), f"w/{key}", f"{key}.partial", "appending.json", ".zgroup", "zarr.jsonx"]
    )
    return {name: subject.objects[key]}


def model_replaced(subject: Subject, rng: Rng) -> dict[str, Any]:
    """Another model where the archive carries one, else one where it carries none."""
    other = rng.bytes(200)
    keys = [key for key in subject.objects if key.startswith("model/")]
    if not keys:
        source = {f"model/{key[2:]}": data for key, data in subject.objects.items() if key.startswith("z/")}
        return dict(source)
    chunk = "model/c/0"
    return _pick(
        rng,
        [
            {chunk: other},
            {chunk: subject.objects[chunk][::-1]},
            {key: subject.objects[key.replace("model/", "z/")] for key in keys},
            {chunk: _bit_flip(subject.objects[chunk], rng)},
        ],
    )


def link(subject: Subject, rng: Rng) -> dict[str, Any]:
    """A link in place of a file or a folder, to the very same bytes outside."""
    key = _any_key(subject.objects, rng)
    parts = key.split("/")
    prefix = "/".join(parts[: int(rng.integers(1, len(parts) + 1))])
    gone = {k: None for k in subject.objects if k == prefix or k.startswith(f"{prefix}/")}
    return {**gone, prefix: Link(prefix)}


INSIDE: list[Callable[[Subject, Rng], dict[str, Any]]] = [
    flip,
    flip,
    cut,
    extend,
    empty,
    remove,
    swap_inside,
    swap_across,
    swap_any,
    copy_over,
    from_twin,
    from_fork,
    from_before,
    edit,
    edit,
    drop_member,
    add_member,
    path_edit,
    deep,
    giant,
    consolidated,
    extra,
    model_replaced,
]


def zip_flip(content: bytes, rng: Rng) -> bytes:
    return _bit_flip(content, rng)


def zip_cut(content: bytes, rng: Rng) -> bytes:
    return content[: int(rng.integers(len(content)))]


def zip_extend(content: bytes, rng: Rng) -> bytes:
    return content + rng.bytes(int(rng.integers(1, 40)))


def zip_empty(content: bytes, rng: Rng) -> bytes:
    return b""


def zip_twice(content: bytes, rng: Rng) -> bytes:
    """A member that is there twice, the second time another's."""
    stream = io.BytesIO(content)
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a") as packed:
        warnings.simplefilter("ignore")
        names = packed.namelist()
        packed.writestr(zipfile.ZipInfo(_pick(rng, names)), packed.read(_pick(rng, names)))
    return stream.getvalue()


def zip_upwards(content: bytes, rng: Rng) -> bytes:
    """Members whose names lead out of the archive."""
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as packed:
        name = _pick(rng, packed.namelist())
        packed.writestr(zipfile.ZipInfo(_pick(rng, [f"../{name}", f"/{name}", f"../../{name}"])), b"outside")
    return stream.getvalue()


ZIPPED = [zip_flip, zip_flip, zip_cut, zip_extend, zip_empty, zip_twice, zip_upwards]


def draw(subject: Subject, rng: Rng) -> Mutant:
    """Draw one mutant of an archive that differs from it."""
    while True:
        made = _draw(subject, rng)
        if made.packed is not None or any(
            subject.objects.get(key) != value for key, value in made.changes.items()
        ):
            return made


def _draw(subject: Subject, rng: Rng) -> Mutant:
    if subject.zipped and rng.random() < 0.3:
        change = _pick(rng, ZIPPED)
        return Mutant(change.__name__, packed=change(pack(subject.objects), rng))
    alter = _pick(rng, INSIDE if subject.zipped else [*INSIDE, link, link])
    return Mutant(alter.__name__, alter(subject, rng))


def lay(folder: Path, objects: Mapping[str, bytes]) -> None:
    """Write objects as files."""
    for key, content in objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
