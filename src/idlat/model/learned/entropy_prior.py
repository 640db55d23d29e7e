"""The entropy model: hyperprior, prediction of the cell means, and a two-pass spatial context.

A chunk (8³ cells) is coded by itself, in this order:

    activity, one of 16 classes
    ẑ (stride 16, one table a class and channel) ─ hyper-synthesis ─▶ h
    level and mean of each cell, less their interpolation        p( · | h, stage)
    the other coefficients of half the cells (checkerboard)      p( · | h, levels, means)
    those of the other half                                      p( · | …, coefficients of the first half)

Every network that the decoder runs is built of :class:`idlat.model.learned.integer_conv.IntegerConv`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from idlat.coding.interpolation import SIDE, prediction_matrix, refinement
from idlat.coding.learned.activity_class import CLASSES
from idlat.coding.learned.scale_tables import SCALE_COUNT
from idlat.model.learned.analysis_synthesis import compress
from idlat.model.learned.integer_conv import LARGEST, UNIT, IntegerConv, compressed_integer, straight_through
from idlat.model.learned.learned_config import LearnedConfig
from idlat.model.learned.sft import Conv
from idlat.model.learned.symbol_probabilities import FactorisedTable, Parameters, active_bits, bits, detached
from idlat.model.uniform_noise import UniformNoise

_STILL = 0.1  # symbols below which a coefficient costs nothing


@dataclass(frozen=True)
class Cost:
    """Bits (B,) of chunks: of rounded symbols, and in the relaxed form that teaches the encoder."""

    bits: Tensor
    relaxed: Tensor


class Prior(nn.Module):
    """p(ŷ, ẑ) of a batch of chunks."""

    refinement: Tensor
    predictor: Tensor
    anchors: Tensor

    def __init__(self, config: LearnedConfig) -> None:
        super().__init__()
        self.config = config
        k, hyper, p = config.coefficients - 1, config.hyper, config.prior
        self.hyper_first = Conv(k + 2, p, 1)
        self.hyper_down = Conv(p, p, 2, stride=2)
        self.hyper_last = Conv(p, hyper, 3, zero=True)
        self.hyper_table = FactorisedTable(hyper)
        self.synthesis_first = IntegerConv(hyper + 1, p, 3)
        self.synthesis_up = IntegerConv(p, 8 * (p // 2))
        self.synthesis_last = IntegerConv(p // 2, p, 3)
        self.mean_hidden = IntegerConv(p + 4, p // 2)
        self.mean_out = IntegerConv(p // 2, 4, ramp=False, gain=0.1)
        self.means_context = IntegerConv(6, p // 2, 3)
        self.first_wide = IntegerConv(p + p // 2, p + p // 2, 3)
        self.first_hidden = IntegerConv(p + p // 2, p + p // 2)
        self.first_out = IntegerConv(p + p // 2, k + config.predicted, ramp=False, gain=0.1)
        self.context_in = IntegerConv(k + config.predicted, p)
        self.context = IntegerConv(p, p, 3)
        self.second_hidden = IntegerConv(2 * p + p // 2, p + p // 2)
        self.second_out = IntegerConv(p + p // 2, k + config.predicted, ramp=False, gain=0.1)
        self.gradient = nn.Parameter(torch.zeros(config.predicted, 1, 3, 3, 3))
        with torch.no_grad():
            self.mean_out.bias[:2] = 3.0  # type: ignore[index]
            for layer in (self.first_out, self.second_out):  # high frequencies begin nearly silent
                layer.bias[:k] = torch.linspace(3.0, 0.5, k)  # type: ignore[index]
        stages = torch.tensor(refinement())
        self.register_buffer("refinement", F.one_hot(stages, 4).permute(3, 0, 1, 2)[None].float() * 4, False)
        self.register_buffer("predictor", torch.tensor(prediction_matrix(), dtype=torch.float32), False)
        z, y, x = np.indices((SIDE,) * 3)
        self.register_buffer("anchors", torch.tensor((z + y + x) % 2 == 0)[None, None], False)

    def set_quantised(self, quantised: bool) -> None:
        """Switch every integer layer between float and exact integer arithmetic."""
        for module in self.modules():
            if isinstance(module, IntegerConv):
                module.quantised = quantised

    def activity(self, y: Tensor) -> Tensor:
        """(B, K, 8, 8, 8) integers → (B,): each chunk's class (see `idlat.coding.learned.activity_class`)."""
        count = torch.count_nonzero(y[:, 1:], dim=(1, 2, 3, 4))
        octave = sum((count >= 2**power).long() for power in range(2, CLASSES + 1))
        return torch.as_tensor(octave).clamp_max(CLASSES - 1)

    def hyper_analysis(self, y: Tensor, activity: Tensor) -> Tensor:
        """(B, K, d, h, w) integers, (B,) → (B, hyper, 4, 4, 4), unrounded. Only the encoder runs it.

        Of fewer than 8 cells along an axis, the last is 0 and stands for those that are left out.
        """
        seen = torch.cat([compress(y).abs(), self._constant(activity / 4, *y.shape[2:])], 1)
        hidden = F.leaky_relu(self.hyper_first(seen), 0.1)
        if hidden.shape[2:] != (SIDE,) * 3:
            d, h, w = hidden.shape[2:]
            whole = hidden[..., -1:, -1:, -1:].repeat(1, 1, SIDE, SIDE, SIDE)
            whole[..., :d, :h, :w] = hidden
            hidden = whole
        result: Tensor = self.hyper_last(F.leaky_relu(self.hyper_down(hidden), 0.1))
        return result

    def hyper_synthesis(self, z: Tensor, activity: Tensor) -> Tensor:
        """(B, hyper, 4, 4, 4) integers, (B,) → h (B, prior, 8, 8, 8)."""
        z = (z / 4).clamp(-LARGEST / UNIT, LARGEST / UNIT)
        seen = torch.cat([z, self._constant(activity / 2, *z.shape[2:])], 1)
        x = self.synthesis_up(self.synthesis_first(seen))
        b, _, d, h, w = x.shape
        x = x.reshape(b, -1, 2, 2, 2, d, h, w).permute(0, 1, 5, 2, 6, 3, 7, 4)
        result: Tensor = self.synthesis_last(x.reshape(b, -1, 2 * d, 2 * h, 2 * w))
        return result

    def _constant(self, value: Tensor, *cells: int) -> Tensor:
        return value.to(self.gradient.dtype).reshape(-1, 1, 1, 1, 1).expand(-1, 1, *cells)

    def forward(self, y: Tensor, level: Tensor, noise: UniformNoise | None = None) -> tuple[Cost, Tensor]:
        """Return the cost of latents `y` (B, K, 8, 8, 8), unrounded, and `level`; and ŷ with y's gradient.

        The prior learns from rounded symbols, the encoder from the symbols with uniform noise (Eq. 2).
        """
        rounded = y.detach().round()
        noise = noise or UniformNoise()
        y_noise = noise.like(y)
        activity = self.activity(rounded)
        z = self.hyper_analysis(rounded, activity)
        z_noise = noise.like(z)
        z_bits = self.hyper_table.bits(z + z_noise, activity)
        pair, mean_parameters, rest = self.distributions(
            rounded, level, straight_through(z, z.round()), activity
        )
        # the encoder's own symbol only: its neighbours' predictions get no gradient
        moved = torch.cat([torch.zeros_like(level), y[:, :1] - rounded[:, :1] + y_noise[:, :1]], 1)

        hard = bits(pair, mean_parameters).sum((1, 2, 3, 4))
        hard = hard + active_bits(rounded[:, 1:], rest, rounded[:, 1:] != 0)
        soft = bits(pair + moved, detached(mean_parameters)).sum((1, 2, 3, 4))
        soft = soft + active_bits(y[:, 1:] + y_noise[:, 1:], detached(rest), y[:, 1:].abs() > _STILL)
        return Cost(hard + z_bits, soft), straight_through(y, rounded)

    def coded_bits(self, y: Tensor, level: Tensor) -> Tensor:
        """Bits (B,) of integer latents (B, K, 8, 8, 8) and levels, ẑ rounded as when coding."""
        activity = self.activity(y)
        z = self.hyper_analysis(y, activity).round()
        pair, mean_parameters, rest = self.distributions(y, level, z, activity)
        symbols = bits(pair, mean_parameters).sum((1, 2, 3, 4)) + bits(y[:, 1:], rest).sum((1, 2, 3, 4))
        return self.hyper_table.bits(z, activity) + symbols

    def distributions(
        self, y: Tensor, level: Tensor, z: Tensor, activity: Tensor
    ) -> tuple[Tensor, Parameters, Parameters]:
        """Residuals of levels and means (B, 2, 8, 8, 8), their parameters, and those of the coefficients."""
        h = self.hyper_synthesis(z, activity)
        common, first = self.residuals(level, y[:, :1])
        first_parameters, hidden = self.first_parameters(h, level, y[:, :1], first)
        second_parameters = self.second_parameters(hidden, y[:, 1:])
        mean = torch.where(self.anchors, first_parameters.mean, second_parameters.mean)
        scale = torch.where(self.anchors, first_parameters.scale, second_parameters.scale)
        return torch.cat([common, first], 1), self.mean_parameters(h), Parameters(mean, scale)

    def residuals(self, level: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
        """Levels and cell means (B, 1, 8, 8, 8) less their interpolation, as the coder forms them."""
        absolute = mean * torch.exp2(-level)
        predicted = (absolute.flatten(1) @ self.predictor.T).reshape(absolute.shape)
        predicted_level = (level.flatten(1) @ self.predictor.T).reshape(level.shape)
        return level - torch.floor(predicted_level + 0.5), mean - torch.floor(
            predicted * torch.exp2(level) + 0.5
        )

    def mean_parameters(self, h: Tensor) -> Parameters:
        """Parameters of level and mean: two channels."""
        stages = self.refinement.expand(len(h), -1, -1, -1, -1)
        out = self.mean_out(self.mean_hidden(torch.cat([h, stages], 1)))
        return Parameters(self._mean(out[:, 2:]), self._scale(out[:, :2]))

    def first_parameters(
        self, h: Tensor, level: Tensor, mean: Tensor, first: Tensor
    ) -> tuple[Parameters, Tensor]:
        """Parameters of the coefficients given levels and means; and the hidden features."""
        context = self.means_context(self.means_features(level, mean, first))
        hidden = self.first_hidden(self.first_wide(torch.cat([h, context], 1)))
        linear = self.linear_means(level, mean)
        return self._coefficients(self.first_out(hidden), linear), torch.cat([hidden, linear], 1)

    def second_parameters(self, hidden: Tensor, coefficients: Tensor) -> Parameters:
        """Parameters given, in addition, the coefficients of the checkerboard's first half."""
        features, linear = hidden[:, : -self.config.predicted], hidden[:, -self.config.predicted :]
        seen = compressed_integer(coefficients * self.anchors)
        context = self.context(self.context_in(torch.cat([seen.abs(), seen[:, : self.config.predicted]], 1)))
        out = self.second_out(self.second_hidden(torch.cat([features, context], 1)))
        return self._coefficients(out, linear)

    def means_features(self, level: Tensor, mean: Tensor, first: Tensor) -> Tensor:
        """Six channels: level, residual, its size, and steps of the mean to the next cell along each axis."""
        absolute = mean * torch.exp2(-level)
        channels = [(level / 2).clamp(-7, 7), compressed_integer(first), compressed_integer(first).abs()]
        for axis in (2, 3, 4):
            step = torch.zeros_like(absolute)
            here = absolute.narrow(axis, 0, SIDE - 1)
            step.narrow(axis, 0, SIDE - 1).copy_(absolute.narrow(axis, 1, SIDE - 1) - here)
            channels.append(compressed_integer(torch.floor(step * torch.exp2(level))))
        return torch.cat(channels, 1)

    def linear_means(self, level: Tensor, mean: Tensor) -> Tensor:
        """Low coefficients (B, predicted, 8, 8, 8) predicted linearly from differences of cell means."""
        weight: Tensor = self.gradient
        if self.synthesis_first.quantised:
            weight = straight_through(weight, (weight * 4096).round() / 4096)
        absolute = mean * torch.exp2(-level)
        inside = F.conv3d(torch.ones_like(absolute[:1]), weight, padding=1)
        predicted = F.conv3d(absolute, weight, padding=1) - absolute * inside
        return predicted * torch.exp2(level)

    def _coefficients(self, out: Tensor, linear: Tensor) -> Parameters:
        k = self.config.coefficients - 1
        mean = self._mean(out[:, k:]) + self._eighths(linear, 0.0)
        rest = mean.new_zeros(mean.shape[0], k - mean.shape[1], *mean.shape[2:])
        return Parameters(torch.cat([mean, rest], 1), self._scale(out[:, :k]))

    def _eighths(self, x: Tensor, offset: float) -> Tensor:
        if not self.synthesis_first.quantised:
            return x
        return straight_through(x, torch.floor(x * 8 + offset) / 8)

    def _mean(self, out: Tensor) -> Tensor:
        return self._eighths(out, 0.5)

    def _scale(self, out: Tensor) -> Tensor:
        index = out * 8
        if self.synthesis_first.quantised:
            index = straight_through(index, torch.floor(index + 0.5))
        # A small slope outside lets an index come back.
        inside = index.clamp(0, SCALE_COUNT - 1)
        return inside + 0.01 * (index - inside) - (0.01 * (index - inside)).detach()
