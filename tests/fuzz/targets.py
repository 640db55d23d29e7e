"""What the fuzzer reads: seeds by name, and what is done with each mutant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import seeds

Prepared = tuple[dict[str, Path], Callable[[Path], None]]


def prepare(kind: str, folder: Path) -> Prepared:
    """Make the seeds of a kind, and return what reads one."""
    (place := folder / "seeds").mkdir()
    return {"fields": _fields}[kind](place)


def _fields(folder: Path) -> Prepared:
    return seeds.fields(folder), read_field


def read_field(path: Path) -> None:
    """List a file's variables, open them, and read values and coordinates."""
    from idlat.fields import list_variables, open_field

    raw = {"shape": seeds.SHAPE, "dtype": "float32"} if ".raw" in path.suffixes else {}
    for name in list_variables(path)[:2]:
        field = open_field(path, name, **raw)
        assert field.values.shape == field.shape
        for coordinate in field.coords.values():
            assert coordinate.values.shape == coordinate.shape
