"""How much coefficients of the second transform weigh in values: norms of the functions of both transforms.

Functions of neighbouring cells overlap, so an error that many cells share, as coarse octaves make it, is not
what it is in each cell alone: up to 1.6 times as large along an axis for means of lapped cells. Coefficients
are scaled by these norms, so that one quantisation step suits all.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.transform.cells import axis_values
from idlat.transform.octaves import merge_halves
from idlat.transform.second import octave_axes
from idlat.transform.subbands import Kind, Kinds, Shape, axis_sizes, octave_subbands

__all__ = ["octave_norms"]

Array = NDArray[np.float64]

_LONGEST = 512
_PARTS = 1024  # norms are rounded to these parts of one, to be the same on every machine


@lru_cache(maxsize=512)
def octave_norms(shape: Shape, key: tuple[int, ...], kinds: Kinds, axes: tuple[int, ...]) -> Array:
    """Return the norm of each coefficient, flat, of the octaves of a subband.

    Parameters
    ----------
    shape : Shape
        Voxels of the box.
    key : tuple of int
        The subband of the first transform; the box has it.
    kinds : Kinds
        The first transform along each axis.
    axes : tuple of int
        The axes along which octaves are taken.

    Examples
    --------
    >>> norms = octave_norms((24, 24, 512), (0, 0, 0), ("lapped",) * 3, (2,))
    >>> [round(float(norm), 2) for norm in (norms[0], norms[-1])]
    [1.46, 1.03]
    """
    z, y, x = (axis_sizes(n, kind)[k] for n, kind, k in zip(shape, kinds, key, strict=True))
    taking = octave_axes((z, y, x), axes)
    along = [_axis_norms(shape[a], kinds[a], key[a], sum(a in t for t in taking)) for a in range(3)]
    parts, at = [], len(taking)
    bands = octave_subbands((z, y, x), axes).bands
    octave_of = [at] + [at - k for k, t in enumerate(reversed(taking)) for _ in range(2 ** len(t) - 1)]
    for band, octave in zip(bands, octave_of, strict=True):
        norm = math.prod(
            along[a][min(octave, len(along[a]) - 1)][band.key[a]] for a in range(3)
        )  # an axis stays as it is once it is too short for another octave
        parts.append(np.full(band.size, round(norm * _PARTS) / _PARTS))
    return np.concatenate(parts)


@lru_cache(maxsize=256)
def _axis_norms(n: int, kind: Kind, frequency: int, octaves: int) -> list[tuple[float, float]]:
    """Norms along one axis of n voxels of the low and the high half after 0, 1, … octaves.

    No tile is longer than 512; a longer window is only ever fitted to, and takes the norms of a tile.
    """
    low = axis_values(kind, frequency, min(n, _LONGEST))
    found = [(_norm(low), 0.0)]
    for _ in range(octaves):
        count = low.shape[1]
        if count < 2:
            break
        evens, odds = np.eye((count + 1) // 2), np.eye(count // 2)
        high = low @ merge_halves(np.zeros((len(evens), len(odds))), odds)
        low = low @ merge_halves(evens, np.zeros((len(odds), len(evens))))
        found.append((_norm(low), _norm(high)))
    return found


def _norm(functions: Array) -> float:
    """Root mean square norm of functions (n, count)."""
    return math.sqrt(float(np.square(functions).sum(0).mean()))
