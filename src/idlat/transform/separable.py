"""The first transform: each axis of a box either lapped cells or octaves; its coefficients by band.

Coefficients are scaled by the norms of their functions, so that one quantisation step suits all bands. In a
short last cell of m values they are scaled by √(8/m) more, so that its mean stands beside the other cells'
means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.transform.lapped import CELL, cells_of, frequency_norms, values_of
from idlat.transform.octaves import band_norms, merge_halves, split_halves
from idlat.transform.subbands import OCTAVES, Kinds, Shape, axis_sizes

__all__ = ["from_subbands", "to_subbands"]

Array = NDArray[np.float64]
Key: TypeAlias = tuple[int, ...]


def to_subbands(x: Array, kinds: Kinds) -> dict[Key, Array]:
    """Return the subbands of a box by their key.

    Parameters
    ----------
    x : ndarray of float
        (Z, Y, X), of any size.
    kinds : three of "lapped" and "octaves"
        The transform along each axis.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(10, 3, 17))
    >>> bands = to_subbands(x, ("octaves", "lapped", "lapped"))
    >>> sum(band.size for band in bands.values()) == x.size
    True
    >>> bool(np.allclose(from_subbands(bands, ("octaves", "lapped", "lapped"), x.shape), x))
    True
    """
    parts: dict[Key, Array] = {(): x}
    for axis, kind in enumerate(kinds):
        split = _split_cells if kind == "lapped" else _split_octaves
        parts = {
            (*key, k): np.moveaxis(band, 0, axis)
            for key, part in parts.items()
            for k, band in enumerate(split(np.moveaxis(part, axis, 0)))
            if band.size
        }
    return parts


def from_subbands(bands: Mapping[Key, Array], kinds: Kinds, shape: Shape) -> Array:
    """Undo :func:`to_subbands`: return the box of `shape`."""
    parts = dict(bands)
    for axis in (2, 1, 0):
        rows: dict[Key, dict[int, Array]] = {}
        for key, band in parts.items():
            rows.setdefault(key[:axis], {})[key[axis]] = np.moveaxis(band, axis, 0)
        join = _join_cells if kinds[axis] == "lapped" else _join_octaves
        parts = {key: np.moveaxis(join(row, shape[axis]), 0, axis) for key, row in rows.items()}
    return np.ascontiguousarray(parts[()])


def _split_cells(x: Array) -> list[Array]:
    c = cells_of(x)
    _, rest = divmod(len(x), CELL)
    if rest:
        c[-1] *= math.sqrt(CELL / rest)
    counts = axis_sizes(len(x), "lapped")
    return [
        c[:count, k] * norm for k, (count, norm) in enumerate(zip(counts, frequency_norms(), strict=False))
    ]


def _join_cells(bands: Mapping[int, Array], n: int) -> Array:
    first = bands[0]
    c = np.zeros((len(first), CELL, *first.shape[1:]), dtype=first.dtype)
    for k, band in bands.items():
        c[: len(band), k] = band * (1 / frequency_norms()[k])
    if rest := n % CELL:
        c[-1] *= math.sqrt(rest / CELL)
    return values_of(c, n)


def _split_octaves(x: Array) -> list[Array]:
    high = []
    for _ in range(OCTAVES):
        x, fine = split_halves(x)
        high.append(fine)
    return [band * norm for band, norm in zip([x, *high[::-1]], band_norms(OCTAVES), strict=True)]


def _join_octaves(bands: Mapping[int, Array], _: int) -> Array:
    norms = band_norms(OCTAVES)
    low = bands[0] * (1 / norms[0])
    for k in range(1, OCTAVES + 1):
        fine = bands[k] * (1 / norms[k]) if k in bands else low[:0]
        low = merge_halves(low, fine)
    return low
