"""Analysis and synthesis of the trained model of preset `learned` (paper, Eq. 7 and 8).

Everything is measured in quantisation steps. The step of a cell is Δ = Δ₀·2^(−level) with Δ₀ = c·exp(−(a +
g)/2): the gain g and the level (an integer, 0 where I = 1, coded as the first latent channel) act as gain
units, applied before rounding and undone after decoding. Hence the networks are the same at every gain; what
a cell's level does not say of the map acts through SFT.

    analysis   x ─ lapped transform ─ /Δ ──────────────────────────┐
               x/Δ ─ 4³ patches ─ res. block ─ stride 2 ─ res. block ─ (α, β) ─ y = y·(1+α)+β ─▶ y
               aI+g ─ conditions Ω (Eq. 4) ─ SFT in each block

    synthesis  ŷ ─ ·Δ ─ lapped inverse ─ x₁ ─ x₁/Δ ─ 4³ patches ─ res. blocks ─ ·Δ ─ + x₁ ─▶ x̂
               ŷ ─ conditions at stride 8 ─ up ─ SFT in each block
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from idlat.model.learned.lapped_transform import LappedTransform, from_cells, synthesis_norms, to_cells
from idlat.model.learned.learned_config import LearnedConfig
from idlat.model.learned.quantisation_levels import PATCH, choose_levels, conditions_of, pooled_weights
from idlat.model.learned.sft import Conv, ResidualBlock
from idlat.model.tile_analysis import Cells
from idlat.transform.lapped import CELL, dct_matrix

# At high rate dR/dD = −w gives Δ² = 12·D = 12/(2·ln 2·w).
STEP_CONSTANT = math.sqrt(6 / math.log(2))


def base_step(config: LearnedConfig, gain: float) -> float:
    """Δ₀: the quantisation step, in normalised units, where I = 1."""
    return STEP_CONSTANT * math.exp(-(config.importance_range + gain) / 2)


def compress(x: Tensor) -> Tensor:
    """sign(x)·ln(1 + |x|): keeps features of any size within a network's reach."""
    return torch.log1p(x.abs()).copysign(x)


def upsample(x: Tensor, factor: int = 2) -> Tensor:
    """Repeat each voxel of (B, C, d, h, w) `factor` times along each axis."""
    for axis in (2, 3, 4):
        x = x.repeat_interleave(factor, dim=axis)
    return x


