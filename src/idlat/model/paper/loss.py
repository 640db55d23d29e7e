"""The paper's objective (Eq. 9–11) for its network, the squared error alone for the baseline."""

from __future__ import annotations

import torch
from torch import Tensor

from idlat.model.learned.rate_distortion_loss import Loss
from idlat.model.paper.block_config import CORE
from idlat.model.paper.network import BaselineNetwork, BlockNetwork
from idlat.model.uniform_noise import UniformNoise


def block_loss(
    network: BlockNetwork,
    x: Tensor,
    importance: Tensor,
    span: Tensor,
    noise: UniformNoise | None = None,
) -> Loss:
    """β·mean(e^{aI}·((x − x̂)/span)²) over 24³ voxels + bits over the 16³ of the core.

    The baseline knows no map: its objective is the mean of ((x − x̂)/span)².

    Parameters
    ----------
    x, importance : Tensor
        (B, 1, 24, 24, 24); x normalised, importance in [0, 1].
    span : Tensor
        (B,): range of the volume's values in the unit of x.
    """
    config, baseline = network.config, isinstance(network, BaselineNetwork)
    decoded, bits = network(x) if baseline else network(x, importance, noise)
    squared = ((decoded - x) / span.reshape(-1, 1, 1, 1, 1)).square()
    rate = bits / CORE**3
    if baseline:
        distortion = squared.mean((1, 2, 3, 4))
        return Loss(distortion.mean(), rate.detach(), distortion.detach())
    weight = config.distortion_weight * torch.exp(config.importance_range * importance)
    distortion = (weight * squared).mean((1, 2, 3, 4))
    return Loss((rate + distortion).mean(), rate.detach(), distortion.detach())
