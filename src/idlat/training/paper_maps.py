"""The five families of random maps that the paper's network is trained on, a fifth of the blocks each."""

from __future__ import annotations

import numpy as np

from idlat.training.maps import Block, RandomMap, gaussians, ramp

_ZERO_SHARE = 0.1
_LEVELS = 256


def uniform_or_zero(rng: np.random.Generator, block: Block) -> Block:
    """One value everywhere; 0 in a tenth of the draws."""
    value = 0.0 if rng.random() < _ZERO_SHARE else rng.random()
    return np.full(block.shape, value, dtype=np.float32)


def gradient_magnitude(_rng: np.random.Generator, block: Block) -> Block:
    """Gradient magnitude over its maximum in the block; nothing is random."""
    magnitude = np.sqrt(sum(np.gradient(block, axis=axis) ** 2 for axis in range(3)))
    largest = float(magnitude.max())
    return np.asarray(magnitude / largest if largest else magnitude, dtype=np.float32)


def gradient_levels(rng: np.random.Generator, block: Block) -> Block:
    """A random value for each of 256 levels of the gradient magnitude: close to white noise."""
    level = np.minimum(gradient_magnitude(rng, block) * _LEVELS, _LEVELS - 1).astype(np.intp)
    return rng.random(_LEVELS, dtype=np.float32)[level]


PAPER_FAMILIES: dict[str, tuple[RandomMap, float]] = {
    "uniform": (uniform_or_zero, 0.2),
    "gradient_levels": (gradient_levels, 0.2),
    "ramp": (ramp, 0.2),
    "gaussians": (gaussians, 0.2),
    "gradient": (gradient_magnitude, 0.2),
}
