"""Training of preset `learned`: blocks of 64³ at random gains, towards the end with real data around them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from idlat.model.learned.analysis_synthesis import PatchTransform
from idlat.model.learned.lapped_transform import LappedTransform
from idlat.model.learned.learned_config import LearnedConfig
from idlat.model.learned.learned_model import LearnedModel
from idlat.model.learned.learned_network import LearnedNetwork
from idlat.model.learned.rate_distortion_loss import Loss, rate_distortion
from idlat.model.uniform_noise import UniformNoise
from idlat.training.maps import FAMILIES, random_map
from idlat.training.sampling import BLOCK, BlockSampler
from idlat.training.training_recipe import Batch, TrainingRecipe, stacked

__all__ = ["LearnedRecipe", "random_gain"]


class LearnedRecipe(TrainingRecipe[LearnedNetwork]):
    """One network for all gains and maps."""

    config = LearnedConfig()
    model_class = LearnedModel
    families = FAMILIES
    side = BLOCK
    halos = (0, 8)
    batch_size = 4

    def batch(
        self, sampler: BlockSampler, families: tuple[str, ...], step: int, blocks: range, halo: int
    ) -> Batch:
        """Draw blocks, maps and gains."""
        drawn = [sampler.draw(step, index, halo) for index in blocks]
        maps = [random_map(each.rng, each.block, families) for each in drawn]
        gains = [random_gain(each.rng, self.network.config) for each in drawn]
        x = [each.block for each in drawn]
        return Batch(stacked(x), stacked(maps), torch.tensor(gains, dtype=torch.float32), halo)

    def loss(self, batch: Batch, noise: UniformNoise) -> Loss:
        """R + mean(w·(x − x̂)²), relative to its present value."""
        return rate_distortion(self.network, batch.x, batch.importance, batch.number, batch.halo, noise)

    def slow(self) -> Iterator[nn.Parameter]:
        """Yield the transform matrices."""
        for module in self.network.modules():
            if isinstance(module, LappedTransform | PatchTransform):
                yield from module.parameters()

    def set_quantised(self, quantised: bool) -> None:
        """Of the prior."""
        self.network.prior.set_quantised(quantised)


def random_gain(rng: np.random.Generator, config: LearnedConfig) -> float:
    """g over its whole range, the upper quarter, where every model saturates, half as often."""
    low, high = config.gain_min, config.gain_max
    upper = high - 0.25 * (high - low)
    return float(rng.uniform(upper, high) if rng.random() < 1 / 7 else rng.uniform(low, upper))
