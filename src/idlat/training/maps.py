"""Random importance maps for training (paper, Sect. 5.1.1, last paragraph).

Each is a function of a random generator and a block's values, and returns a map in [0, 1] of the block's
shape. Together they cover smooth and sharp maps, of place and of value, so that one model serves every map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Block = NDArray[np.float32]
RandomMap = Callable[[np.random.Generator, Block], Block]


def uniform(rng: np.random.Generator, block: Block) -> Block:
    """One value everywhere; 1 in half of the draws."""
    value = 1.0 if rng.random() < 0.5 else rng.random()
    return np.full(block.shape, value, dtype=np.float32)


def ramp(rng: np.random.Generator, block: Block) -> Block:
    """A linear ramp in a random direction between two random values."""
    direction = rng.normal(size=3)
    axes = [np.linspace(-1, 1, n, dtype=np.float32) * d for n, d in zip(block.shape, direction, strict=True)]
    return between(rng, axes[0][:, None, None] + axes[1][:, None] + axes[2])


def gaussians(rng: np.random.Generator, block: Block) -> Block:
    """The largest of 1 to 20 Gaussians with various centres and widths."""
    result = np.zeros(block.shape, dtype=np.float32)
    for _ in range(rng.integers(1, 21)):
        width = np.exp(rng.uniform(np.log(2), np.log(max(block.shape) / 2)))
        centre = rng.uniform(0, block.shape)
        z, y, x = (
            np.exp(-0.5 * ((np.arange(n) - c) / width) ** 2).astype(np.float32)
            for n, c in zip(block.shape, centre, strict=True)
        )
        np.maximum(result, z[:, None, None] * y[:, None] * x, out=result)
    return result


def gradient(rng: np.random.Generator, block: Block) -> Block:
    """Gradient magnitude over its maximum, to a random power."""
    magnitude = np.sqrt(sum(np.gradient(block, axis=axis) ** 2 for axis in range(3)))
    largest = float(magnitude.max())
    if largest == 0:
        return np.zeros(block.shape, dtype=np.float32)
    return np.asarray((magnitude / largest) ** rng.uniform(0.5, 1.5), dtype=np.float32)


def threshold(rng: np.random.Generator, block: Block) -> Block:
    """1 above (or below) a random quantile of the values, else a floor that is mostly 0."""
    chosen = block > np.quantile(block[::2, ::2, ::2], 1 - np.exp(rng.uniform(np.log(0.005), np.log(0.6))))
    if rng.random() < 0.25:
        chosen = ~chosen
    floor = rng.uniform(0, 0.6) if rng.random() < 0.3 else 0.0
    return np.where(chosen, np.float32(1), np.float32(floor))


def surface(rng: np.random.Generator, block: Block) -> Block:
    """exp(−d·distance) to an isosurface, the distance to first order |F − v| / |∇F|."""
    value = np.quantile(block[::2, ::2, ::2], rng.uniform(0.05, 0.99))
    magnitude = np.sqrt(sum(np.gradient(block, axis=axis) ** 2 for axis in range(3)))
    smooth = ndimage.uniform_filter(magnitude, 5) + 1e-6
    distance = np.minimum(np.abs(block - value) / smooth, 64)
    return np.asarray(np.exp(-np.exp(rng.uniform(np.log(0.05), np.log(1.0))) * distance), dtype=np.float32)


def noise(rng: np.random.Generator, block: Block) -> Block:
    """Smoothed noise: random values on a coarse grid, interpolated, between two random values."""
    coarse = rng.random([int(rng.integers(2, 10)) for _ in range(3)]).astype(np.float32)
    factors = [n / c for n, c in zip(block.shape, coarse.shape, strict=True)]
    smooth = ndimage.zoom(coarse, factors, order=1, grid_mode=True, mode="nearest")
    return between(rng, smooth ** rng.uniform(1, 3))


def between(rng: np.random.Generator, x: Block) -> Block:
    """Scale x to lie between two random values in [0, 1]."""
    low, high = np.sort(rng.random(2)) * np.array([0.7, 0.6]) + np.array([0.0, 0.4])
    span = float(x.max() - x.min())
    if span == 0:
        return np.full(x.shape, high, dtype=np.float32)
    scaled = (x - x.min()) / span * (high - low) + low
    return np.asarray(np.clip(scaled, 0, 1), dtype=np.float32)


FAMILIES: dict[str, tuple[RandomMap, float]] = {
    "uniform": (uniform, 0.3),
    "ramp": (ramp, 0.1),
    "gaussians": (gaussians, 0.1),
    "gradient": (gradient, 0.1),
    "threshold": (threshold, 0.18),
    "surface": (surface, 0.14),
    "noise": (noise, 0.08),
}


def random_map(
    rng: np.random.Generator,
    block: Block,
    families: tuple[str, ...] = tuple(FAMILIES),
    known: Mapping[str, tuple[RandomMap, float]] = FAMILIES,
) -> Block:
    """Draw a family by its share, then a map of it, float32 in [0, 1], the block's shape.

    Parameters
    ----------
    rng, block
        What the map depends on.
    families
        Names of those to draw from.
    known
        Each family's function and share.

    Examples
    --------
    >>> block = np.zeros((8, 8, 8), np.float32)
    >>> random_map(np.random.default_rng(0), block).shape
    (8, 8, 8)
    """
    shares = np.array([known[name][1] for name in families])
    name = families[int(rng.choice(len(families), p=shares / shares.sum()))]
    return known[name][0](rng, block)
