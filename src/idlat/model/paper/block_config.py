"""Sizes of the paper's network and of its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idlat.model.model_config import Limits, ModelConfig

CORE, HALO = 16, 4
"""Voxels of a block that are its own, and of its neighbours on each side (Sect. 5.5.1)."""

SIDE = CORE + 2 * HALO
"""Voxels an axis that the networks see."""

CELLS, HYPER_CELLS = 3, 2
"""Cells an axis of a block's y and of its z."""


@dataclass(frozen=True)
class BlockConfig(ModelConfig):
    """What fixes the architecture and the objective of the presets `paper` and `baseline`.

    Attributes
    ----------
    preset : str
        ``paper`` or ``baseline``; the latter has no SFT, no residual blocks and no quantiser.
    channels : int
        N = M: channels of y and z.
    conditions : int
        Channels of the condition networks Ω (Eq. 4).
    importance_range : float
        a of w = exp(a·I) (Eq. 10).
    distortion_weight : float
        β: what the weighted error, in units of the squared range, counts against bits a voxel (λ of Eq. 9).
    """

    preset: str = "paper"
    channels: int = 16
    conditions: int = 16
    importance_range: float = 7.0
    distortion_weight: float = 5.0

    limits: ClassVar[Limits] = {
        **dict.fromkeys(("channels", "conditions"), (1, 256)),
        **dict.fromkeys(("importance_range", "distortion_weight"), (0, 1e6)),
    }

    @property
    def values(self) -> int:
        """Values that a block keeps: y, then z."""
        return self.channels * (CELLS**3 + HYPER_CELLS**3)
