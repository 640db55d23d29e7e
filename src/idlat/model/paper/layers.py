"""Layers of the paper's network: SFT, residual blocks with SFT, condition networks (Sect. 5.1.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from idlat.model.learned.analysis_synthesis import upsample

_HIDDEN = 32
_SLOPE = 0.1


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv3d:
    """A convolution that keeps the size, or divides it by the stride; zeros outside."""
    layer = nn.Conv3d(inputs, outputs, kernel, stride, padding=kernel // 2)
    nn.init.kaiming_normal_(layer.weight, a=_SLOPE)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


class BlockSFT(nn.Module):
    """F' = F ⊙ (1 + α) + β (Eq. 5, 6): α and β each by two 3³ convolutions of the conditions.

    They are computed at the stride of the conditions; where features are finer, each value serves a cube of
    them.
    """

    def __init__(self, features: int, conditions: int) -> None:
        super().__init__()
        self.hidden = conv(conditions, 2 * _HIDDEN)  # of α, then of β
        self.alpha, self.beta = (conv(_HIDDEN, features) for _ in range(2))
        for layer in (self.alpha, self.beta):
            with torch.no_grad():
                layer.weight.mul_(0.1)

    def forward(self, features: Tensor, conditions: Tensor) -> Tensor:
        """(B, C, d·n, h·n, w·n), (B, Ω, d, h, w) → (B, C, d·n, h·n, w·n)."""
        of_alpha, of_beta = F.relu(self.hidden(conditions)).chunk(2, dim=1)
        factor = features.shape[2] // conditions.shape[2]
        alpha, beta = (upsample(x, factor) for x in (self.alpha(of_alpha), self.beta(of_beta)))
        return torch.addcmul(features + beta, features, alpha)


class BlockResidual(nn.Module):
    """x + conv(SFT(relu(conv(SFT(x)))))."""

    def __init__(self, features: int, conditions: int) -> None:
        super().__init__()
        self.first_sft, self.second_sft = (BlockSFT(features, conditions) for _ in range(2))
        self.first, self.second = (conv(features, features) for _ in range(2))
        with torch.no_grad():
            self.second.weight.mul_(0.1)

    def forward(self, x: Tensor, conditions: Tensor) -> Tensor:
        """(B, C, d, h, w), (B, Ω, d, h, w) → (B, C, d, h, w)."""
        hidden = F.relu(self.first(self.first_sft(x, conditions)))
        out: Tensor = x + self.second(self.second_sft(hidden, conditions))
        return out


class MapConditions(nn.Module):
    """Ω (Eq. 4) at one stride from the importance map alone: averages at half the stride, then 1→64→32→Ω."""

    def __init__(self, conditions: int, stride: int) -> None:
        super().__init__()
        self.averaged = stride // 2
        self.first, self.second = conv(1, 64), conv(64, 32, stride=2)
        self.last = conv(32, conditions)

    def forward(self, importance: Tensor) -> Tensor:
        """(B, 1, Z, Y, X) → (B, Ω, Z/stride, Y/stride, X/stride)."""
        hidden = F.leaky_relu(self.first(F.avg_pool3d(importance, self.averaged)), _SLOPE)
        hidden = F.leaky_relu(self.second(hidden), _SLOPE)
        result: Tensor = self.last(hidden)
        return result


class LatentConditions(nn.Module):
    """Ω at stride 8 and 4 from ŷ and ẑ, as in the released code (Eq. 8 has ŷ alone)."""

    def __init__(self, channels: int, conditions: int) -> None:
        super().__init__()
        self.first, self.second = conv(2 * channels, conditions), conv(conditions, conditions)
        self.fine = conv(conditions, conditions)

    def forward(self, joined: Tensor) -> tuple[Tensor, Tensor]:
        """ŷ joined with ẑ (B, 2C, d, h, w) → (B, Ω, d, h, w) and (B, Ω, 2d, 2h, 2w)."""
        coarse = F.leaky_relu(self.second(F.leaky_relu(self.first(joined), _SLOPE)), _SLOPE)
        return coarse, F.leaky_relu(self.fine(upsample(coarse)), _SLOPE)


def join(y: Tensor, z: Tensor) -> Tensor:
    """Join y (B, C, 3, 3, 3) with z (B, C, 2, 2, 2), which is interpolated: (B, 2C, 3, 3, 3)."""
    wide = F.interpolate(z, size=y.shape[2:], mode="trilinear", align_corners=True)
    return torch.cat([y, wide], 1)
