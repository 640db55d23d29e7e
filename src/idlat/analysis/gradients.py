"""Reading features (paper, Sect. 6.4.1): gradients and values of blocks, densities, distances of clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idlat.errors import IdlatError
from idlat.tiling import block_reduce

__all__ = ["block_gradients", "block_means", "density", "energy_distance"]

Float = NDArray[np.float64]

_SAMPLE = 2000  # rows a side of a two-sample distance; their distances take 32 MB


def block_means(field: Any, block: int = 16) -> Float:
    """Average a field over its blocks, layer of blocks by layer.

    Parameters
    ----------
    field : array-like (Z, Y, X)
        Anything whose slices along z give arrays; NaN where missing.
    block : int
        Voxels an axis.

    Returns
    -------
    float array (⌈Z/b⌉, ⌈Y/b⌉, ⌈X/b⌉)
        NaN where no voxel of a block is valid; blocks at the end hold what voxels there are.

    Examples
    --------
    >>> block_means(np.arange(6.0).reshape(1, 1, 6), 4)
    array([[[1.5, 4.5]]])
    """
    layers = [_pooled(_floats(field[a : a + block]), block) for a in range(0, field.shape[0], block)]
    return np.concatenate(layers)


def block_gradients(field: Any, block: int = 16) -> Float:
    """Average a field's gradient over its blocks, along each axis (Fig. 10).

    Parameters
    ----------
    field : array-like (Z, Y, X)
        As for :func:`block_means`.
    block : int
        Voxels an axis.

    Returns
    -------
    float array (3, ⌈Z/b⌉, ⌈Y/b⌉, ⌈X/b⌉)
        Along z, y and x, in the field's unit a voxel: central differences, one-sided at the field's edge; 0
        along an axis of one voxel, NaN where there is none.

    Examples
    --------
    >>> block_gradients(np.broadcast_to(3.0 * np.arange(8), (8, 8, 8)), 8).ravel()
    array([0., 0., 3.])
    """
    layers = []
    for start in range(0, field.shape[0], block):
        first = max(start - 1, 0)
        part = _floats(field[first : start + block + 1])
        inside = slice(start - first, start - first + block)
        layers.append([_pooled(_difference(part, axis)[inside], block) for axis in range(3)])
    gradients: Float = np.concatenate([np.stack(layer) for layer in layers], axis=1)
    return gradients


def _floats(part: Any) -> Float:
    values = np.asarray(part, np.float64)
    if values.ndim != 3:
        raise IdlatError(f"a field (z, y, x) is expected, got {values.ndim} axes: choose a time step")
    return np.where(np.isfinite(values), values, np.nan)


def _difference(values: Float, axis: int) -> Float:
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=axis))


def _pooled(values: Float, block: int) -> Float:
    """Mean of the valid voxels of each block."""
    valid = np.isfinite(values)
    total, count = np.where(valid, values, 0.0), valid.astype(np.float64)
    total, count = block_reduce(total, block), block_reduce(count, block)
    mean: Float = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def density(samples: ArrayLike, at: ArrayLike) -> Float:
    """Estimate a density by Gaussian kernels, Scott's bandwidth (Fig. 10).

    Parameters
    ----------
    samples : array
        Numbers; those that are not finite are left out.
    at : array (m,)
        Where to evaluate.

    Returns
    -------
    float array (m,)
        Integrates to 1. Where all samples are equal the kernel is as wide as a step of `at`.

    Raises
    ------
    IdlatError
        No sample is finite.
    """
    values = np.asarray(samples, np.float64).ravel()
    values = values[np.isfinite(values)]
    points = np.asarray(at, np.float64)
    if not values.size:
        raise IdlatError("no sample is finite: there is no density of nothing")
    scott = values.std(ddof=min(1, values.size - 1)) * values.size ** (-1 / 5)
    smallest = float(np.ptp(points)) / max(points.size - 1, 1)
    width = scott if scott > 1e-9 * max(np.abs(values).max(), 1e-300) else max(smallest, 1e-300)
    total = np.zeros(points.shape)
    for start in range(0, values.size, 1024):
        offsets = (points[:, None] - values[start : start + 1024]) / width
        total += np.exp(-0.5 * offsets**2).sum(axis=1)
    estimate: Float = total / (values.size * width * np.sqrt(2 * np.pi))
    return estimate


def energy_distance(a: ArrayLike, b: ArrayLike, *, seed: int = 0) -> float:
    """Measure how far two samples' distributions are apart, by the energy coefficient in [0, 1].

    (2·E|A−B| − E|A−A'| − E|B−B'|) / (2·E|A−B|): 0 for equal distributions, 1 for two different points
    (Székely and Rizzo, 2013).

    Parameters
    ----------
    a, b : arrays (n, d) or (n,)
        Samples of two clusters, such as gradients or features; rows that are not finite are left out.
    seed : int
        Of the choice of rows where there are more than 2000.

    Raises
    ------
    IdlatError
        A sample has no finite row.

    Examples
    --------
    >>> energy_distance([0.0, 0.0], [1.0, 1.0]), energy_distance([0.0, 1.0], [0.0, 1.0])
    (1.0, 0.0)
    """
    from scipy.spatial.distance import cdist

    first, second = (_sampled(sample, np.random.default_rng(seed)) for sample in (a, b))
    between = float(cdist(first, second).mean())
    if between == 0:
        return 0.0
    within = float(cdist(first, first).mean()) + float(cdist(second, second).mean())
    return max(0.0, 1 - within / (2 * between))


def _sampled(sample: ArrayLike, rng: np.random.Generator) -> Float:
    rows = np.asarray(sample, np.float64)
    rows = rows.reshape(len(rows), -1)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        raise IdlatError("a sample has no finite row: there is no distance to nothing")
    return rows if len(rows) <= _SAMPLE else rows[rng.choice(len(rows), _SAMPLE, replace=False)]
