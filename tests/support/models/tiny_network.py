"""A small model with random weights: coding must be exact whatever the weights are."""

import numpy as np
import torch

from idlat.model import LearnedConfig, LearnedNetwork

TINY = LearnedConfig(
    coefficients=24,
    predicted=7,
    features4=8,
    features8=16,
    conditions=4,
    hyper=4,
    prior=16,
    gain_min=-9,
    gain_max=5,
)


def random_network(seed: int = 0, config: LearnedConfig = TINY) -> LearnedNetwork:
    """A network in which no weight is zero."""
    torch.manual_seed(seed)
    network = LearnedNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape))
    return network


def random_latents(rng: np.random.Generator, count: int, channels: int, size: float = 3.0) -> np.ndarray:
    """Chunks (count, channels, 8, 8, 8) like latents: levels ≤ 0, large means, the rest falling off."""
    spread = size * np.exp(-np.arange(channels) / 4)
    spread[1] = 40 * size
    latents = np.rint(rng.laplace(size=(count, channels, 8, 8, 8)) * spread[:, None, None, None]).astype(
        np.int32
    )
    latents[:, 0] = -rng.integers(0, 6, (count, 8, 8, 8))
    return latents
