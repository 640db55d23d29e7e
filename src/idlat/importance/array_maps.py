"""Arrays and files as maps on a field's grid, checked before they are used."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.fields import locate, open_field, recognise
from idlat.importance.field_view import FieldView
from idlat.importance.importance_map import ImportanceMap, checked
from idlat.importance.resample_maps import on_grid
from idlat.tiling import Box

__all__ = ["array_map", "file_map", "hash_file", "hash_text", "open_map"]


def array_map(
    array: xr.DataArray | NDArray[Any], view: FieldView, name: str = "importance map"
) -> tuple[ImportanceMap, str]:
    """Check an array as a map on a field's grid, and wrap it.

    Returns
    -------
    (ImportanceMap, str)
        The map, and the SHA-256 of the array's float32 values in C order.

    Raises
    ------
    ImportanceError
        If it has another shape and the view does not resample, NaN, or values outside [0, 1].
    """
    if np.dtype(array.dtype).kind not in "biuf":
        raise ImportanceError(f"{name} has dtype {array.dtype}, expected numbers from 0 to 1")
    source = on_grid(array, view, name)
    given = source.view
    digest = hashlib.sha256()
    (_, depth), y, x = given.everything
    thick = max(1, (1 << 22) // (given.shape[1] * given.shape[2]))
    for step in range(given.steps):
        for start in range(0, depth, thick):
            part = checked(given.read(step, ((start, min(start + thick, depth)), y, x)), name)
            digest.update(np.ascontiguousarray(part, "<f4").data)

    def evaluate(step: int, box: Box) -> NDArray[np.float32]:
        return checked(source.read(step, box), name)

    return ImportanceMap(view, evaluate, name, keep=source.axes is not None), digest.hexdigest()


def open_map(path: str | os.PathLike[str], view: FieldView) -> xr.DataArray:
    """Open a file as a map of a field; a raw one must hold float32 in the field's shape."""
    place = locate(path)[0]
    kind = recognise(place)
    if kind not in ("raw", "raw.gz"):
        return open_field(place, booleans=True)
    size = os.stat(place).st_size
    shape = view.field.shape if size == 4 * view.field.size else view.shape
    return open_field(place, shape=shape, dtype="float32", format=kind)


def file_map(path: str | os.PathLike[str], view: FieldView) -> ImportanceMap:
    """Open a map on a field's grid from a file; see :class:`idlat.importance.families.MapFile`."""
    return array_map(open_map(path, view), view, f"importance map {Path(path).name!r}")[0]


def hash_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file; of a folder, as Zarr stores are, that of its files' names and hashes."""
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        names = [f"{file.relative_to(path).as_posix()} {hash_file(file)}\n" for file in files]
        return hash_text("".join(names))
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_text(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
