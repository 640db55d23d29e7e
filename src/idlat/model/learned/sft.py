"""Spatial feature transform: conditions scale and shift features (paper, Eq. 4–6)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Conv(nn.Conv3d):
    """A same-size 3-D convolution, zeros outside, that always takes the fast path on CPUs.

    PyTorch sends small inputs of batch 1 to a slow kernel; oneDNN is called by name instead.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, zero: bool = False
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding=kernel // 2 if stride == 1 else 0)
        if zero:
            nn.init.zeros_(self.weight)
        else:
            nn.init.kaiming_normal_(self.weight, a=0.1)
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, d, h, w) → (B, outputs, d', h', w')."""
        fast = not torch.is_grad_enabled() and x.device.type == "cpu" and torch.backends.mkldnn.is_available()
        if fast:
            padding = [int(p) for p in self.padding]
            return torch.mkldnn_convolution(
                x, self.weight, self.bias, padding, self.stride, self.dilation, self.groups
            )
        return F.conv3d(x, self.weight, self.bias, self.stride, self.padding)


class SFT(nn.Module):
    """F' = F ⊙ (1 + α) + β with (α, β) = Φ(Ω) (Eq. 5, 6)."""

    def __init__(self, features: int, conditions: int) -> None:
        super().__init__()
        self.phi = Conv(conditions, 2 * features, 1, zero=True)

    def forward(self, features: Tensor, conditions: Tensor) -> Tensor:
        """(B, C, d, h, w), (B, Ω, d, h, w) → (B, C, d, h, w)."""
        alpha, beta = self.phi(conditions).chunk(2, dim=1)
        return torch.addcmul(features + beta, features, alpha)


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(SFT(x))))), the second convolution started at zero."""

    def __init__(self, features: int, conditions: int) -> None:
        super().__init__()
        self.sft = SFT(features, conditions)
        self.first = Conv(features, features)
        self.second = Conv(features, features, zero=True)

    def forward(self, x: Tensor, conditions: Tensor) -> Tensor:
        """(B, C, d, h, w), (B, Ω, d, h, w) → (B, C, d, h, w)."""
        hidden = F.leaky_relu(self.first(F.leaky_relu(self.sft(x, conditions), 0.1)), 0.1)
        out: Tensor = x + self.second(hidden)
        return out
