"""Where the axes of a NRRD file lie: their directions, or their spacings and ends; and its times."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.grid.grid_placement import IDENTITY, Placement
from idlat.fields.images.image_field import even_times

Fields = Mapping[str, str]


def vectors(text: str) -> list[list[str]]:
    """Read ``(1,0,0) (0,1,0) none``; an empty list stands for none.

    Examples
    --------
    >>> vectors("(1, 0) none")
    [['1', ' 0'], []]
    """
    return [[] if word == "none" else word[1:-1].split(",") for word in re.findall(r"\([^()]*\)|none", text)]


def world_signs(space: str | None) -> tuple[float, float, float]:
    """Tell which axes of a NRRD space run against those of the field's world.

    The world of a medical image is left-posterior-superior, as in ITK and MetaImage; other spaces are the
    world itself.

    Examples
    --------
    >>> world_signs("right-anterior-superior"), world_signs("LPS")
    ((-1.0, -1.0, 1.0), (1.0, 1.0, 1.0))
    """
    name = (space or "").strip().lower().removesuffix("-time")
    if name in ("right-anterior-superior", "ras", "rast"):
        return (-1.0, -1.0, 1.0)
    if name in ("left-anterior-superior", "las", "last"):
        return (1.0, -1.0, 1.0)
    return (1.0, 1.0, 1.0)


def grid_place(fields: Fields, dims: Sequence[str], sizes: Sequence[int], where: str) -> Placement:
    """Read origin, spacing and direction of the axes x, y and z.

    Parameters
    ----------
    fields
        Of the header.
    dims, sizes
        Names and lengths of the axes, fastest first.
    where
        The file, for messages.

    Raises
    ------
    FieldError
        If they are damaged, or space and time are not apart.
    """
    axes = [dims.index(name) for name in ("x", "y", "z") if name in dims]
    if len(axes) < 2:
        return Placement()
    directions = vectors(fields.get("space directions", ""))
    if len(directions) == len(dims) and all(directions[axis] for axis in axes):
        return _of_directions(fields, dims, axes, where)
    ends = [_axis_ends(fields, axis, len(dims), sizes[axis], where) for axis in axes]
    missing = 3 - len(axes)
    return Placement.parse(
        where, [*(e[0] for e in ends), *[0.0] * missing], [*(e[1] for e in ends), *[1.0] * missing]
    )


def grid_times(fields: Fields, dims: Sequence[str], sizes: Sequence[int], where: str) -> xr.Variable | None:
    """Read the times of evenly spaced steps; None where nothing is said of them."""
    if "time" not in dims:
        return None
    axis = dims.index("time")
    directions = vectors(fields.get("space directions", ""))
    if len(directions) == len(dims) and directions[axis]:
        if len(directions[axis]) != 4:
            return None
        step = _numbers(directions[axis], "direction", where)
        origin = _numbers(_origin(fields, 4), "space origin", where)
        if any(step[:3]):
            raise FieldError(f"{where}: its time axis has a direction in space, {tuple(step)}: not read")
        return even_times(origin[3], step[3], sizes[axis])
    first, spacing = _axis_ends(fields, axis, len(dims), sizes[axis], where)
    return even_times(first, spacing, sizes[axis])


def _of_directions(fields: Fields, dims: Sequence[str], axes: Sequence[int], where: str) -> Placement:
    """Place the axes by their directions in space; time may be a fourth axis of it."""
    directions = vectors(fields.get("space directions", ""))
    rank = len(directions[axes[0]])
    rows = np.eye(3)
    for row, axis in enumerate(axes):
        vector = _numbers(directions[axis], "space direction", where)
        if len(vector) == 4 and "time" in dims and vector[3] == 0:
            vector = vector[:3]
        if not 2 <= len(vector) <= 3:
            raise FieldError(f"{where}: its space direction {directions[axis]} is damaged, or mixes in time")
        rows[row, : len(vector)] = vector
        rows[row, len(vector) :] = 0
    spacing = [math.hypot(*row) for row in rows]
    if 0 in spacing or not np.isfinite(spacing).all():
        raise FieldError(f"{where}: a space direction is zero, or too long")
    direction = rows / np.array(spacing)[:, None]
    origin = [*_numbers(_origin(fields, rank), "space origin", where)[:3], 0.0, 0.0][:3]
    flat = IDENTITY if np.array_equal(direction, np.eye(3)) else direction.reshape(-1).tolist()
    return Placement.parse(where, origin, spacing, flat).mirrored(world_signs(fields.get("space")))


def _origin(fields: Fields, rank: int) -> Sequence[str]:
    return next(iter(vectors(fields.get("space origin", ""))), None) or ["0"] * rank


def _numbers(words: Sequence[str], what: str, where: str) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = [math.nan]
    if not np.isfinite(numbers).all():
        raise FieldError(f"{where}: its {what} {list(words)} is damaged: expected numbers")
    return numbers


def _axis_ends(fields: Fields, axis: int, rank: int, size: int, where: str) -> tuple[float, float]:
    """Give an axis' first position and spacing, as Teem and ITK: samples are cells unless it says nodes."""

    def said(name: str) -> float | None:
        words = fields.get(name, "").split()
        word = words[axis] if len(words) == rank else "nan"
        return None if word.lower() == "nan" else _numbers([word], name, where)[0]

    centers = fields.get("centerings", "").lower().split()
    nodes = len(centers) == rank and centers[axis] == "node"
    low, high, spacing = said("axis mins"), said("axis maxs"), said("spacings")
    if spacing is None and low is not None and high is not None and size > nodes:
        spacing = (high - low) / (size - nodes)
    if spacing is None or low is None:
        return low or 0.0, 1.0 if spacing is None else spacing
    return low + (0.0 if nodes else spacing / 2), spacing
