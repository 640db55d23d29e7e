"""Analysis and synthesis of a 24³ block (paper, Eq. 7 and 8), with conditions or, in the baseline, without.

analysis    x 24³ ─ 5³, 4 ─▶ 24³ ─ 5³↓, 8 ─▶ 12³ ─ 5³↓, 16 ─▶ 6³ ─ 5³↓, 16 ─▶ 3³ ─ res. block ×2 ─▶ y
            GDN and SFT after each of the first three
synthesis   ŷ 3³ ─ res. block ×2 ─ 5³↑, 16 ─▶ 6³ ─ 5³↑, 16 ─▶ 12³ ─ 5³↑, 8 ─▶ 24³ ─ 5³, 1 ─▶ x̂
            inverse GDN and SFT after each of the first three
"""

from __future__ import annotations

import math
from typing import TypeVar

from torch import Tensor, nn

from idlat.model.paper.block_config import BlockConfig
from idlat.model.paper.folded import FoldedConv
from idlat.model.paper.gdn import GDN
from idlat.model.paper.layers import BlockResidual, BlockSFT, LatentConditions, MapConditions

_KERNEL, _PADDING = 5, 2
_Layer = TypeVar("_Layer", nn.Conv3d, nn.ConvTranspose3d)


def _wide(inputs: int, outputs: int) -> nn.Conv3d:
    """A convolution that halves the size; the taps beyond the block's faces see these repeated."""
    layer = nn.Conv3d(inputs, outputs, _KERNEL, 2, _PADDING, padding_mode="replicate")
    return _started(layer, inputs * _KERNEL**3)


def _folded(inputs: int, outputs: int, stride: int = 1) -> nn.Conv3d:
    return _started(FoldedConv(inputs, outputs, stride), inputs * _KERNEL**3)


def _up(inputs: int, outputs: int) -> nn.ConvTranspose3d:
    layer = nn.ConvTranspose3d(inputs, outputs, _KERNEL, 2, _PADDING, output_padding=1)
    return _started(layer, inputs * _KERNEL**3 / 8)


def _started(layer: _Layer, reach: float) -> _Layer:
    """Draw weights that keep the variance: `reach` inputs make up an output."""
    nn.init.normal_(layer.weight, std=1 / math.sqrt(reach))
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


class BlockAnalysis(nn.Module):
    """y = f(x, T_f(I))."""

    def __init__(self, config: BlockConfig, *, conditioned: bool) -> None:
        super().__init__()
        n, c = config.channels, config.conditions
        widths = (4, 8, n)
        self.steps = nn.ModuleList([_folded(1, 4), _folded(4, 8, 2), _wide(8, n)])
        self.last = _wide(n, n)
        self.norms = nn.ModuleList([GDN(width) for width in widths])
        self.conditioned = conditioned
        if conditioned:
            self.conditions = nn.ModuleList([MapConditions(c, stride) for stride in (4, 4, 4, 8)])
            self.sft = nn.ModuleList([BlockSFT(width, c) for width in widths])
            self.blocks = nn.ModuleList([BlockResidual(n, c) for _ in range(2)])

    def forward(self, x: Tensor, importance: Tensor) -> Tensor:
        """(B, 1, 24, 24, 24) twice → (B, N, 3, 3, 3)."""
        for i, (step, norm) in enumerate(zip(self.steps, self.norms, strict=True)):
            x = norm(step(x))
            if self.conditioned:
                x = self.sft[i](x, self.conditions[i](importance))
        x = self.last(x)
        if self.conditioned:
            omega = self.conditions[3](importance)
            for block in self.blocks:
                x = block(x, omega)
        return x


class BlockSynthesis(nn.Module):
    """x̂ = g(ŷ, T_g(ŷ, ẑ))."""

    def __init__(self, config: BlockConfig, *, conditioned: bool) -> None:
        super().__init__()
        n, c = config.channels, config.conditions
        widths = (n, n, 8)
        first = n if conditioned else 2 * n
        self.steps = nn.ModuleList([_up(first, n), _up(n, n), _up(n, 8)])
        self.last = _folded(8, 1)
        self.norms = nn.ModuleList([GDN(width, inverse=True) for width in widths])
        self.conditioned = conditioned
        if conditioned:
            self.conditions = LatentConditions(n, c)
            self.sft = nn.ModuleList([BlockSFT(width, c) for width in widths])
            self.blocks = nn.ModuleList([BlockResidual(n, c) for _ in range(2)])

    def forward(self, y: Tensor, joined: Tensor) -> Tensor:
        """ŷ (B, N, 3, 3, 3), and ŷ joined with ẑ (B, 2N, 3, 3, 3) → (B, 1, 24, 24, 24)."""
        x = y if self.conditioned else joined
        if self.conditioned:
            coarse, fine = self.conditions(joined)
            for block in self.blocks:
                x = block(x, coarse)
        for i, (step, norm) in enumerate(zip(self.steps, self.norms, strict=True)):
            x = norm(step(x))
            if self.conditioned:
                x = self.sft[i](x, fine)
        result: Tensor = self.last(x)
        return result
