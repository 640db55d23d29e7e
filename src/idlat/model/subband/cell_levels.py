"""The level of each cell: by how many doublings its quantisation step exceeds the finest (design section 3).

A cell wants the level that its mean weight asks for; the coder predicts levels from one another, and one that
differs costs bits. The encoder weighs the two: where few coefficients are significant, a level off by one
costs less than saying so. Where none is, as far from the important part of a smooth field, levels say little
but how exact means are, and being few bytes in all, those of levels weigh more.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from idlat.coding.level_stream import COARSEST, level_order, level_steps, predicted
from idlat.jit import compiles
from idlat.transform.cuts import NO_CUTS, AxisCuts, Cuts, axis_parts, coarser_at
from idlat.transform.subbands import CELL, Shape

__all__ = ["choose_levels", "levels_of_patches", "quiet_levels", "wanted_levels"]

Real = NDArray[np.float64]

_FINEST = -8  # where importance is above 1
_LEVEL_STEP = 2 * math.log(2)  # in ln w: one level doubles the step
_PATCH = 4
# A cell's functions reach 4 voxels into its neighbours, whose weights count a quarter.
_WINDOW = (0.1, 0.4, 0.4, 0.1)
# Significant coefficients that a cell without any counts as.
_LEAST = 2.0
# The same where nothing but means is coded in a whole chunk: about a third of a mean's own.
_LEAST_QUIET = 0.3


def wanted_levels(importance: NDArray[np.float32], importance_range: float, cuts: Cuts = NO_CUTS) -> Real:
    """Return the levels (⌈Z/8⌉, ⌈Y/8⌉, ⌈X/8⌉) that a map (Z, Y, X) asks for; real, 0 where it is 1.

    Parameters
    ----------
    importance : ndarray of float32
        In [0, 1]; above 1 where companding makes errors larger than the finest step's are to be.
    importance_range : float
        a of the weight e^{a(I−1)}.
    cuts : Cuts
        What levels need not say, for these do, is left out, so that some may be negative. A cell that is cut
        has the level that the part of it asks for which matters most.
    """
    if importance.min() == 1 == importance.max() and cuts == NO_CUTS:
        return np.zeros([-(-n // CELL) for n in importance.shape])
    weight = importance - np.float32(1)
    weight *= np.float32(importance_range)
    np.exp(weight, out=weight)
    if cuts != NO_CUTS:
        return _levels_of_parts(weight, cuts)
    beyond = [(0, -n % CELL) for n in importance.shape]
    if any(after for _, after in beyond):
        weight = np.pad(weight, beyond, mode="edge")
    return levels_of_patches(_patch_means(weight))


def _levels_of_parts(weight: NDArray[np.float32], cuts: Cuts) -> Real:
    """Return the levels of cells some of which are cut, given the weights (Z, Y, X) of voxels."""
    mean, firsts, coarser = weight.astype(np.float64), [], []
    for axis, along in enumerate(cuts):
        n = mean.shape[axis]
        shares, first, begin = _axis_shares(n, along)
        mean = np.moveaxis(np.tensordot(shares, mean, (1, axis)), 0, axis)
        coarser.append(np.array([coarser_at(value, along) for value in begin]))
        firsts.append(first)
    z, y, x = coarser
    level = np.clip(-np.log(mean) / _LEVEL_STEP, _FINEST, COARSEST)
    level -= np.maximum(np.maximum(z[:, None, None], y[:, None]), x)
    for axis, first in enumerate(firsts):
        level = np.minimum.reduceat(level, first, axis)
    return level


def _axis_shares(n: int, cuts: AxisCuts) -> tuple[Real, list[int], list[int]]:
    """How much n voxels weigh in each part (parts, n); the first part of each cell; where parts begin.

    As in whole cells, four fifths come from a part itself, the rest from voxels that it reaches beside it.
    """
    parts = axis_parts(n, cuts)
    cut = {cell.cell: cell.lengths for cell in parts.cells}
    lengths: list[int] = []
    first = []
    for cell in range(-(-n // CELL)):
        first.append(len(lengths))
        lengths += cut.get(cell, (CELL,))
    begin = [0, *np.cumsum(lengths).tolist()]
    shares = np.zeros((len(lengths), n))
    for row, a, b in zip(shares, begin[:-1], begin[1:], strict=True):
        row[a:b] = 1 / (b - a)
    for part, reach in zip(first[1:], parts.reaches, strict=True):
        face = begin[part]
        for one, beside in ((part - 1, slice(face, face + reach)), (part, slice(face - reach, face))):
            if reach:
                shares[one, begin[one] : begin[one + 1]] -= _WINDOW[0] / lengths[one]
                shares[one, beside] = _WINDOW[0] / reach
    return shares, first, begin[:-1]


def _patch_means(weight: NDArray[np.float32]) -> Real:
    """Means (Z/4, Y/4, X/4) of patches; sums of 64 floats of these sizes are exact in float64."""
    if compiles():
        from idlat.model.subband.kernels import level_kernels

        z, y, x = (n // _PATCH for n in weight.shape)
        sums = np.empty((z, y, x))
        level_kernels.sum_patches(weight, sums)
        return sums / _PATCH**3
    total: NDArray[np.floating] = weight
    for axis in range(3):
        first, *others = (total[(slice(None),) * axis + (slice(k, None, _PATCH),)] for k in range(_PATCH))
        total = first.astype(np.float64)
        for other in others:
            total += other
    return np.asarray(total / _PATCH**3)


def levels_of_patches(weight: NDArray[np.floating]) -> Real:
    """Return the levels (Z/8, Y/8, X/8) that mean weights (Z/4, Y/4, X/4) ask for: 0 where they are 1."""
    mean = np.pad(weight.astype(np.float64), 1, mode="edge")
    for axis in range(3):
        along = np.moveaxis(mean, axis, 0)
        n = (len(along) - 2) // 2
        pooled = sum(share * along[k : k + 2 * n : 2][:n] for k, share in enumerate(_WINDOW))
        mean = np.moveaxis(np.asarray(pooled), 0, axis)
    return np.clip(-np.log(mean) / _LEVEL_STEP, _FINEST, COARSEST)


def choose_levels(wanted: Real, significant: NDArray[np.int64], bits: Real) -> NDArray[np.int64]:
    """Return the levels to code of a chunk.

    Parameters
    ----------
    wanted : ndarray of float64
        (z, y, x), at most 8 cells an axis.
    significant : ndarray of int64
        (z, y, x): coefficients that are not zero at the wanted level.
    bits : ndarray of float64
        (classes, symbols): what differences cost.
    """
    most = math.ceil(float(wanted.max()))
    if not most:
        return np.zeros(wanted.shape, np.int64)
    cost = (significant.ravel()[:, None] + _LEAST) * _mismatch(wanted, most)
    return _cheapest(cost, wanted.shape, bits)


def quiet_levels(wanted: Real, loudest: Real, bits: Real) -> NDArray[np.int64]:
    """Return the levels to code of a chunk of which nothing but means is coded at those that are wanted.

    Parameters
    ----------
    wanted : ndarray of float64
        (z, y, x), at most 8 cells an axis.
    loudest : ndarray of float64
        (z, y, x): log₂ of the step in which a first coefficient of a cell besides its mean would be coded; no
        level is below.
    bits : ndarray of float64
        (classes, symbols): what differences cost.
    """
    most = math.ceil(float(wanted.max()))
    if not most:
        return np.zeros(wanted.shape, np.int64)
    cost = np.where(
        np.arange(most + 1) < loudest.ravel()[:, None], np.inf, _LEAST_QUIET * _mismatch(wanted, most)
    )
    return _cheapest(cost, wanted.shape, bits)


def _mismatch(wanted: Real, most: int) -> Real:
    """Bits that levels 0 to `most` cost a significant coefficient of each cell, (cells, most + 1).

    A step ρ times the best one costs (ρ² − 1 − 2 ln ρ) / (2 ln 2).
    """
    octaves = np.arange(most + 1) - wanted.ravel()[:, None]
    return np.asarray((np.exp2(2 * octaves) - 1) / (2 * math.log(2)) - octaves)


def _cheapest(cost: Real, shape: Shape, bits: Real) -> NDArray[np.int64]:
    """Levels of `shape` of the least cost (cells, candidates) and bits, each given those that are known."""
    level = np.zeros(len(cost), dtype=np.int64)
    level[0] = cost[0].argmin()
    if compiles():
        from idlat.coding.kernels import levels

        levels.choose_in_turn(cost, level_order(shape), bits, level)
        return level.reshape(shape)
    candidates = np.arange(cost.shape[1])
    for step, stage in level_steps(shape):
        foretold, classes = predicted(level, step, stage)
        difference = candidates - foretold[:, None]
        symbol = np.where(difference > 0, 2 * difference - 1, -2 * difference)
        level[step.targets] = (cost[step.targets] + bits[classes[:, None], symbol]).argmin(1)
    return level.reshape(shape)
