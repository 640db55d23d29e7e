"""How coarse the steps of the second transform are beyond cuts.

A subband that is not taken in the steps of its cells goes on smoothly across cuts. Each coefficient of its
octaves has the step of the finest cell that its function reaches: a coarse one far from what matters.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.transform.cuts import AxisCuts, Cuts, axis_coarser
from idlat.transform.second import octave_axes
from idlat.transform.subbands import Kind, Kinds, Shape, axis_sizes, octave_subbands

__all__ = ["octave_scale"]

_LOW_REACH, _HIGH_REACH = 3, 4  # values on each side that a function of the 9/7 wavelet reaches


@lru_cache(maxsize=256)
def octave_scale(
    shape: Shape, key: tuple[int, ...], kinds: Kinds, axes: tuple[int, ...], cuts: Cuts
) -> NDArray[np.float64]:
    """Return what each coefficient, flat, of the octaves of a subband is multiplied by.

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
    cuts : Cuts
        By voxels of the box.

    Examples
    --------
    >>> from idlat.transform.cuts import Cut
    >>> cuts = ((), (), (Cut(256, -5),))
    >>> scale = octave_scale((8, 8, 512), (0, 0, 0), ("lapped",) * 3, (2,), cuts)
    >>> float(scale[0]), float(scale[32]), float(scale[-1])
    (1.0, 1.0, 0.03125)
    """
    counts = [axis_sizes(n, kind)[k] for n, kind, k in zip(shape, kinds, key, strict=True)]
    z, y, x = counts
    taking = octave_axes((z, y, x), axes)
    along = [
        _axis_octaves(n, count, kind, k, along, sum(a in t for t in taking))
        for a, (n, count, kind, k, along) in enumerate(zip(shape, counts, kinds, key, cuts, strict=True))
    ]
    at = len(taking)
    bands = octave_subbands((z, y, x), axes).bands
    octave_of = [at] + [at - k for k, t in enumerate(reversed(taking)) for _ in range(2 ** len(t) - 1)]
    parts = []
    for band, octave in zip(bands, octave_of, strict=True):
        # an axis stays as it is once it is too short for another octave
        z_own, y_own, x_own = (along[a][min(octave, len(along[a]) - 1)][band.key[a]] for a in range(3))
        coarser = np.maximum(np.maximum(z_own[:, None, None], y_own[:, None]), x_own)
        parts.append(np.exp2(-coarser.astype(np.float64)).ravel())
    return np.concatenate(parts)


def _axis_octaves(
    n: int, count: int, kind: Kind, k: int, cuts: AxisCuts, octaves: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """By how many doublings the low and the high half along an axis are coarser after 0, 1, … octaves."""
    low = axis_coarser(n, cuts)[:count, k] if kind == "lapped" and cuts else np.zeros(count, np.int64)
    found = [(low, low[:0])]
    for _ in range(octaves):
        high = _finest_around(low, 1, _HIGH_REACH)
        low = _finest_around(low, 0, _LOW_REACH)
        found.append((low, high))
    return found


def _finest_around(coarser: NDArray[np.int64], first: int, reach: int) -> NDArray[np.int64]:
    """The least of the values that lie at most `reach` from every second one, from the first on."""
    padded = np.pad(coarser, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.asarray(windows[first::2].min(1))
