"""The first transform's coefficients by subband (:mod:`idlat.transform.cells` has them by cell)."""

from __future__ import annotations

from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.transform.cells import band_of, to_cells
from idlat.transform.subbands import Kinds, axis_sizes

__all__ = ["to_subbands"]

Array = NDArray[np.floating[Any]]
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
    """
    c = to_cells(x, kinds)
    sizes = [axis_sizes(n, kind) for n, kind in zip(x.shape, kinds, strict=True)]
    keys = product(*(range(len(s)) for s in sizes))
    shapes = {key: tuple(s[k] for s, k in zip(sizes, key, strict=True)) for key in keys}
    return {
        key: band_of(c, key, kinds)[tuple(slice(n) for n in shape)]
        for key, shape in shapes.items()
        if all(shape)
    }
