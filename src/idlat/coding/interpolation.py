"""Order and weights by which a chunk's cell means are predicted from one another.

From coarse to fine along each axis in turn, as multi-level interpolation coders do: a cell half-way between
known cells is predicted by cubic, linear or constant interpolation of up to four known cells on its axis.
Exact integers: weights are sixteenths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SIDE = 8  # cells of a chunk along an axis
_CUBIC, _LINEAR, _COPY = (-1, 9, 9, -1), (0, 8, 8, 0), (0, 16, 0, 0)
# At the far end two known cells on one side are continued, half-way between copy and straight line.
_CONTINUE = (-4, 20, 0, 0)


@dataclass(frozen=True)
class Step:
    """Cells predicted together: `targets` (n,), their `sources` (n, 4) and `weights` (n, 4) in sixteenths."""

    targets: NDArray[np.int64]
    sources: NDArray[np.int64]
    weights: NDArray[np.int64]


def _stencil(position: int, stride: int, size: int) -> tuple[list[int], tuple[int, ...]]:
    """Known positions around `position` and their weights."""
    near = [position - 3 * stride, position - stride, position + stride, position + 3 * stride]
    inside = [0 <= p < size for p in near]
    if all(inside):
        weights: tuple[int, ...] = _CUBIC
    elif inside[2]:
        weights = _LINEAR
    elif inside[0]:
        weights = _CONTINUE
    else:
        weights = _COPY
    return [p if ok else position - stride for p, ok in zip(near, inside, strict=True)], weights


@lru_cache(maxsize=512)
def schedule(extent: tuple[int, int, int]) -> tuple[Step, ...]:
    """Return the prediction steps for a chunk of `extent` cells, all but the first cell covered once.

    Indices are flat, C order, in an array of shape `extent`.

    Examples
    --------
    >>> sum(len(step.targets) for step in schedule((8, 8, 8)))
    511
    """
    steps = []
    for stride in (4, 2, 1):
        spacing = [2 * stride] * 3
        for axis in range(3):
            axes = [range(0, extent[a], spacing[a]) for a in range(3)]
            axes[axis] = range(stride, extent[axis], 2 * stride)
            rows = [_cell(z, y, x, axis, stride, extent) for z in axes[0] for y in axes[1] for x in axes[2]]
            spacing[axis] = stride
            if rows:
                targets, sources, weights = zip(*rows, strict=True)
                steps.append(Step(np.array(targets), np.array(sources), np.array(weights)))
    return tuple(steps)


def _cell(
    z: int, y: int, x: int, axis: int, stride: int, extent: tuple[int, int, int]
) -> tuple[int, list[int], tuple[int, ...]]:
    position = [z, y, x]
    near, weights = _stencil(position[axis], stride, extent[axis])
    sources = []
    for p in near:
        position[axis] = p
        sources.append((position[0] * extent[1] + position[1]) * extent[2] + position[2])
    return (z * extent[1] + y) * extent[2] + x, sources, weights


@lru_cache(maxsize=8)
def prediction_matrix(extent: tuple[int, int, int] = (SIDE, SIDE, SIDE)) -> NDArray[np.float64]:
    """Return the linear predictor as a dense matrix (n, n): prediction = matrix @ values."""
    n = extent[0] * extent[1] * extent[2]
    matrix = np.zeros((n, n))
    for step in schedule(extent):
        np.add.at(matrix, (step.targets[:, None], step.sources), step.weights / 16)
    return matrix


def refinement() -> NDArray[np.int64]:
    """Return the stage (8, 8, 8) that predicts each cell of a chunk: 0 the first cell, 3 the finest."""
    z, y, x = np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij")
    joined = z | y | x
    return np.where(joined == 0, 0, np.where(joined % 4 == 0, 1, np.where(joined % 2 == 0, 2, 3)))


def restore_with(
    choose: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]],
    level: NDArray[np.int64],
    extent: tuple[int, int, int],
) -> NDArray[np.int64]:
    """Return means (n,) chosen one step after the other: ``choose(cells, predicted)`` gives those of `cells`.

    The first cell's prediction is 0.
    """
    mean = np.zeros_like(level)
    mean[:1] = choose(np.zeros(1, np.int64), np.zeros(1, np.int64))
    absolute = np.zeros_like(mean)
    absolute[:1] = _means(mean[:1], level[:1])
    for step in schedule(extent):
        mean[step.targets] = choose(step.targets, _predicted(absolute, level, step))
        absolute[step.targets] = _means(mean[step.targets], level[step.targets])
    return mean


def _means(values: NDArray[np.int64], level: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.clip(values, -(2**31), 2**31) << -level


def residual(
    mean: NDArray[np.int64], level: NDArray[np.int64], extent: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what is left of levels and means after prediction.

    Parameters
    ----------
    mean, level : ndarray of int64
        (n,) of the cells of `extent`; the mean in its own cell's step 2^(−level), level ≤ 0.
    """
    first, common = mean.copy(), level.copy()
    absolute = _means(mean, level)
    for step in schedule(extent):
        common[step.targets] -= ((level[step.sources] * step.weights).sum(1) + 8) >> 4
        first[step.targets] -= _predicted(absolute, level, step)
    return first, common


def restore(
    first: NDArray[np.int64], common: NDArray[np.int64], extent: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Invert :func:`residual`: return (mean, level)."""
    level = restore_levels(common, extent)
    return restore_with(lambda cells, predicted: first[cells] + predicted, level, extent), level


def restore_levels(common: NDArray[np.int64], extent: tuple[int, int, int]) -> NDArray[np.int64]:
    """Invert the levels' part of :func:`residual`, clipped to the range that a step can have."""
    level = common.copy()
    level[:1] = np.clip(level[:1], -12, 0)
    for step in schedule(extent):
        level[step.targets] += ((level[step.sources] * step.weights).sum(1) + 8) >> 4
        level[step.targets] = np.clip(level[step.targets], -12, 0)
    return level


def _predicted(absolute: NDArray[np.int64], level: NDArray[np.int64], step: Step) -> NDArray[np.int64]:
    sixteenths = (absolute[step.sources] * step.weights).sum(1)
    shift = 4 - level[step.targets]
    result: NDArray[np.int64] = (sixteenths + (1 << (shift - 1))) >> shift
    return result
