"""What symbols cost: the distribution of coefficients given mean and scale, and that of the hyper-latents."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from idlat.coding.learned.activity_class import CLASSES
from idlat.coding.learned.scale_tables import SCALE_MIN, SCALE_RATIO, TAIL_FACTOR, TAIL_SHARE

__all__ = ["FactorisedTable", "Parameters", "active_bits", "bits", "cumulative", "detached"]

FAR = 20.0  # σ from which a symbol's probability is its escape's
_SILENT = 0.5  # scale indices below which a coefficient costs nothing


@dataclass(frozen=True)
class Parameters:
    """Means and scale indices of a group of symbols, each (B, C, 8, 8, 8)."""

    mean: Tensor
    scale: Tensor


def detached(parameters: Parameters) -> Parameters:
    """The same values without a gradient."""
    return Parameters(parameters.mean.detach(), parameters.scale.detach())


def cumulative(x: Tensor, sigma: Tensor) -> Tensor:
    """Distribution function of the symbols: a normal with a share of Laplace tails."""
    normal = torch.special.ndtr(x / sigma)
    t = x / (TAIL_FACTOR * sigma)
    laplace = 0.5 + 0.5 * torch.sign(x) * -torch.expm1(-t.abs())
    mixture: Tensor = (1 - TAIL_SHARE) * normal + TAIL_SHARE * laplace
    return mixture


def bits(symbols: Tensor, parameters: Parameters) -> Tensor:
    """−log2 p of each symbol (Eq. 11), its interval one wide.

    Beyond the reach of a table the cost of the escape grows slowly, so that a scale far too small still
    learns.
    """
    sigma = SCALE_MIN * torch.exp(parameters.scale * SCALE_RATIO)
    # evaluated on the negative side, where differences of the distribution function keep their digits
    distance = -(symbols - parameters.mean).abs()
    p = cumulative(distance + 0.5, sigma) - cumulative(distance - 0.5, sigma)
    beyond = (-distance / (FAR * sigma)).clamp_min(1)
    return -torch.log2(p.clamp_min(2.0**-24)) + 4 * torch.log2(beyond)


def active_bits(symbols: Tensor, parameters: Parameters, moved: Tensor) -> Tensor:
    """Bits (B,), left out where a symbol is still and has the smallest scale: most of them, for nothing."""
    active = (moved | (parameters.scale > _SILENT)).flatten().nonzero().squeeze(1)
    chosen = Parameters(parameters.mean.flatten()[active], parameters.scale.flatten()[active])
    cost = bits(symbols.flatten()[active], chosen)
    block = active.div(symbols[0].numel(), rounding_mode="floor")
    return symbols.new_zeros(len(symbols)).index_add(0, block, cost)


class FactorisedTable(nn.Module):
    """p(ẑ): a discretised logistic mixture a class and channel, each channel with its own median."""

    def __init__(self, channels: int, parts: int = 3, classes: int = CLASSES) -> None:
        super().__init__()
        self.location = nn.Parameter(torch.linspace(-1, 1, parts).repeat(channels, 1))
        self.log_scale = nn.Parameter(torch.zeros(channels, parts))
        self.logit = nn.Parameter(torch.zeros(channels, parts))
        # Classes start alike and differ by what they learn: one seldom seen still has a sound table.
        self.of_class = nn.Parameter(torch.zeros(3, classes, channels, parts))

    def probability(self, z: Tensor, activity: Tensor) -> Tensor:
        """p of each of z (B, C, d, h, w), its interval one wide, given classes (B,)."""
        b, c = z.shape[:2]
        shape = (b, c, -1, 1, 1, 1)
        location, log_scale, logit = (
            (common + own[activity]).reshape(shape)
            for common, own in zip((self.location, self.log_scale, self.logit), self.of_class, strict=True)
        )
        x, inverse = z.unsqueeze(2) - location, torch.exp(-log_scale)
        sign = -torch.sign(x).detach()  # the side where sigmoid keeps its digits
        p = (torch.sigmoid(sign * (x + 0.5) * inverse) - torch.sigmoid(sign * (x - 0.5) * inverse)).abs()
        result: Tensor = (logit.softmax(2) * p).sum(2)
        return result

    def bits(self, z: Tensor, activity: Tensor) -> Tensor:
        """Bits (B,) of z (B, C, d, h, w) given classes (B,)."""
        return -torch.log2(self.probability(z, activity).clamp_min(2.0**-24)).sum((1, 2, 3, 4))
