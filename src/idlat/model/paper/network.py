"""The paper's network and its baseline, each as one module."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from idlat.model.paper.block_config import BlockConfig
from idlat.model.paper.layers import join
from idlat.model.paper.prior import BlockPrior, HyperAnalysis
from idlat.model.paper.transforms import BlockAnalysis, BlockSynthesis
from idlat.model.uniform_noise import UniformNoise


class PaperNetwork(nn.Module):
    """Fig. 5: transforms under conditions, with the hyperprior."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.config = config
        self.analysis = BlockAnalysis(config, conditioned=True)
        self.synthesis = BlockSynthesis(config, conditioned=True)
        self.prior = BlockPrior(config)

    def set_quantised(self, quantised: bool) -> None:
        """Switch the entropy networks between float and exact integer arithmetic."""
        self.prior.set_quantised(quantised)

    def encode(self, x: Tensor, importance: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 1, 24, 24, 24) twice → ŷ (B, C, 3, 3, 3) and ẑ (B, C, 2, 2, 2), rounded."""
        y = self.analysis(x, importance)
        return y.round(), self.prior.hyper_analysis(y).round()

    def decode(self, y: Tensor, z: Tensor) -> Tensor:
        """ŷ and ẑ → (B, 1, 24, 24, 24)."""
        result: Tensor = self.synthesis(y, join(y, z))
        return result

    def forward(
        self, x: Tensor, importance: Tensor, noise: UniformNoise | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return x̂ and bits (B,), both with gradients."""
        bits, y, z = self.prior(self.analysis(x, importance), noise)
        return self.decode(y, z), bits


class BaselineNetwork(nn.Module):
    """A plain autoencoder of the same shape (Sect. 6.2.2): no map, no quantiser, no entropy model."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.config = config
        self.analysis = BlockAnalysis(config, conditioned=False)
        self.hyper_analysis = HyperAnalysis(config.channels)
        self.synthesis = BlockSynthesis(config, conditioned=False)

    def set_quantised(self, quantised: bool) -> None:
        """Nothing is ever quantised here."""

    def encode(self, x: Tensor, importance: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 1, 24, 24, 24) twice, the map unused → y (B, C, 3, 3, 3) and z (B, C, 2, 2, 2)."""
        y = self.analysis(x, importance)
        return y, self.hyper_analysis(y)

    def decode(self, y: Tensor, z: Tensor) -> Tensor:
        """y and z → (B, 1, 24, 24, 24)."""
        result: Tensor = self.synthesis(y, join(y, z))
        return result

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return x̂ and the bits (B,) of the floats that are kept."""
        kept = 32.0 * self.config.values
        return self.decode(*self.encode(x, torch.ones_like(x))), x.new_full((len(x),), kept)


BlockNetwork: TypeAlias = PaperNetwork | BaselineNetwork
