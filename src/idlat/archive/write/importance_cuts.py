"""Where a region that matters ends at a plane: there no function of the transform is to reach over.

Faces that the map knows, and those that are seen in windows of it, are looked at in some frames; cuts are
those at which most of what matters ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from idlat.archive.original.tile_reader import VariableInput
from idlat.model.tile_analysis import FitWindow
from idlat.transform.cuts import MOST_CUTS, MOST_DOUBLINGS, NO_CUTS, AxisCuts, Cut, Cuts

__all__ = ["find_cuts"]

_FRAMES = 3
_PIECES, _PIECE = 8, 32  # of an axis: how many, and how long
_LEAST = 3.0  # doublings of the step from which on a cut pays
_SHARE = 0.75  # of what matters on both sides of a plane that has to end there
_DOUBLING = 2 * math.log(2)  # in the weight's logarithm


def find_cuts(source: VariableInput, windows: Sequence[FitWindow], importance_range: float) -> Cuts:
    """Return the planes at which most of what matters on either side ends, in each of some frames.

    Parameters
    ----------
    source
        The variable's importance.
    windows
        Of the variable, where faces are looked for that the map does not know itself.
    importance_range
        a of the weight e^{a(I−1)}.
    """
    if importance_range < _LEAST * _DOUBLING:
        return NO_CUTS
    seen = source.frames
    frames = sorted({seen[(2 * k + 1) * len(seen) // (2 * _FRAMES)] for k in range(_FRAMES)})
    found: list[AxisCuts] = []
    for axis, n in enumerate(source.grid.shape):
        if source.grid.periodic[axis]:  # whose windows go on beyond its end
            found.append(())
            continue
        planes = set(source.importance_of(frames[0]).faces[axis])
        for window in windows:
            planes.update(_planes_in(window, axis, importance_range))
        cuts = (_cut_at(source, frames, axis, at, importance_range) for at in sorted(planes) if 0 < at < n)
        faces = tuple(cut for cut in cuts if cut is not None)
        found.append(faces if len(faces) <= MOST_CUTS else ())
    z, y, x = found
    return z, y, x


def _planes_in(window: FitWindow, axis: int, importance_range: float) -> Iterable[int]:
    """Planes, by the voxel after them, at which most of what matters in a window ends."""
    along = np.moveaxis(window.importance, axis, 0)
    most = along.max((1, 2))
    jumps = np.flatnonzero(np.abs(np.diff(most)) * importance_range > 0) + 1
    for at in jumps.tolist():
        if _doublings(along[at - 1], along[at], importance_range):
            yield at + window.origin[axis]


def _cut_at(
    source: VariableInput, frames: Sequence[int], axis: int, at: int, importance_range: float
) -> Cut | None:
    """The cut before a voxel, if most of what matters ends there in each frame in which anything does."""
    spans = [_pieces(n) for n in source.grid.shape]
    spans[axis] = [slice(at - 1, at + 1)]
    found = set()
    for frame in frames:
        seen = source.importance_of(frame)
        pieces = [np.moveaxis(np.asarray(seen[box]), axis, 0).reshape(2, -1) for box in product(*spans)]
        before, after = np.concatenate(pieces, axis=1)
        if max(before.max(), after.max()) > min(before.min(), after.min()):
            found.add(_doublings(before, after, importance_range))
    return Cut(at, found.pop()) if len(found) == 1 and 0 not in found else None


def _pieces(n: int) -> list[slice]:
    """Pieces of an axis, evenly spread over it: all of a short one.

    A plane of a large field is not read whole, which on the last axis would be to read all of the field.
    """
    if n <= _PIECES * _PIECE:
        return [slice(0, n)]
    starts = np.linspace(0, n - _PIECE, _PIECES).astype(int).tolist()
    return [slice(start, start + _PIECE) for start in starts]


def _doublings(before: NDArray[np.float32], after: NDArray[np.float32], importance_range: float) -> int:
    """By how many doublings steps before a plane are coarser than after it; 0 where it is no face."""
    change = (after - before) * (importance_range / _DOUBLING)
    weight = np.exp(importance_range * (np.maximum(before, after) - np.float32(1)))
    for sign in (1, -1):
        ends = sign * change >= _LEAST
        if weight[ends].sum() >= _SHARE * weight.sum():
            mean = float(np.average(sign * change[ends], weights=weight[ends]))
            return sign * min(int(mean), MOST_DOUBLINGS)
    return 0
