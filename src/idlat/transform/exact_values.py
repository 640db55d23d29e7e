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
from idlat.transform.lapped import CELL, REACH
from idlat.transform.lines import cell_matrix, face_change, values_of_box
from idlat.transform.octaves import band_norms, merge_halves
from idlat.transform.subbands import OCTAVES, PER_CELL, Kinds, Shape, axis_sizes

__all__ = ["exact_values"]

Array = NDArray[np.float64]


def exact_values(c: Array, kinds: Kinds, shape: Shape) -> Array:
    """Return the values (Z, Y, X) of coefficients by cell.

    Parameters
    ----------
    c : ndarray of float64
        (⌈Z/8⌉, 8, ⌈Y/8⌉, 8, ⌈X/8⌉, 8), as :func:`idlat.transform.cells.to_cells` gives them.
    kinds : three of "lapped" and "octaves"
    shape : Shape
        Of the box.

    Examples
    --------
    >>> from idlat.transform.cells import to_cells
    >>> x, kinds = np.random.default_rng(0).normal(size=(10, 3, 17)), ("octaves", "lapped", "lapped")
    >>> bool(np.allclose(exact_values(to_cells(x, kinds), kinds, x.shape), x))
    True
    """
    if compiles():
        return np.asarray(values_of_box(c, kinds, shape, exact=True))
    for axis in (2, 1, 0):
        along = np.moveaxis(c, (2 * axis, 2 * axis + 1), (0, 1))
        join = _lapped_values if kinds[axis] == "lapped" else _octave_values
        c = np.moveaxis(join(along, shape[axis]), 0, 2 * axis)
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
    last: Array
    between: Array
    before_last: Array


@lru_cache(maxsize=256)
def _matrices(n: int) -> _Matrices:
    whole, last = on_grid(cell_matrix(CELL, inverse=True)), (n - 1) % CELL + 1
    return _Matrices(
        whole[:4, ::2],
        whole[:4, 1::2],
        on_grid(cell_matrix(last, inverse=True)),
        on_grid(face_change(REACH, inverse=True)),
        on_grid(face_change(min(REACH, last), inverse=True)),
    )


def _lapped_values(c: Array, n: int) -> Array:
    """Values (n, …) of coefficients (⌈n/8⌉, 8, …) of lapped cells."""
    numbers, whole = _matrices(n), n // CELL
    x = np.empty((n, *c.shape[2:]))
    if whole:
        cells = x[: whole * CELL].reshape(whole, CELL, *c.shape[2:])
        for j in range(CELL // 2):
            even = _weighted(numbers.even[j], [c[:whole, k] for k in (0, 2, 4, 6)])
            odd = _weighted(numbers.odd[j], [c[:whole, k] for k in (1, 3, 5, 7)])
            cells[:, j], cells[:, 7 - j] = even + odd, even - odd
    if n % CELL:
        for j in range(n % CELL):
            x[whole * CELL + j] = _weighted(numbers.last[j], list(c[-1, : n % CELL]))
    end = (n - 1) // CELL * CELL
    for face in range(CELL, end, CELL):
        _filter(x, face, numbers.between)
    if end:
        _filter(x, end, numbers.before_last)
    return x


def _weighted(weights: Array, values: list[Array]) -> Array:
    """Sum of products, from left to right."""
    total = weights[0] * values[0]
    for weight, value in zip(weights[1:], values[1:], strict=True):
        total = total + weight * value
    return np.asarray(total)


def _filter(x: Array, face: int, change: Array) -> None:
    """Change the differences of values that mirror each other across a face."""
    m = min(REACH, len(x) - face)
    differences = [x[face + k] - x[face - 1 - k] if k < m else np.zeros_like(x[0]) for k in range(REACH)]
    for k in range(m):
        moved = _weighted(change[k], differences)
        x[face - 1 - k] -= moved
        x[face + k] += moved
