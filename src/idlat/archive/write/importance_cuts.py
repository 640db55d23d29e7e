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
_LARGE = 0.5  # of the largest weight of a plane
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
    shape = source.grid.shape
    planes = [set(known) for known in source.importance_of(frames[0]).faces]  # the same in all frames
    for window in windows:
        for own, seen_there in zip(planes, _planes_in(window, importance_range), strict=True):
            own.update(seen_there)
    pieces = [_pieces(n, faces) for n, faces in zip(shape, planes, strict=True)]
    found: list[AxisCuts] = []
    for axis, n in enumerate(shape):
        cuts = []
        if not source.grid.periodic[axis]:  # whose windows go on beyond its end
            for at in sorted(at for at in planes[axis] if 0 < at < n):
                spans = [[slice(at - 1, at + 1)] if a == axis else pieces[a] for a in range(3)]
                cuts.append(_cut_at(source, frames, axis, at, spans, importance_range))
        faces = tuple(cut for cut in cuts if cut is not None)
        found.append(faces if len(faces) <= MOST_CUTS else ())
    z, y, x = found
    return z, y, x


def _planes_in(window: FitWindow, importance_range: float) -> tuple[list[int], ...]:
    """Planes along each axis, by the voxel after them, at which most of what matters in a window ends.

    Not where it is about to end, as at the poles of a ball.
    """
    weight = np.exp(importance_range * (window.importance - np.float32(1)))
    over_y, over_z = weight.sum(1).astype(np.float64), weight.sum(0).astype(np.float64)
    sums = over_y.sum(1), over_z.sum(1), over_y.sum(0)
    found: list[list[int]] = []
    for axis, sum_of_plane in enumerate(sums):
        along, large = np.moveaxis(window.importance, axis, 0), sum_of_plane >= _LARGE * sum_of_plane.max()
        ends = np.flatnonzero(large[:-1] != large[1:]) + 1
        matters = [at for at in ends if _doublings(along[at - 1], along[at], importance_range)]
        found.append([int(at) + window.origin[axis] for at in matters])
    return tuple(found)


def _cut_at(
    source: VariableInput,
    frames: Sequence[int],
    axis: int,
    at: int,
    spans: Sequence[Sequence[slice]],
    importance_range: float,
) -> Cut | None:
    """The cut before a voxel, if most of what matters ends there in each frame in which anything does.

    It is looked at in boxes of `spans` along z, y and x.
    """
    found = []
    for frame in frames:
        seen = source.importance_of(frame)
        pieces = [np.moveaxis(np.asarray(seen[box]), axis, 0).reshape(2, -1) for box in product(*spans)]
        before, after = np.concatenate(pieces, axis=1)
        if max(before.max(), after.max()) > min(before.min(), after.min()):
            found.append(_doublings(before, after, importance_range))
    if not found or not (min(found) > 0 or max(found) < 0):
        return None
    return Cut(at, min(found, key=abs))


def _pieces(n: int, faces: Iterable[int]) -> list[slice]:
    """Pieces of an axis, evenly spread over it and at faces across it: all of a short one.

    A plane of a large field is not read whole, which on the last axis would be to read all of the field.
    """
    if n <= _PIECES * _PIECE:
        return [slice(0, n)]
    starts = np.linspace(0, n - _PIECE, _PIECES).astype(int).tolist()
    half = _PIECE // 2
    at_faces = [slice(max(0, at - half), min(n, at + half)) for at in sorted(faces)[:_PIECES]]
    return [*(slice(start, start + _PIECE) for start in starts), *at_faces]


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
