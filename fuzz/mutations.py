"""Seeded damage to files: flipped bits, cuts, splices, wild numbers, deep nesting."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

_POWERS = (15, 16, 31, 32, 53, 63, 64)
_WILD = [0, 1, 2, 255, 10**9, 10**12, *(2**power - 1 for power in _POWERS), *(2**power for power in _POWERS)]
_WORDS = [b"", b"nan", b"-1", b"1e308", b"-inf", b"2000", b"null", b"true", b"\xff", b"[]", b"{}", b'"x"']
_NUMBER = re.compile(rb"-?\d+(\.\d+)?([eE][-+]?\d+)?")


def _flip(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _cut(data: bytearray, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))]


def _drop(data: bytearray, rng: random.Random) -> bytearray:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 8, 64, 512))]
    return data


def _splice(data: bytearray, rng: random.Random) -> bytearray:
    start, size = rng.randrange(len(data)), rng.choice((4, 8, 64, 512))
    source = rng.randrange(len(data))
    data[start : start + size] = data[source : source + size]
    return data


def _overwrite(data: bytearray, rng: random.Random) -> bytearray:
    """Put a wild integer of 1, 2, 4 or 8 bytes somewhere."""
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice(_WILD) % 256**size
    start = rng.randrange(max(1, len(data) - size))
    data[start : start + size] = value.to_bytes(size, rng.choice(("little", "big")))
    return data


def _number(data: bytearray, rng: random.Random) -> bytearray:
    """Replace a number that is written out in the first part of a file."""
    found = list(_NUMBER.finditer(bytes(data[:20_000])))
    if not found:
        return _overwrite(data, rng)
    match = rng.choice(found)
    wild = rng.choice([*_WORDS, *(str(number).encode() for number in _WILD)])
    data[match.start() : match.end()] = wild
    return data


def _sizes(data: bytearray, rng: random.Random) -> bytearray:
    """Replace every occurrence of a number, so that what is announced stays consistent."""
    found = sorted({match[0] for match in _NUMBER.finditer(bytes(data[:20_000]))})
    if not found:
        return _overwrite(data, rng)
    old, new = rng.choice(found), str(rng.choice(_WILD)).encode()
    return bytearray(re.sub(rb"(?<![\w.])" + re.escape(old) + rb"(?![\w.])", new, bytes(data)))


def _nest(data: bytearray, rng: random.Random) -> bytearray:
    """Replace a value by one nested thousands of times."""
    depth = rng.choice((60, 500, 990, 5_000, 100_000))
    deep = b"[" * depth + b"]" * depth if rng.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth
    found = list(_NUMBER.finditer(bytes(data[:20_000])))
    if not found:
        return bytearray(deep)
    match = rng.choice(found)
    data[match.start() : match.end()] = deep
    return data


_BINARY: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    _flip, _flip, _cut, _drop, _splice, _overwrite, _overwrite,
)  # fmt: skip
_TEXT = (_number, _number, _sizes, _nest)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Damage a file's content in one of many ways."""
    if not data:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
    head = data[:400]
    textual = sum(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head) > 0.8 * len(head)
    changes = (*_BINARY, *_TEXT) if textual else _BINARY
    return bytes(rng.choice(changes)(bytearray(data), rng))


def mutate_path(source: Path, target: Path, rng: random.Random) -> str:
    """Copy a file or a folder with one file in it damaged or lost; return what was done."""
    if source.is_file():
        target.write_bytes(mutate(source.read_bytes(), rng))
        for beside in source.parent.iterdir():  # files that a header names
            if beside != source and beside.is_file() and not (target.parent / beside.name).exists():
                shutil.copyfile(beside, target.parent / beside.name)
        return target.name
    shutil.copytree(source, target)
    files = sorted(path for path in target.rglob("*") if path.is_file())
    described = [
        path for path in files if path.suffix == ".json" or path.name.startswith((".z", "Header", "Cell_H"))
    ]
    chosen = rng.choice(described if described and rng.random() < 0.7 else files)
    if rng.random() < 0.05:
        chosen.unlink()
        return f"{chosen.relative_to(target)} lost"
    chosen.write_bytes(mutate(chosen.read_bytes(), rng))
    return str(chosen.relative_to(target))
