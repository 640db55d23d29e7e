"""The default network: transforms, gain units and prior in one module."""

from __future__ import annotations

from torch import Tensor, nn

from idlat.model.learned.analysis_synthesis import (
    Analysed,
    NetworkAnalysis,
    NetworkSynthesis,
    starting_log_scale,
)
from idlat.model.learned.entropy_prior import Prior
from idlat.model.learned.lapped_transform import LappedTransform
from idlat.model.learned.learned_config import LearnedConfig
from idlat.model.tile_analysis import Cells


class LearnedNetwork(nn.Module):
    """What training adjusts and :class:`idlat.model.LearnedModel` runs.

    Fields are in units of Δ₀ (see :mod:`idlat.model.learned.analysis_synthesis`).
    """

    def __init__(self, config: LearnedConfig) -> None:
        super().__init__()
        self.config = config
        self.log_scale = nn.Parameter(starting_log_scale(config.coefficients))
        self.lapped = LappedTransform(config.coefficients)
        self.analysis = NetworkAnalysis(config, self.lapped)
        self.synthesis = NetworkSynthesis(config, self.lapped)
        self.prior = Prior(config)

    def analyse(self, x: Tensor, importance: Tensor, core: Cells | None = None) -> Analysed:
        """(B, 1, Z, Y, X) twice → latents (B, K, Z/8, Y/8, X/8), unrounded, and levels (B, 1, …).

        `core` are the cells that are coded, all unless given; the first of them begins a chunk.
        """
        result: Analysed = self.analysis(x, importance, self.log_scale, core)
        return result

    def synthesise(self, y: Tensor, level: Tensor) -> Tensor:
        """Latents and levels → (B, 1, Z, Y, X)."""
        result: Tensor = self.synthesis(y, level, self.log_scale)
        return result

    def coarse(self, y: Tensor, level: Tensor) -> Tensor:
        """Cell means (B, 1, d, h, w)."""
        return self.synthesis.coarse(y, level, self.log_scale)
