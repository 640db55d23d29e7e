"""A convolution that trains in floats and computes in exact integers.

Activations are integers in units of 1/32, weights are integers with a power-of-two scale a channel. In float
mode it is an ordinary convolution with a clipped ramp; in quantised mode it computes, with straight-through
gradients, exactly what :mod:`idlat.coding.learned.integer_networks` computes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from idlat.model.learned.analysis_synthesis import compress

__all__ = ["EXACT", "LARGEST", "UNIT", "IntegerConv", "compressed_integer", "straight_through"]

UNIT = 32  # activation steps in one
LARGEST = 255  # largest activation, in steps
EXACT = 2**24  # float32 holds every integer below


def straight_through(x: Tensor, rounded: Tensor) -> Tensor:
    """Take the value of `rounded` and the gradient of `x`."""
    return x + (rounded - x).detach()


class IntegerConv(nn.Conv3d):
    """A convolution that can be run in exact integers."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, *, ramp: bool = True, gain: float = 1.0
    ) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        self.ramp, self.quantised = ramp, False
        with torch.no_grad():
            nn.init.kaiming_normal_(self.weight, nonlinearity="relu" if ramp else "linear")
            self.weight.mul_(gain)
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]

    def integers(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return integers (weights, biases, shifts): w ≈ weights·2^(−shift), b ≈ biases·2^(−shift)/32."""
        assert self.bias is not None
        flat = self.weight.detach().double().flatten(1)
        peak = flat.abs().amax(1).clamp_min(1e-9)
        shift = torch.floor(torch.log2(127 / peak)).clamp(0, 20)
        for _ in range(8):
            scale = torch.exp2(shift)
            weight = (flat * scale[:, None]).round()
            bias = (self.bias.detach().double() * scale * UNIT).round()
            # half an output step is added before the shift
            bound = weight.abs().sum(1) * LARGEST + bias.abs() + 4 * scale
            shift = torch.where((bound >= EXACT) & (shift > 0), shift - 1, shift)
        return weight.reshape(self.weight.shape), bias, shift

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, d, h, w) → (B, outputs, d, h, w)."""
        weight, bias = self.weight, self.bias
        if self.quantised:
            integer, offset, shift = self.integers()
            scale = torch.exp2(-shift)
            exact = (integer * scale.reshape(-1, 1, 1, 1, 1)).to(weight.dtype)
            weight = straight_through(weight, exact)
            bias = straight_through(bias, (offset * scale / UNIT).to(weight.dtype))  # type: ignore[arg-type]
        out = F.conv3d(x, weight, bias, padding=self.padding)
        if not self.ramp:
            return out
        if self.quantised:
            out = straight_through(out, torch.floor(out * UNIT + 0.5) / UNIT)
        return out.clamp(0, LARGEST / UNIT)


def compressed_integer(value: Tensor) -> Tensor:
    """The networks' view of an integer: 0.9·sign(v)·ln(1 + |v|) in steps of 1/32, |v| clipped to 4095."""
    return torch.round(compress(value.clamp(-4095, 4095)) * 0.9 * UNIT) / UNIT
