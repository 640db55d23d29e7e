"""Generalised divisive normalisation, absolute form (GDN1), and its inverse."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_SMALLEST = 1e-6
_DIAGONAL, _OTHER = 0.1, 1e-3  # γ at the start


class GDN(nn.Module):
    """x_i / (β_i + Σ_j γ_ij·|x_j|), or the product in place of the quotient where `inverse`.

    β and γ are squares of what is learned, and so never negative.

    Parameters
    ----------
    channels : int
    inverse : bool
        Multiply instead of dividing.
    """

    def __init__(self, channels: int, *, inverse: bool = False) -> None:
        super().__init__()
        self.inverse = inverse
        gamma = torch.full((channels, channels), _OTHER).fill_diagonal_(_DIAGONAL)
        self.root_beta = nn.Parameter(torch.ones(channels))
        self.root_gamma = nn.Parameter(gamma.sqrt())

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, d, h, w) → the same shape."""
        gamma = self.root_gamma.square().reshape(*self.root_gamma.shape, 1, 1, 1)
        norm = F.conv3d(x.abs(), gamma, self.root_beta.square() + _SMALLEST)
        return x * norm if self.inverse else x / norm
