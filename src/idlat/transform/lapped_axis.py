"""The lapped transform: cells of 8 values, overlapping by 4, along an axis of any length.

It is the time-domain form (Tran, Liang and Tu 2003): a pre-filter across each face between two cells, then
a DCT of each cell; its inverse is the inverse DCT, then a post-filter. At the ends nothing is filtered, so
nothing outside is needed. A last cell may be shorter: it has as many coefficients as values, and the filter
across its face is narrower. So are those of the parts of a cell that is cut (:mod:`idlat.transform.cuts`).

    x (n, …) ── pre-filter ── cells (⌈n/8⌉, 8, …) ── DCT ──▶ c (⌈n/8⌉, 8, …)
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.transform.cuts import AxisCuts, axis_parts
from idlat.transform.lapped import CELL, dct_matrix, face_filter

__all__ = ["cells_of", "frequency_norms", "values_of"]

Array = NDArray[np.floating[Any]]


def cells_of(x: Array, cuts: AxisCuts = ()) -> Array:
    """Return the coefficients (⌈n/8⌉, 8, …) of values (n, …); a short last cell's are followed by zeros."""
    n = len(x)
    c = np.zeros((-(-n // CELL) * CELL, *x.shape[1:]), dtype=x.dtype)
    c[:n] = x
    _filter_faces(c, n, cuts, inverse=False)
    c = c.reshape(-1, CELL, *x.shape[1:])
    _transform_cells(c, n, cuts, inverse=False)
    return c


def values_of(c: Array, n: int, cuts: AxisCuts = ()) -> Array:
    """Undo :func:`cells_of`: return values (n, …)."""
    c = c.copy()
    _transform_cells(c, n, cuts, inverse=True)
    x = c.reshape(-1, *c.shape[2:])[:n]
    _filter_faces(x, n, cuts, inverse=True)
    return x


def _transform_cells(c: Array, n: int, cuts: AxisCuts, *, inverse: bool) -> None:
    """Multiply cells (⌈n/8⌉, 8, …) by their matrices, in place."""
    special = {parts.cell: parts for parts in axis_parts(n, cuts).cells}
    whole = [cell for cell in range(len(c)) if cell not in special]
    matrix = dct_matrix(CELL).T if inverse else dct_matrix(CELL)
    c[whole] = _product(matrix, c[whole])
    for cell, parts in special.items():
        m = sum(parts.lengths)
        c[cell, :m] = _product(parts.matrix(inverse=inverse), c[cell, :m][None])[0]


def _product(matrix: Array, cells: Array) -> Array:
    """The products of a matrix (m, m) with cells (count, m, …)."""
    flat = cells.reshape(len(cells), len(matrix), math.prod(cells.shape[2:]))
    return np.asarray(np.matmul(matrix.astype(cells.dtype, copy=False), flat)).reshape(cells.shape)


def _filter_faces(x: Array, n: int, cuts: AxisCuts, *, inverse: bool) -> None:
    """Filter values (n, …) across every face between cells, in place; no two filters meet."""
    for face, reach in enumerate(axis_parts(n, cuts).reaches, 1):
        if reach:
            around = x[face * CELL - reach : face * CELL + reach]
            filtered = face_filter(reach, inverse).astype(x.dtype, copy=False) @ around.reshape(2 * reach, -1)
            around[:] = filtered.reshape(around.shape)


@lru_cache(maxsize=1)
def frequency_norms() -> tuple[float, ...]:
    """Norms of the eight synthesis functions of a cell with neighbours on both sides."""
    middle = np.zeros((3, CELL, CELL))
    middle[1] = np.eye(CELL)
    return tuple(np.sqrt(np.square(values_of(middle, 3 * CELL)).sum(0)).tolist())
