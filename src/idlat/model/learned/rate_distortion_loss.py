"""The training objective (paper, Eq. 9–11)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from idlat.model.learned.analysis_synthesis import STEP_CONSTANT
from idlat.model.learned.learned_network import LearnedNetwork
from idlat.model.uniform_noise import UniformNoise
from idlat.transform.lapped import CELL


@dataclass(frozen=True)
class Loss:
    """One batch: what is minimised, and per block bits a voxel and weighted squared error.

    `objective` is a scalar; `rate` and `distortion` have shape (B,).
    """

    objective: Tensor
    rate: Tensor
    distortion: Tensor


def rate_distortion(
    network: LearnedNetwork,
    x: Tensor,
    importance: Tensor,
    gain: Tensor,
    halo: int = 0,
    noise: UniformNoise | None = None,
) -> Loss:
    """R + mean(w·(x − x̂)²) with w = exp(a·I + g), each block's share divided by its present value.

    The division keeps blocks of high weight from owning the gradient: one model serves all gains.

    Parameters
    ----------
    x, importance : Tensor
        (B, 1, n, n, n) with n = 64 + 2·halo; x normalised.
    gain : Tensor
        (B,): g.
    halo : int
        Voxels around the block, a multiple of 8, whose rate and distortion do not count.
    """
    largest = network.config.importance_range + gain.reshape(-1, 1, 1, 1, 1)
    scaled = x * (torch.exp(largest / 2) / STEP_CONSTANT)
    margin = halo // CELL
    z, h, w = ((margin, n // CELL - margin) for n in x.shape[2:])
    y, level, _ = network.analyse(scaled, importance, (z, h, w))
    core, core_level = (inner(t, margin) for t in (y, level))
    cost, rounded = network.prior(core, core_level, noise)
    # the synthesis too sees what lies around: the transform's functions reach across the block's faces
    around = rounded if halo == 0 else y + (y.round() - y).detach()
    error = inner(network.synthesise(around, level) - scaled, halo)
    scaled, importance = (inner(t, halo) for t in (scaled, importance))
    voxels = scaled[0].numel()
    relative = torch.exp(network.config.importance_range * (importance - 1))
    distortion = (relative * error.square()).mean((1, 2, 3, 4)) * STEP_CONSTANT**2
    rate = cost.bits / voxels
    total = (rate + distortion).detach() + 5e-4
    objective = ((rate + cost.relaxed / voxels + distortion) / total).mean()
    coarse = network.coarse(rounded.detach(), core_level) - F.avg_pool3d(scaled, CELL)
    objective = (
        objective + 0.01 * (coarse.square() * torch.exp2(2 * core_level)).mean((1, 2, 3, 4)).sqrt().mean()
    )
    return Loss(objective, rate.detach(), distortion.detach())


def inner(x: Tensor, margin: int) -> Tensor:
    """Cut `margin` voxels off each side of (B, C, d, h, w)."""
    if margin == 0:
        return x
    cut = slice(margin, -margin)
    return x[..., cut, cut, cut]
