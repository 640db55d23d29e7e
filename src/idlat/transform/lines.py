"""The first transform of a box to coefficients by cell, compiled: one axis after the other, in place.

    x (Z, Y, X) ──▶ c (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8)

Along an axis a cell of 8 values has the frequencies 0 to 7 of lapped cells, or the low one, 1, 2 and 4 high
ones of three octaves. A short last cell has as many as values; what it lacks is 0.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idlat.exact_math import on_grid
from idlat.transform.cuts import NO_CUTS, WHOLE, AxisCuts, CellParts, Cuts, axis_parts
from idlat.transform.lapped import CELL, REACH, odd_branch
from idlat.transform.lapped_axis import frequency_norms
from idlat.transform.octaves import SCALE, STEPS, band_norms
from idlat.transform.subbands import OCTAVES, PER_CELL, Kind, Kinds, Shape, axis_sizes

if TYPE_CHECKING:
    from idlat.transform.line_kernels import LappedNumbers, OctaveNumbers

__all__ = ["cell_matrix", "cells_of_box", "face_change", "values_of_box"]

Array = NDArray[np.floating[Any]]


def cells_of_box(x: Array, kinds: Kinds, cuts: Cuts = NO_CUTS) -> Array:
    """Return the coefficients of a box by cell.

    Parameters
    ----------
    x : ndarray of float32 or float64
        (Z, Y, X), of any size.
    kinds : three of "lapped" and "octaves"
        The transform along each axis.
    cuts : Cuts
        Of the axes with lapped cells.

    Returns
    -------
    ndarray
        (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8), of x's dtype.
    """
    c = np.zeros([-(-n // CELL) * CELL for n in x.shape], dtype=x.dtype)
    c[tuple(slice(n) for n in x.shape)] = x
    for axis, kind in enumerate(kinds):
        _transform_axis(c, axis, x.shape[axis], kind, cuts[axis], inverse=False)
    return c.reshape([m for n in c.shape for m in (n // CELL, CELL)])


def values_of_box(
    c: Array, kinds: Kinds, shape: Shape, cuts: Cuts = NO_CUTS, *, exact: bool = False
) -> Array:
    """Undo :func:`cells_of_box`: return the box of `shape`; with `exact`, the same bits on every machine.

    Raises
    ------
    ValueError
        If the box has not as many cells.
    """
    if c.shape != tuple(m for n in shape for m in (-(-n // CELL), CELL)):
        raise ValueError(f"cells of a box of {shape} voxels have another shape than {c.shape}")
    x = np.array(c, order="C").reshape([c.shape[axis] * CELL for axis in (0, 2, 4)])
    for axis in (2, 1, 0):
        _transform_axis(x, axis, shape[axis], kinds[axis], cuts[axis], inverse=True, exact=exact)
    return np.ascontiguousarray(x[tuple(slice(n) for n in shape)])


def _transform_axis(
    c: Array, axis: int, n: int, kind: Kind, cuts: AxisCuts, *, inverse: bool, exact: bool = False
) -> None:
    """Transform a box (Z, Y, X) in whole cells, C-contiguous, along an axis that has n values, then zeros."""
    from idlat.transform import line_kernels

    length, step = c.shape[axis], math.prod(c.shape[axis + 1 :])
    if axis == 2:
        groups, group_step, lines, line_step = 1, c.size, c.size // length, length
    else:
        groups, group_step, lines, line_step = math.prod(c.shape[:axis]), length * step, step, 1
    at = line_kernels.Lines(groups, group_step, lines, line_step, n, step, _order(n, kind))
    if kind == "lapped":
        numbers = _lapped_numbers(n, cuts, inverse, c.dtype, exact)
        line_kernels.lapped_lines(c.reshape(-1), at, numbers, inverse)
    else:
        line_kernels.octave_lines(c.reshape(-1), at, _octave_numbers(inverse, c.dtype, exact), inverse)


@lru_cache(maxsize=256)
def _order(n: int, kind: Kind) -> NDArray[np.int64]:
    """Where in a line each coefficient stands, band after band; places that are left over come last."""
    whole = np.arange(-(-n // CELL) * CELL)
    if kind == "lapped":
        return whole
    parts, first = [], 0
    for size, per in zip(axis_sizes(n, kind), PER_CELL["octaves"], strict=True):
        of_band = np.arange(size)
        parts.append(of_band // per * CELL + first + of_band % per)
        first += per
    taken = np.concatenate(parts)
    return np.concatenate([taken, np.setdiff1d(whole, taken)])


@lru_cache(maxsize=256)
def _lapped_numbers(
    n: int, cuts: AxisCuts, inverse: bool, dtype: np.dtype[Any], exact: bool
) -> LappedNumbers:
    from idlat.transform.line_kernels import LappedNumbers

    whole, parts = cell_matrix(WHOLE, inverse=inverse), axis_parts(n, cuts)
    even, odd = (whole[:4, ::2], whole[:4, 1::2]) if inverse else (whole[::2, :4], whole[1::2, :4])
    others = np.zeros((len(parts.cells), CELL, CELL))
    for other, cell in zip(others, parts.cells, strict=True):
        m = sum(cell.lengths)
        other[:m, :m] = cell_matrix(cell, inverse=inverse)
    changes = np.array([face_change(reach, inverse=inverse) for reach in range(REACH + 1)])
    even, odd, others, changes = (
        np.ascontiguousarray(on_grid(given) if exact else given, dtype=dtype)
        for given in (even, odd, others, changes)
    )
    cells = np.array([cell.cell for cell in parts.cells], dtype=np.int64)
    return LappedNumbers(even, odd, others, changes, cells, np.array(parts.reaches, dtype=np.int64))


def cell_matrix(parts: CellParts, *, inverse: bool) -> NDArray[np.float64]:
    """From the m values of a cell to coefficients, scaled by the norms of frequencies; or back: (m, m)."""
    matrix, norms = parts.matrix(inverse=inverse), np.array(frequency_norms())[: sum(parts.lengths)]
    return np.asarray(matrix / norms if inverse else matrix * norms[:, None])


def face_change(reach: int, *, inverse: bool) -> NDArray[np.float64]:
    """What half the differences of mirrored values change by: (4, 4)."""
    if not reach:
        return np.zeros((REACH, REACH))
    change = (odd_branch(reach, inverse) - np.eye(reach)) / 2
    return np.pad(change, (0, REACH - reach))


@lru_cache(maxsize=8)
def _octave_numbers(inverse: bool, dtype: np.dtype[Any], exact: bool) -> OctaveNumbers:
    from idlat.transform.line_kernels import OctaveNumbers

    steps, scales, norms = np.array(STEPS), np.array([SCALE, 1 / SCALE]), np.array(band_norms(OCTAVES))
    norms = on_grid(norms) if exact else norms
    if inverse:
        steps, scales, norms = -steps[::-1], scales[::-1], 1 / norms
    return OctaveNumbers(*(np.ascontiguousarray(numbers, dtype=dtype) for numbers in (steps, scales, norms)))