class PatchTransform(nn.Module):
    """4³ patches to channels and back by a learnable matrix, started as the DCT."""

    def __init__(self) -> None:
        super().__init__()
        dct = dct_matrix(PATCH)
        basis = torch.tensor(np.kron(np.kron(dct, dct), dct), dtype=torch.float32)
        self.matrix = nn.Parameter(basis)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, Z, Y, X) → (B, 64, Z/4, Y/4, X/4)."""
        return (to_cells(x[:, 0], PATCH) @ self.matrix.T).permute(0, 4, 1, 2, 3)

    def inverse(self, patches: Tensor) -> Tensor:
        """(B, 64, d, h, w) → (B, 1, 4d, 4h, 4w)."""
        return from_cells(patches.permute(0, 2, 3, 4, 1) @ self.matrix, PATCH)[:, None]


class ConditionNetwork(nn.Module):
    """Ω at stride 4 and 8 from the weight map alone (Eq. 4)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Conv(3, channels)
        self.second = Conv(channels, channels, 1)
        self.down = Conv(channels, 2 * channels, 2, stride=2)

    def forward(self, conditions: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, d, h, w) → (B, Ω, d, h, w) and (B, 2Ω, d/2, h/2, w/2)."""
        fine = F.leaky_relu(self.second(F.leaky_relu(self.first(conditions), 0.1)), 0.1)
        return fine, F.leaky_relu(self.down(fine), 0.1)


class Analysed(NamedTuple):
    """What the analysis gives.

    Attributes
    ----------
    y : Tensor
        (B, K, Z/8, Y/8, X/8), unrounded.
    level : Tensor
        (B, 1, Z/8, Y/8, X/8), integers.
    wanted : Tensor
        The same shape: the levels that the weights ask for, real.
    """

    y: Tensor
    level: Tensor
    wanted: Tensor


class NetworkAnalysis(nn.Module):
    """y = f(x, T_f(I)) (Eq. 7)."""

    def __init__(self, config: LearnedConfig, lapped: LappedTransform) -> None:
        super().__init__()
        self.config, self.lapped = config, lapped
        k, c4, c8 = config.coefficients, config.features4, config.features8
        self.conditions = ConditionNetwork(config.conditions)
        self.patches = PatchTransform()
        self.head4 = Conv(PATCH**3, c4, 1)
        self.block4 = ResidualBlock(c4, config.conditions)
        self.down = Conv(c4, c8, 2, stride=2)
        self.mix = Conv(k, c8, 1)
        self.block8 = ResidualBlock(c8, 2 * config.conditions)
        self.tail = Conv(c8, 2 * k, 1, zero=True)

    def forward(
        self, x: Tensor, importance: Tensor, log_scale: Tensor, core: Cells | None = None
    ) -> Analysed:
        """Return the latents, unrounded, and the levels.

        Parameters
        ----------
        x : Tensor
            (B, 1, Z, Y, X) in units of Δ₀.
        importance : Tensor
            (B, 1, Z, Y, X) in [0, 1].
        log_scale : Tensor
            (K,): ln of each channel's gain unit.
        core : three pairs of int, optional
            Cells that are coded, as in :func:`idlat.model.learned.quantisation_levels.choose_levels`.

        Returns
        -------
        Analysed
        """
        wanted, pooled = pooled_weights(importance, self.config.importance_range)
        y = self.coefficients(x, log_scale)
        level = choose_levels(wanted, y, core)
        fine, coarse = self.conditions(conditions_of(pooled, level))
        shrink = torch.exp2(level)  # 1/Δ in units of 1/Δ₀
        y = y * shrink
        patches = compress(self.patches(x) * upsample(shrink))
        h4 = self.block4(self.head4(patches), fine)
        h8 = self.down(h4) + self.mix(compress(y))
        h8 = self.block8(h8, coarse)
        alpha, beta = self.tail(F.leaky_relu(h8, 0.1)).chunk(2, dim=1)
        return Analysed(torch.addcmul(y + beta, y, alpha), level, wanted)

    def coefficients(self, x: Tensor, log_scale: Tensor) -> Tensor:
        """(B, 1, Z, Y, X) in units of Δ₀ → (B, K, d, h, w): the linear part, at level 0."""
        return self.lapped.analysis(x) * (-log_scale).exp().reshape(-1, 1, 1, 1)


class NetworkSynthesis(nn.Module):
    """x̂ = g(ŷ, T_g(ŷ)) (Eq. 8). Its radius is 3 cells."""

    def __init__(self, config: LearnedConfig, lapped: LappedTransform) -> None:
        super().__init__()
        self.config, self.lapped = config, lapped
        k, c4, c8 = config.coefficients, config.features4, config.features8
        self.mix = Conv(k + 1, c8, 1)
        self.context = Conv(c8, c8)
        self.up = nn.ConvTranspose3d(c8, c4, 2, stride=2)
        self.patches = PatchTransform()
        self.head4 = Conv(PATCH**3, c4, 1)
        self.blocks = nn.ModuleList([ResidualBlock(c4, c4) for _ in range(2)])
        self.tail = Conv(c4, PATCH**3, 1, zero=True)
        self.coarse_head = nn.Conv3d(k, 1, 1)
        nn.init.zeros_(self.coarse_head.weight)
        nn.init.zeros_(self.coarse_head.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.coarse_head.weight[0, 0] = CELL**-1.5

    def forward(self, y: Tensor, level: Tensor, log_scale: Tensor) -> Tensor:
        """(B, K, d, h, w) integers and (B, 1, d, h, w) levels → (B, 1, 8d, 8h, 8w) in units of Δ₀."""
        step = torch.exp2(-level)
        base = self.lapped.synthesis(self.dequantise(y, level, log_scale))
        features = torch.cat([compress(y), level / 4], 1)
        context = F.leaky_relu(self.context(F.leaky_relu(self.mix(features), 0.1)), 0.1)
        conditions = F.leaky_relu(self.up(context), 0.1)
        fine_step = upsample(step)
        h = self.head4(compress(self.patches(base) / fine_step))
        for block in self.blocks:
            h = block(h, conditions)
        return base + self.patches.inverse(self.tail(F.leaky_relu(h, 0.1)) * fine_step)

    def dequantise(self, y: Tensor, level: Tensor, log_scale: Tensor) -> Tensor:
        """Undo the gain units: latents in units of Δ₀, the shape kept."""
        return y * torch.exp2(-level) * log_scale.exp().reshape(-1, 1, 1, 1)

    def coarse(self, y: Tensor, level: Tensor, log_scale: Tensor) -> Tensor:
        """Means of the cells (B, 1, d, h, w), in units of Δ₀, without the synthesis."""
        mean: Tensor = self.coarse_head(self.dequantise(y, level, log_scale))
        return mean


def starting_log_scale(coefficients: int) -> Tensor:
    """ln of the gain units (K,): equal error for equal bits under the starting transform."""
    return torch.tensor(-0.5 * np.log(synthesis_norms(coefficients)), dtype=torch.float32)
