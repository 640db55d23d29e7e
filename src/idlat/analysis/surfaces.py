"""The latents of isosurfaces in one tile, in the cells that each of them touches.

The coefficients of the model's transform are the same under every map but for a power of two, the level of
the cell, so that those of many isosurfaces are a table with a row for each level, and a choice of rows::

    values ─ voxels within a width of each isovalue, by patch ─▶ levels (n, cells) ─▶ choice (cells, n)
    x ─ model.coefficients ─ ·2^level, rounded, for each level that occurs ─▶ table (cells, levels, K + 1)

What the analysis network makes of them under each map takes a run of it for each (:func:`refined`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ModelError

__all__ = [
    "PATCH",
    "Bands",
    "Encoder",
    "Rows",
    "SurfaceLatents",
    "Table",
    "check_encoder",
    "refined",
    "transformed",
]

Real = NDArray[np.float32]
Slices = tuple[slice, ...]

PATCH = 4
_BATCH_VOXELS = 1 << 19  # encoded at once, unless a tile has more


@runtime_checkable
class Encoder(Protocol):
    """What this asks of a model; those of the presets `default` and `learned` are such."""

    @property
    def cell(self) -> int:
        """Voxels an axis of a latent cell."""

    @property
    def analysis_halo(self) -> int:
        """Voxels of real data that the analysis wants around a tile."""

    def coefficients(self, x: Real, gain: float) -> Real:
        """Return the transform (K, Z/8, Y/8, X/8) of a tile (Z, Y, X), at level 0."""

    def levels(self, shares: Real) -> NDArray[np.int32]:
        """Return levels (B, Z/8, Y/8, X/8) under maps of which (B, Z/4, Y/4, X/4) is the share of ones."""

    def represent(self, x: Real, importance: Real, gain: float) -> NDArray[np.int32]:
        """Return latents (B, C, Z/8, Y/8, X/8) of a tile (Z, Y, X) under maps (B, Z, Y, X)."""


def check_encoder(model: object, name: str) -> Encoder:
    """Return a model that tells isosurfaces apart.

    Raises
    ------
    ModelError
        If it has no transform to do so; `name` is what the error calls it.
    """
    if not isinstance(model, Encoder):
        preset = getattr(model, "preset", "?")
        raise ModelError(
            f"{name}: a model of the preset {preset}; expected one of default or learned, which compare "
            "isosurfaces"
        )
    return model


@dataclass(frozen=True)
class Bands:
    """The values that stand for each isosurface: those nearer to the isovalue than a width.

    Attributes
    ----------
    isovalues : float array (n,)
        Ascending.
    width : float
        In the field's unit.
    """

    isovalues: NDArray[np.float64]
    width: float

    def near(self, values: Real) -> NDArray[np.bool_]:
        """Mark (n, Z, Y, X) the values (Z, Y, X) in each band; NaN is in none."""
        levels = self.isovalues.astype(np.float32)[:, None, None, None]
        found: NDArray[np.bool_] = np.abs(values - levels) < np.float32(self.width)
        return found

    def counts(self, values: Real) -> NDArray[np.int64]:
        """Count the voxels in each band by patches of 4³: (n, Z/4, Y/4, X/4).

        A voxel's bands are neighbours: it adds one from the first of them on and takes it away after the
        last.

        Examples
        --------
        >>> ramp = np.arange(64, dtype=np.float32).reshape(4, 4, 4)
        >>> Bands(np.array([10.0, 20.0, 99.0]), 2.0).counts(ramp).ravel().tolist()
        [3, 3, 0]
        """
        count = len(self.isovalues)
        z, y, x = (n // PATCH for n in values.shape)
        parts = values.astype(np.float64).reshape(z, PATCH, y, PATCH, x, PATCH)
        by_patch = parts.transpose(0, 2, 4, 1, 3, 5).reshape(z * y * x, PATCH**3)
        start = np.arange(len(by_patch))[:, None] * (count + 1)
        first = np.searchsorted(self.isovalues, by_patch - self.width, side="right")
        after = np.searchsorted(self.isovalues, by_patch + self.width, side="left")
        size = len(by_patch) * (count + 1)
        change = np.bincount((start + first).ravel(), minlength=size)
        change -= np.bincount((start + np.maximum(first, after)).ravel(), minlength=size)
        sums = change.reshape(-1, count + 1).cumsum(axis=1)[:, :count]
        return np.ascontiguousarray(sums.T).reshape(count, z, y, x)


class SurfaceLatents(Protocol):
    """The latents of all isosurfaces in a tile."""

    def product(self) -> Real:
        """Return their scalar products (n, n)."""


@dataclass(frozen=True)
class Rows:
    """Latents as they are.

    Attributes
    ----------
    values : float32 array (n, m)
        Without the columns that are zero for all isosurfaces.
    """

    values: Real

    def product(self) -> Real:
        """Return the scalar products (n, n)."""
        return self.values @ self.values.T


@dataclass(frozen=True)
class Table:
    """Latents that are one of a few in each cell.

    Attributes
    ----------
    values : float32 array (cells, levels, K + 1)
        Each cell's latents at each level, the level last.
    choice : int array (cells, n)
        The level of each isosurface, counted from 0; −1 in cells that it does not touch.
    """

    values: Real
    choice: NDArray[np.intp]

    def product(self) -> Real:
        """Return the scalar products (n, n): those of each cell's levels, picked."""
        products = self.values @ self.values.transpose(0, 2, 1)  # (cells, levels, levels)
        picked = (self.choice[..., None] == np.arange(self.values.shape[1])).astype(np.float32)
        picked_rows = (picked @ products).transpose(1, 0, 2)  # (n, cells, levels)
        count = len(picked_rows)
        found: Real = picked_rows.reshape(count, -1) @ picked.transpose(1, 0, 2).reshape(count, -1).T
        return found


