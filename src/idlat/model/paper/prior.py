"""The paper's entropy model (Sect. 3.2, 5.2): a mean and a scale for each symbol of a block from ẑ.

    ŷ 16×3³ ─ 3³ ─ 2³ ─▶ z 16×2³ ─ round ─▶ ẑ ─ 2³ transposed ─ 3³ ─▶ μ, σ of each ŷ

What the decoder runs, hyper-synthesis and tables, is integer arithmetic when coding; see
:mod:`idlat.model.learned.entropy_prior`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from idlat.coding.learned.scale_tables import SCALE_COUNT
from idlat.model.learned.analysis_synthesis import compress
from idlat.model.learned.integer_conv import LARGEST, UNIT, IntegerConv, straight_through
from idlat.model.learned.symbol_probabilities import FactorisedTable, Parameters, bits
from idlat.model.paper.block_config import BlockConfig
from idlat.model.paper.layers import conv
from idlat.model.uniform_noise import UniformNoise

_FIRST_SCALE = 24 / 8  # index 24: σ about 0.7


class HyperAnalysis(nn.Module):
    """z from y: a 3³ convolution, then a 2³ one from 3³ to 2³ cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.last = nn.Conv3d(channels, channels, 2)

    def forward(self, y: Tensor) -> Tensor:
        """(B, C, 3, 3, 3) → (B, C, 2, 2, 2)."""
        z: Tensor = self.last(F.leaky_relu(self.first(compress(y)), 0.1))
        return z


class BlockPrior(nn.Module):
    """p(ŷ | ẑ) and p(ẑ) of a batch of blocks."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        n = config.channels
        self.channels = n
        self.hyper_analysis = HyperAnalysis(n)
        self.hyper_table = FactorisedTable(n, classes=1)
        self.synthesis_up = IntegerConv(n, 2 * n, 2)  # with padding 1: a transposed one, from 2³ to 3³ cells
        self.synthesis_out = IntegerConv(2 * n, 2 * n, 3, ramp=False, gain=0.1)
        with torch.no_grad():
            self.synthesis_out.bias[:n] = _FIRST_SCALE  # type: ignore[index]

    def set_quantised(self, quantised: bool) -> None:
        """Switch the hyper-synthesis between float and exact integer arithmetic."""
        self.synthesis_up.quantised = self.synthesis_out.quantised = quantised

    def parameters_of(self, z: Tensor) -> Parameters:
        """Means and scale indices (B, C, 3, 3, 3) from ẑ (B, C, 2, 2, 2)."""
        seen = (z / 4).clamp(-LARGEST / UNIT, LARGEST / UNIT)
        out = self.synthesis_out(self.synthesis_up(seen))
        index, mean = out[:, : self.channels] * 8, out[:, self.channels :]
        if self.synthesis_up.quantised:
            index = straight_through(index, torch.floor(index + 0.5))
            mean = straight_through(mean, torch.floor(mean * 8 + 0.5) / 8)
        inside = index.clamp(0, SCALE_COUNT - 1)
        # A small slope outside lets an index come back.
        return Parameters(mean, inside + 0.01 * (index - inside) - (0.01 * (index - inside)).detach())

    def forward(self, y: Tensor, noise: UniformNoise | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return bits (B,) of y (B, C, 3, 3, 3) under additive noise, and ŷ and ẑ with gradients (Eq. 11)."""
        z = self.hyper_analysis(y)
        y_noise, z_noise = map((noise or UniformNoise()).like, (y, z))
        z_hat = straight_through(z, z.round())
        activity = torch.zeros(len(y), dtype=torch.long, device=y.device)
        cost = bits(y + y_noise, self.parameters_of(z_hat)).sum((1, 2, 3, 4))
        cost = cost + self.hyper_table.bits(z + z_noise, activity)
        return cost, straight_through(y, y.round()), z_hat
