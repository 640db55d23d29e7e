"""The lapped transform: cells of 8 values, overlapping by 4, along an axis of any length.

It is the time-domain form (Tran, Liang and Tu 2003): a pre-filter across each face between two cells, then
a DCT of each cell; its inverse is the inverse DCT, then a post-filter. At the ends nothing is filtered, so
nothing outside is needed. A last cell may be shorter: it has as many coefficients as values, and the filter
across its face is narrower.

    x (n, …) ── pre-filter ── cells (⌈n/8⌉, 8, …) ── DCT ──▶ c (⌈n/8⌉, 8, …)
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELL", "REACH", "cells_of", "dct_matrix", "frequency_norms", "odd_branch", "values_of"]

Array = NDArray[np.floating[Any]]

CELL = 8

# The odd branch of the filter across a face, by how many values it takes on each side. Each maximises the
# coding gain of an AR(1) source of correlation 0.95 for a cell of 8 beside one of that many values (4: two
# cells of 8, 9.62 dB; the DCT alone reaches 8.83).
_ODD_BRANCH = {
    1: ((1.753506,),),
    2: ((1.249039, 0.815847), (-0.243743, 1.389406)),
    3: ((1.036634, 0.795108, 0.368593), (-0.474232, 1.071508, 0.552397), (0.043254, -0.164971, 1.280336)),
    4: (
        (0.954989, 0.783340, 0.354805, 0.239139),
        (-0.551990, 0.900784, 0.618789, 0.235367),
        (0.112354, -0.364659, 1.091616, 0.390381),
        (-0.029476, 0.008154, -0.119551, 1.187909),
    ),
}
#: Values on each side of a face that the filter across it takes.
REACH = 4


@lru_cache(maxsize=16)
def dct_matrix(n: int) -> Array:
    """Return the orthonormal DCT-II of n values, shape (n, n).

    Examples
    --------
    >>> c = dct_matrix(8)
    >>> bool(np.allclose(c @ c.T, np.eye(8)))
    True
    """
    k, i = np.arange(n)[:, None], np.arange(n)[None]
    matrix = np.cos(np.pi * (2 * i + 1) * k / (2 * n)) * math.sqrt(2 / n)
    matrix[0] /= math.sqrt(2)
    return np.asarray(matrix)


@lru_cache(maxsize=16)
def odd_branch(reach: int, inverse: bool) -> Array:
    """Return what the filter across a face does to differences of mirrored values: (reach, reach)."""
    odd = np.array(_ODD_BRANCH[reach])
    return np.linalg.inv(odd) if inverse else odd


@lru_cache(maxsize=16)
def face_filter(reach: int, inverse: bool) -> Array:
    """Return the filter across a face, `reach` values on each side: shape (2·reach, 2·reach).

    Sums of mirrored values pass unchanged, their differences go through the odd branch.
    """
    one, nothing = np.eye(reach), np.zeros((reach, reach))
    flip = one[::-1]
    fold = np.block([[flip, one], [-flip, one]]) / math.sqrt(2)
    return np.asarray(fold.T @ np.block([[one, nothing], [nothing, odd_branch(reach, inverse)]]) @ fold)


def cells_of(x: Array) -> Array:
    """Return the coefficients (⌈n/8⌉, 8, …) of values (n, …); a short last cell's are followed by zeros."""
    n = len(x)
    x = x.copy()
    _filter_faces(x, inverse=False)
    whole, rest = divmod(n, CELL)
    c = np.zeros((-(-n // CELL), CELL, *x.shape[1:]), dtype=x.dtype)
    if whole:
        blocks = x[: whole * CELL].reshape(whole, CELL, -1)
        c[:whole] = np.matmul(_matrix(CELL, x), blocks).reshape(whole, CELL, *x.shape[1:])
    if rest:
        c[-1, :rest] = (_matrix(rest, x) @ x[whole * CELL :].reshape(rest, -1)).reshape(rest, *x.shape[1:])
    return c


def values_of(c: Array, n: int) -> Array:
    """Undo :func:`cells_of`: return values (n, …)."""
    whole, rest = divmod(n, CELL)
    x = np.empty((n, *c.shape[2:]), dtype=c.dtype)
    if whole:
        blocks = c[:whole].reshape(whole, CELL, -1)
        x[: whole * CELL] = np.matmul(_matrix(CELL, c).T, blocks).reshape(whole * CELL, *c.shape[2:])
    if rest:
        x[whole * CELL :] = (_matrix(rest, c).T @ c[-1, :rest].reshape(rest, -1)).reshape(rest, *c.shape[2:])
    _filter_faces(x, inverse=True)
    return x


def _matrix(n: int, like: Array) -> Array:
    return dct_matrix(n).astype(like.dtype, copy=False)


def _filter_faces(x: Array, *, inverse: bool) -> None:
    """Filter values (n, …) across every face between cells, in place; no two filters meet."""
    n = len(x)
    faces = -(-n // CELL) - 1
    if faces < 1:
        return
    last = min(REACH, n - faces * CELL)  # values of the last cell that its filter takes
    full = faces if last == REACH else faces - 1
    if full:
        middle = x[CELL - REACH : full * CELL + REACH].reshape(full, CELL, -1)
        middle[:] = np.matmul(face_filter(REACH, inverse).astype(x.dtype, copy=False), middle)
    if last < REACH:
        ends = x[faces * CELL - last : faces * CELL + last]
        filtered = face_filter(last, inverse).astype(x.dtype, copy=False) @ ends.reshape(2 * last, -1)
        ends[:] = filtered.reshape(ends.shape)


@lru_cache(maxsize=1)
def frequency_norms() -> tuple[float, ...]:
    """Norms of the eight synthesis functions of a cell with neighbours on both sides."""
    middle = np.zeros((3, CELL, CELL))
    middle[1] = np.eye(CELL)
    return tuple(np.sqrt(np.square(values_of(middle, 3 * CELL)).sum(0)).tolist())
