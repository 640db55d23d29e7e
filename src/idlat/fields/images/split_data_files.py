"""Values that a header spreads over files, each a slab of the array: listed, or numbered by a pattern."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from idlat.errors import FieldError
from idlat.fields.arrays.dask_arrays import Readable, to_dask
from idlat.fields.arrays.tiled_array import ArrayTile, TiledArray
from idlat.fields.files.file_checks import data_file_named
from idlat.fields.images.image_field import parse_ints

_MAX_FILES = 100_000


def named_files(header: Path, text: str, lines: Sequence[str]) -> list[Path] | None:
    """Find the files that a header names; None where it names one file, not several.

    Parameters
    ----------
    header
    text
        What stands in the header: ``LIST``, or a pattern such as ``slice%03d.raw 1 40 1``.
    lines
        The lines after it, which are the list.

    Raises
    ------
    FieldError
        If the list is empty or the pattern damaged, or a file is absent or outside the header's folder.
    """
    words = text.split()
    if words[:1] and words[0].upper() == "LIST":
        names = [line.strip() for line in lines if line.strip()]
        if not names:
            raise FieldError(f"{header}: announces a list of data files, which is empty")
    elif "%" in text:
        names = _numbered(header, words)
    else:
        return None
    if len(names) > _MAX_FILES:
        raise FieldError(f"{header}: names {len(names)} data files, more than {_MAX_FILES}: join them first")
    return [data_file_named(header, name) for name in names]


def _numbered(header: Path, words: Sequence[str]) -> list[str]:
    """Fill the numbers of a pattern in, such as C's printf does."""
    if len(words) < 4 or not re.fullmatch(r"[^%]*%0?[0-9]{0,2}[diu][^%]*", words[0]):
        raise FieldError(
            f"{header}: the data files {' '.join(words)!r} are not read: expected a pattern with one %d, and "
            "the first, last and step of its numbers"
        )
    first, last, step = parse_ints(words[1:4], "data file", header, -(2**31))
    if step == 0 or (last - first) // step >= _MAX_FILES:
        raise FieldError(f"{header}: the data files {' '.join(words)!r} are damaged, or too many")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return [words[0].replace("%u", "%d").replace("%i", "%d") % number for number in numbers]


def joined_files(
    header: Path,
    files: Sequence[Path],
    shape: tuple[int, ...],
    dtype: np.dtype,
    open_one: Callable[[Path, tuple[int, ...]], Readable],
) -> Any:
    """Put files together as one lazy array, each an equal part of it, the first one first.

    Parameters
    ----------
    header
        For messages.
    files
    shape
        Of the whole, last axis fastest.
    dtype
        Of the values in memory.
    open_one
        Opens one file, given the shape of its part.

    Raises
    ------
    FieldError
        If the array cannot be cut into so many equal parts.
    """
    axis = next((k for k in range(len(shape)) if math.prod(shape[: k + 1]) >= len(files)), len(shape) - 1)
    outer = math.prod(shape[:axis])
    count, rest = divmod(len(files), outer)
    if rest or count == 0 or shape[axis] % count:
        raise FieldError(f"{header}: names {len(files)} data files, which are no equal parts of {shape}")
    depth = shape[axis] // count
    part = (*(1 for _ in shape[:axis]), depth, *shape[axis + 1 :])
    tiles = []
    for number, file in enumerate(files):
        index, at = divmod(number, count)
        start = (*np.unravel_index(index, shape[:axis] or (1,)),)[: axis or 0]
        corner = (*map(int, start), at * depth, *(0 for _ in shape[axis + 1 :]))
        tiles.append(ArrayTile(corner, open_one(file, part)))
    return to_dask(TiledArray(shape, dtype, tuple(tiles)), stored=part)