def transformed(values: Real, x: Real, core: Slices, bands: Bands, model: Encoder, gain: float) -> Table:
    """Represent isosurfaces by the model's transform.

    Parameters
    ----------
    values, x : float32 array (Z, Y, X)
        A tile as it is, NaN where missing, and normalised.
    core : three slices
        Of its cells: those that count.
    bands : Bands
        The isosurfaces.
    model : Encoder
        The model.
    gain : float
        g.
    """
    counts = bands.counts(values)
    levels = model.levels((counts / PATCH**3).astype(np.float32))[(slice(None), *core)]
    touched = _by_cells(counts > 0, model.cell // PATCH)[(slice(None), *core)]
    used, choice = np.unique(levels, return_inverse=True)
    choice = np.where(touched, choice.reshape(levels.shape), -1).reshape(len(levels), -1).T
    some = (choice >= 0).any(axis=1)
    y = model.coefficients(x, gain)[(slice(None), *core)]
    y = y.reshape(len(y), -1).T[some]
    table = np.empty((len(y), len(used), y.shape[1] + 1), np.float32)
    np.rint(y[:, None] * np.exp2(used, dtype=np.float32)[:, None], out=table[..., :-1])
    table[..., -1] = used
    return Table(table, choice[some])


def refined(values: Real, x: Real, core: Slices, bands: Bands, model: Encoder, gain: float) -> Rows:
    """Represent isosurfaces by what the analysis network makes of them, each under its own map (Eq. 7).

    Parameters are those of :func:`transformed`.
    """
    size = max(_BATCH_VOXELS // max(values.size, 1), 1)
    encoded: list[_Sparse] = []
    for start in range(0, len(bands.isovalues), size):
        group = Bands(bands.isovalues[start : start + size], bands.width)
        encoded += _encode(group.near(values), x, core, model, gain)
    return Rows(_stacked(encoded))


_Sparse = tuple[NDArray[np.intp], Real]
"""Where a row is not 0, and what it is there."""


def _encode(near: NDArray[np.bool_], x: Real, core: Slices, model: Encoder, gain: float) -> Iterator[_Sparse]:
    """Encode the box that some of the maps (n, Z, Y, X) touch; yield each one's latents of touched cells."""
    cell = model.cell
    touched = np.zeros((len(near), *(n // cell for n in x.shape)), bool)
    here = (slice(None), *core)
    touched[here] = _by_cells(near, cell)[here]
    some: NDArray[np.bool_] = np.any(touched, axis=(1, 2, 3))
    latents: Iterator[NDArray[np.int32]] = iter(())
    if some.any():
        cells = _box_around(np.logical_or.reduce(touched), -(-model.analysis_halo // cell))
        box = tuple(slice(part.start * cell, part.stop * cell) for part in cells)
        maps = near[some][(slice(None), *box)].astype(np.float32)
        latents = iter(model.represent(np.ascontiguousarray(x[box]), maps, gain))
    for own, there in zip(touched, some, strict=True):
        if there:
            yield _not_zero(next(latents) * own[cells], cells, own.shape)
        else:
            yield np.empty(0, np.intp), np.empty(0, np.float32)


def _by_cells(marks: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Tell (n, z, y, x) whether any of a cell's size³ entries of (n, Z, Y, X) is marked."""
    count, *shape = marks.shape
    z, y, x = (n // size for n in shape)
    found: NDArray[np.bool_] = np.any(marks.reshape(count, z, size, y, size, x, size), axis=(2, 4, 6))
    return found


def _not_zero(latents: NDArray[np.int32], cells: Slices, shape: tuple[int, ...]) -> _Sparse:
    """Return where latents (C, z, y, x) of a box of cells are not 0, counted in the whole tile, and them."""
    channel, *place = np.nonzero(latents)
    at = np.ravel_multi_index([i + part.start for i, part in zip(place, cells, strict=True)], shape)
    return at * latents.shape[0] + channel, latents[(channel, *place)].astype(np.float32)


def _box_around(touched: NDArray[np.bool_], halo: int) -> Slices:
    """Return the smallest box of cells that holds what is touched, and a halo inside the array."""
    spans = []
    for axis, length in enumerate(touched.shape):
        found = np.flatnonzero(touched.any(axis=tuple(a for a in range(3) if a != axis)))
        spans.append(slice(max(int(found[0]) - halo, 0), min(int(found[-1]) + 1 + halo, length)))
    return tuple(spans)


def _stacked(encoded: list[_Sparse]) -> Real:
    """Return rows of (columns, values) as an array without the columns that are zero everywhere."""
    used = np.zeros(max((int(at.max(initial=-1)) for at, _ in encoded), default=-1) + 1, bool)
    for at, _ in encoded:
        used[at] = True
    place = np.cumsum(used) - 1
    rows = np.zeros((len(encoded), int(used.sum())), np.float32)
    for row, (at, values) in zip(rows, encoded, strict=True):
        row[place[at]] = values
    return rows
