"""The gain that makes an archive with an error bound smallest, found on a sample of chunks.

A higher gain takes more bytes for latents and fewer for corrections. Their sum has one broad minimum where
about one voxel in twenty needs a correction; it is bracketed from there and a parabola laid through it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from idlat.archive.codecs.latent_codec import encode_chunk_of
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.residual_reader import expanded
from idlat.archive.write.fit_model import fit_model
from idlat.archive.write.gain_sample import SamplePiece, draw_sample
from idlat.coding.residual import encode_integers
from idlat.fields.arrays.missing_values import VALID
from idlat.model.latent_model import LatentModel, exact_model
from idlat.parallel import Workers, local_threads, run_tasks

__all__ = ["find_smallest", "gain_for_bounds"]

_STEP = 1.25  # of the gain: quantisation steps 1.9 times as large
_MOST = 12  # steps either way
_LARGEST = 2**28
_SPREAD = 0.45  # of the bound: the deviation of errors from which the search begins


def gain_for_bounds(sources: Sequence[VariableInput], model: LatentModel, workers: Workers) -> float:
    """Return the gain under which latents and corrections together are smallest.

    Parameters
    ----------
    sources
        Values and importance of the variables, which have bounds.
    model
        Not fitted yet.
    workers
        Threads; the gain does not depend on them.
    """
    first = _first_gain(sources, model)
    models = [fit_model(source, model, first) for source in sources]
    pieces = draw_sample(sources, models, 1, workers).pieces

    def size(gain: float) -> float:
        def stored(piece: SamplePiece) -> float:
            return piece.weight * _bytes(piece, gain)

        return math.fsum(run_tasks(stored, pieces, local_threads(workers)))

    return find_smallest(size, first, model.gain_limits)


def _bytes(piece: SamplePiece, gain: float) -> int:
    """Return about how many bytes a chunk takes, coded by itself."""
    variable, model = piece.source.variable, piece.model
    bounds, shape = variable.bounds, piece.source.grid.voxels_in(piece.chunk.core)
    assert bounds is not None
    inside = tuple(map(slice, shape))
    analysis = model.analyse_tile(piece.seen.x, piece.seen.importance, gain, None, shape)
    low = model.encode_low(analysis.low, analysis.levels, shape)
    latents = encode_chunk_of(model, analysis, shape)
    values = exact_model(model).synthesise_exactly(
        analysis.latents, gain, model.decode_low(low, shape), shape
    )
    foretold = variable.normalisation(piece.frame).backward_exactly(values)
    original = piece.seen.original[inside]
    importance = piece.seen.importance[inside]
    levels = bounds.levels(importance)
    box = ((0, shape[0]), (0, shape[1]), (0, shape[2]))
    widths = np.array(bounds.widths)[expanded(levels, box, box)]
    valid = np.ones(shape, bool) if piece.seen.kinds is None else piece.seen.kinds[inside] == VALID
    start = bounds.start(foretold, original.dtype)
    wanted = np.where(valid, original, np.zeros((), original.dtype)).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        bins = np.nan_to_num(np.rint((wanted - start) / widths))
    bins = np.where(valid, np.clip(bins, -_LARGEST, _LARGEST), 0).astype(np.int32)
    return len(latents) + len(low) + len(encode_integers(bins, levels, bounds.sizes))


def _first_gain(sources: Sequence[VariableInput], model: LatentModel) -> float:
    """Return a gain whose errors are about half the bound of voxels of importance 1."""
    found = []
    for source in sources:
        bounds, variable = source.variable.bounds, source.variable
        assert bounds is not None
        low, high = (float(v) for v in (variable.normalisation(0).minimum, variable.normalisation(0).maximum))
        scale = variable.normalisation(0).scale
        if variable.normalisation(0).transform != "none":
            scale = (high - low) / 4 or 1.0
        width = max(bounds.inside, bounds.widths[0] / 2) or scale
        step = math.sqrt(12) * _SPREAD * width / scale
        found.append(-2 * math.log(step / math.sqrt(6 / math.log(2))) - model.importance_range)
    low, high = model.gain_limits
    return min(max(sum(found) / len(found), low), high)


def find_smallest(size: Callable[[float], float], first: float, limits: tuple[float, float]) -> float:
    """Return the gain of the smallest size.

    Parameters
    ----------
    size
        Bytes at a gain; called a few times.
    first
        Where to begin.
    limits
        Lowest and highest gain.

    Examples
    --------
    >>> round(find_smallest(lambda g: (g - 3.1) ** 2 + 5, 0.0, (-20.0, 14.0)), 6)
    3.1
    """
    sizes: dict[float, float] = {}

    def at(gain: float) -> float:
        gain = min(max(gain, limits[0]), limits[1])
        if gain not in sizes:
            sizes[gain] = size(gain)
        return sizes[gain]

    best = first
    for direction in (1, -1):
        for _ in range(_MOST):
            if at(best + direction * _STEP) >= at(best):
                break
            best = min(max(best + direction * _STEP, limits[0]), limits[1])
    left, middle, right = at(best - _STEP), at(best), at(best + _STEP)
    curvature = left - 2 * middle + right
    if not limits[0] + _STEP < best < limits[1] - _STEP or curvature <= 0:
        return best
    return best + _STEP * (left - right) / (2 * curvature)
