"""The inverse of the first transform in float64, the same bits on every machine.

Every value is a fixed sequence of sums and products, element by element, with numbers of few bits: no matrix
product whose order a library chooses. The compiled form and this one in NumPy give the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.exact_math import on_grid
from idlat.jit import compiles
from idlat.transform.cuts import NO_CUTS, WHOLE, AxisCuts, Cuts, axis_parts, cut_scale
from idlat.transform.lapped import CELL, REACH
from idlat.transform.lines import cell_matrix, face_change, values_of_box
from idlat.transform.octaves import band_norms, merge_halves
from idlat.transform.subbands import OCTAVES, PER_CELL, Kinds, Shape, axis_sizes

__all__ = ["exact_values"]

Array = NDArray[np.float64]


def exact_values(c: Array, kinds: Kinds, shape: Shape, cuts: Cuts = NO_CUTS) -> Array:
    """Return the values (Z, Y, X) of coefficients by cell.

    Parameters
    ----------
    c : ndarray of float64
        (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8), as :func:`idlat.transform.cells.to_cells` gives them.
    kinds : three of "lapped" and "octaves"
    shape : Shape
        Of the box.
    cuts : Cuts
        Of its axes with lapped cells.

    Examples
    --------
    >>> from idlat.transform.cells import to_cells
    >>> x, kinds = np.random.default_rng(0).normal(size=(10, 3, 17)), ("octaves", "lapped", "lapped")
    >>> bool(np.allclose(exact_values(to_cells(x, kinds), kinds, x.shape), x))
    True
    """
    if cuts != NO_CUTS:
        c = c / cut_scale(shape, cuts, c.dtype)
    if compiles():
        return np.asarray(values_of_box(c, kinds, shape, cuts, exact=True))
    for axis in (2, 1, 0):
        along = np.moveaxis(c, (2 * axis, 2 * axis + 1), (0, 1))
        n = shape[axis]
        x = _lapped_values(along, n, cuts[axis]) if kinds[axis] == "lapped" else _octave_values(along, n)
        c = np.moveaxis(x, 0, 2 * axis)
    return np.ascontiguousarray(c)


def _octave_values(c: Array, n: int) -> Array:
    """Values (n, …) of coefficients (⌈n/8⌉, 8, …) of octaves."""
    bands, first = [], 0
    for size, norm, per in zip(
        axis_sizes(n, "octaves"), on_grid(band_norms(OCTAVES)), PER_CELL["octaves"], strict=True
    ):
        part = c[:, first : first + per] * (1 / norm)
        bands.append(part.reshape(-1, *part.shape[2:])[:size])
        first += per
    low = bands[0]
    for high in bands[1:]:
        low = merge_halves(low, high)
    return np.asarray(low, np.float64)


class _Matrices(NamedTuple):
    even: Array
    odd: Array
    others: dict[int, Array]
    changes: list[Array]


@lru_cache(maxsize=256)
def _matrices(n: int, cuts: AxisCuts) -> _Matrices:
    whole = on_grid(cell_matrix(WHOLE, inverse=True))
    others = {parts.cell: on_grid(cell_matrix(parts, inverse=True)) for parts in axis_parts(n, cuts).cells}
    changes = [on_grid(face_change(reach, inverse=True)) for reach in range(REACH + 1)]
    return _Matrices(whole[:4, ::2], whole[:4, 1::2], others, changes)


def _lapped_values(c: Array, n: int, cuts: AxisCuts) -> Array:
    """Values (n, …) of coefficients (⌈n/8⌉, 8, …) of lapped cells."""
    numbers = _matrices(n, cuts)
    x = np.zeros_like(c)
    for j in range(CELL // 2):
        even = _weighted(numbers.even[j], [c[:, k] for k in (0, 2, 4, 6)])
        odd = _weighted(numbers.odd[j], [c[:, k] for k in (1, 3, 5, 7)])
        x[:, j], x[:, 7 - j] = even + odd, even - odd
    for cell, matrix in numbers.others.items():
        for j, row in enumerate(matrix):
            x[cell, j] = _weighted(row, list(c[cell, : len(matrix)]))
    x = x.reshape(-1, *c.shape[2:])[:n]
    for face, reach in enumerate(axis_parts(n, cuts).reaches, 1):
        _filter(x, face * CELL, reach, numbers.changes[reach])
    return x


def _weighted(weights: Array, values: list[Array]) -> Array:
    """Sum of products, from left to right."""
    total = weights[0] * values[0]
    for weight, value in zip(weights[1:], values[1:], strict=True):
        total = total + weight * value
    return np.asarray(total)


def _filter(x: Array, face: int, reach: int, change: Array) -> None:
    """Change the differences of `reach` values that mirror each other across a face."""
    if not reach:
        return
    differences = [x[face + k] - x[face - 1 - k] if k < reach else np.zeros_like(x[0]) for k in range(REACH)]
    for k in range(reach):
        moved = _weighted(change[k], differences)
        x[face - 1 - k] -= moved
        x[face + k] += moved
