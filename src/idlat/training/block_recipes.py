"""Training of the presets `paper` and `baseline`: blocks of 16³ with 4 voxels of their neighbours around.

A thousand and three hundred updates take about twenty minutes on one core.
"""

from __future__ import annotations

import torch

from idlat.model.learned.rate_distortion_loss import Loss
from idlat.model.paper.block_config import CORE, HALO, BlockConfig
from idlat.model.paper.block_model import BaselineModel, PaperModel
from idlat.model.paper.loss import block_loss
from idlat.model.paper.network import BlockNetwork
from idlat.model.uniform_noise import UniformNoise
from idlat.training.maps import random_map
from idlat.training.paper_maps import PAPER_FAMILIES
from idlat.training.sampling import BlockSampler
from idlat.training.training_recipe import Batch, TrainingRecipe, stacked

__all__ = ["BaselineRecipe", "PaperRecipe"]


class _BlockRecipe(TrainingRecipe[BlockNetwork]):
    """The paper's five families of maps, and its objective."""

    families = PAPER_FAMILIES
    side = CORE
    halos = (HALO, HALO)

    def batch(
        self, sampler: BlockSampler, families: tuple[str, ...], step: int, blocks: range, halo: int
    ) -> Batch:
        """Draw blocks and maps of 24³, and the span of each block's volume."""
        drawn = [sampler.draw(step, index, halo) for index in blocks]
        maps = [random_map(each.rng, each.block, families, PAPER_FAMILIES) for each in drawn]
        spans = torch.tensor([each.span for each in drawn], dtype=torch.float32)
        return Batch(stacked([each.block for each in drawn]), stacked(maps), spans)

    def loss(self, batch: Batch, noise: UniformNoise) -> Loss:
        """The paper's (Eq. 9–11)."""
        return block_loss(self.network, batch.x, batch.importance, batch.number, noise)

    def set_quantised(self, quantised: bool) -> None:
        """Of the prior, where there is one."""
        self.network.set_quantised(quantised)


class PaperRecipe(_BlockRecipe):
    """The paper's network."""

    config = BlockConfig(preset="paper")
    model_class = PaperModel
    batch_size = 32


class BaselineRecipe(_BlockRecipe):
    """The plain autoencoder."""

    config = BlockConfig(preset="baseline")
    model_class = BaselineModel
    batch_size = 72
