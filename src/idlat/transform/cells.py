"""The first transform: each axis of a box either lapped cells or octaves; its coefficients by cell.

    x (Z, Y, X) ──▶ c (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8)

A cell of 8 values has 8 coefficients along an axis: the frequencies 0 to 7 of lapped cells, or the low one
and 1, 2 and 4 high ones of three octaves. A short last cell has as many as values; what it lacks is zero.

Coefficients are scaled by the norms of their functions, so that one quantisation step suits all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.jit import compiles
from idlat.transform.cuts import NO_CUTS, AxisCuts, Cuts, cut_scale
from idlat.transform.lapped import CELL
from idlat.transform.lapped_axis import cells_of, frequency_norms, values_of
from idlat.transform.lines import cells_of_box, values_of_box
from idlat.transform.octaves import band_norms, merge_halves, split_halves
from idlat.transform.subbands import OCTAVES, PER_CELL, Kind, Kinds, Shape, axis_sizes

__all__ = [
    "axis_values",
    "band_of",
    "cell_means",
    "first_in_cell",
    "from_cells",
    "octave_values",
    "put_band",
    "reach",
    "to_cells",
]

Array = NDArray[np.floating[Any]]

_HALO = {"lapped": 1, "octaves": 4}


def reach(kinds: Kinds) -> tuple[int, int, int]:
    """Cells around a box, along each axis, on which its coefficients and its values depend."""
    z, y, x = (_HALO[kind] for kind in kinds)
    return z, y, x


def to_cells(x: Array, kinds: Kinds, cuts: Cuts = NO_CUTS) -> Array:
    """Return the coefficients of a box by cell.

    Parameters
    ----------
    x : ndarray of float
        (Z, Y, X), of any size.
    kinds : three of "lapped" and "octaves"
        The transform along each axis.
    cuts : Cuts
        Where an axis with lapped cells is cut.

    Returns
    -------
    ndarray
        (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8), in the dtype of x.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(10, 3, 17))
    >>> c = to_cells(x, ("octaves", "lapped", "lapped"))
    >>> c.shape
    (2, 8, 1, 8, 3, 8)
    >>> bool(np.allclose(from_cells(c, ("octaves", "lapped", "lapped"), x.shape), x))
    True
    """
    shape: Shape = (x.shape[0], x.shape[1], x.shape[2])
    c = cells_of_box(x, kinds, cuts) if compiles() else _split_box(x, kinds, cuts)
    if cuts != NO_CUTS:
        c *= cut_scale(shape, cuts, c.dtype)
    return c


def _split_box(x: Array, kinds: Kinds, cuts: Cuts) -> Array:
    for axis, kind in enumerate(kinds):
        along = np.moveaxis(x, 2 * axis, 0)
        c = _split_cells(along, cuts[axis]) if kind == "lapped" else _split_octaves(along)
        x = np.moveaxis(c, (0, 1), (2 * axis, 2 * axis + 1))
    return np.ascontiguousarray(x)


def from_cells(c: Array, kinds: Kinds, shape: Shape, cuts: Cuts = NO_CUTS) -> Array:
    """Undo :func:`to_cells`: return the box of `shape`."""
    if cuts != NO_CUTS:
        c = c / cut_scale(shape, cuts, c.dtype)
    if compiles():
        return values_of_box(c, kinds, shape, cuts)
    for axis in (2, 1, 0):
        along, n = np.moveaxis(c, (2 * axis, 2 * axis + 1), (0, 1)), shape[axis]
        x = _join_cells(along, n, cuts[axis]) if kinds[axis] == "lapped" else octave_values(along, n)
        c = np.moveaxis(x, 0, 2 * axis)
    return np.ascontiguousarray(c)


def cell_means(low: Array, kinds: Kinds, shape: Shape) -> Array:
    """Return the means (⌈Z/8⌉, ⌈Y/8⌉, ⌈X/8⌉) of the cells of a box that has none but its lowest subband.

    Examples
    --------
    >>> c = to_cells(np.full((20, 9, 30), 3.0), ("lapped", "octaves", "lapped"))
    >>> means = cell_means(c[:, 0, :, 0, :, 0], ("lapped", "octaves", "lapped"), (20, 9, 30))
    >>> means.shape, bool(np.allclose(means, 3))
    ((3, 2, 4), True)
    """
    for axis, (kind, n) in enumerate(zip(kinds, shape, strict=True)):
        along = np.moveaxis(low, axis, 0)
        c = np.zeros((len(along), CELL, *along.shape[1:]), dtype=low.dtype)
        c[:, 0] = along
        values = (_join_cells if kind == "lapped" else octave_values)(c, n)
        starts = np.arange(0, n, CELL)
        sizes = np.diff([*starts.tolist(), n]).reshape(-1, 1, 1)
        low = np.moveaxis(np.add.reduceat(values, starts) / sizes, 0, axis)
    return low


@lru_cache(maxsize=2)
def first_in_cell(kind: Kind) -> tuple[int, ...]:
    """Where, among the eight coefficients of a cell along an axis, those of each subband begin."""
    return tuple(sum(PER_CELL[kind][:k]) for k in range(len(PER_CELL[kind])))


def put_band(c: NDArray[Any], key: tuple[int, ...], kinds: Kinds, band: NDArray[Any]) -> None:
    """Put a subband (z·n, y·m, x·k), or fewer positions of it, into cells (z, 8, y, 8, x, 8)."""
    per = [PER_CELL[kind][k] for kind, k in zip(kinds, key, strict=True)]
    first = [first_in_cell(kind)[k] for kind, k in zip(kinds, key, strict=True)]
    cells = c.shape[::2]
    room = [(0, n * m - have) for n, m, have in zip(cells, per, band.shape, strict=True)]
    z, y, x = (slice(f, f + m) for f, m in zip(first, per, strict=True))
    shape = [n for count, m in zip(cells, per, strict=True) for n in (count, m)]
    c[:, z, :, y, :, x] = np.pad(band, room).reshape(shape)


def band_of(c: NDArray[Any], key: tuple[int, ...], kinds: Kinds) -> NDArray[Any]:
    """Return what cells (z, 8, y, 8, x, 8) hold of one subband, in shape: (z·n, y·m, x·k)."""
    z, y, x = (
        slice(first_in_cell(kind)[k], first_in_cell(kind)[k] + PER_CELL[kind][k])
        for kind, k in zip(kinds, key, strict=True)
    )
    part = c[:, z, :, y, :, x]
    cells, per = part.shape[::2], part.shape[1::2]
    return part.reshape([n * m for n, m in zip(cells, per, strict=True)])


@lru_cache(maxsize=4)
def _norms(dtype: np.dtype[Any]) -> Array:
    return np.array(frequency_norms(), dtype=dtype)


def _split_cells(x: Array, cuts: AxisCuts = ()) -> Array:
    c = cells_of(x, cuts)
    c *= _norms(c.dtype).reshape(CELL, *(1,) * (c.ndim - 2))
    return c


def _join_cells(c: Array, n: int, cuts: AxisCuts = ()) -> Array:
    c = c * (1 / _norms(c.dtype)).reshape(CELL, *(1,) * (c.ndim - 2))
    return values_of(c, n, cuts)


def _split_octaves(x: Array) -> Array:
    c = np.zeros((-(-len(x) // CELL), CELL, *x.shape[1:]), dtype=x.dtype)
    high = []
    for _ in range(OCTAVES):
        x, fine = split_halves(x)
        high.append(fine)
    bands = zip(
        [x, *high[::-1]], band_norms(OCTAVES), PER_CELL["octaves"], first_in_cell("octaves"), strict=True
    )
    for band, norm, per, first in bands:
        for k in range(per):
            mine = band[k::per]
            c[: len(mine), first + k] = mine * norm
    return c


def axis_values(kind: Kind, k: int, n: int) -> NDArray[np.float64]:
    """Return the functions (n, positions) of one subband along one axis of n values."""
    count = axis_sizes(n, kind)[k]
    per, first = PER_CELL[kind][k], first_in_cell(kind)[k]
    at = np.arange(count)
    c = np.zeros((-(-n // CELL), CELL, count))
    c[at // per, first + at % per, at] = 1
    return np.asarray((_join_cells if kind == "lapped" else octave_values)(c, n))


def octave_values(c: Array, n: int) -> Array:
    """Return the values (n, …) of the coefficients (⌈n/8⌉, 8, …) of octaves along one axis."""
    sizes = axis_sizes(n, "octaves")
    bands = []
    for size, norm, per, first in zip(
        sizes, band_norms(OCTAVES), PER_CELL["octaves"], first_in_cell("octaves"), strict=True
    ):
        part = c[:, first : first + per] * c.dtype.type(1 / norm)
        bands.append(part.reshape(-1, *part.shape[2:])[:size])
    low: Array = bands[0]
    for high in bands[1:]:
        low = merge_halves(low, high)
    return low
