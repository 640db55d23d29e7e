"""The uniform noise that stands for rounding while a network is trained (paper, Eq. 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["UniformNoise"]


@dataclass(frozen=True)
class UniformNoise:
    """Noise of one step: each block has the same, however many devices share the blocks.

    Attributes
    ----------
    generator : torch.Generator, optional
        On the networks' device; torch's own unless given.
    device, devices : int
        Which of how many devices this is; they have equally many blocks.
    """

    generator: torch.Generator | None = None
    device: int = 0
    devices: int = 1

    def like(self, latents: Tensor) -> Tensor:
        """Return noise from −1/2 to 1/2 for latents (B, …) of this device."""
        blocks = len(latents)
        shape = (self.devices * blocks, *latents.shape[1:])
        whole = torch.rand(shape, generator=self.generator, device=latents.device)
        return whole[self.device * blocks : (self.device + 1) * blocks] - 0.5
