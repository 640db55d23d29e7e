"""What a training step consists of, by kind of network: blocks, maps, objective, learning rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from idlat.model import AnyConfig, AnyNetwork, ModelConfig, Network, network_of
from idlat.model.learned.analysis_synthesis import PatchTransform
from idlat.model.learned.lapped_transform import LappedTransform
from idlat.model.learned.rate_distortion_loss import Loss, rate_distortion
from idlat.model.paper.config import CORE, HALO, BlockConfig
from idlat.model.paper.loss import block_loss
from idlat.model.paper.network import BlockNetwork
from idlat.training.maps import FAMILIES, RandomMap, random_map
from idlat.training.paper_maps import PAPER_FAMILIES
from idlat.training.sampling import BLOCK, BlockSampler

Families: TypeAlias = dict[str, tuple[RandomMap, float]]

_BATCH = {"learned": 4, "paper": 32, "baseline": 72}
"""Blocks an update: 1,300 updates take about twenty minutes on one core."""


@dataclass(frozen=True)
class Batch:
    """Blocks and their maps (B, 1, n, n, n), and one number a block.

    Attributes
    ----------
    x, importance : Tensor
    number : Tensor
        (B,): the gain of the default network, the span of values for the paper's.
    halo : int
        Voxels around the block that do not count.
    """

    x: Tensor
    importance: Tensor
    number: Tensor
    halo: int = 0

    def to(self, device: torch.device) -> Batch:
        """Move the arrays to a device."""
        x, importance, number = (t.to(device) for t in (self.x, self.importance, self.number))
        return Batch(x, importance, number, self.halo)


class Recipe(Protocol):
    """How a kind of network is trained: on blocks of `voxels`, with `halos` around them at first and last."""

    @property
    def network(self) -> AnyNetwork: ...  # noqa: D102
    @property
    def voxels(self) -> int: ...  # noqa: D102
    @property
    def halos(self) -> tuple[int, int]: ...  # noqa: D102

    def batch(
        self, sampler: BlockSampler, families: tuple[str, ...], step: int, blocks: range, halo: int
    ) -> Batch:
        """Draw some blocks of a step, with `halo` voxels of real data around."""

    def loss(self, batch: Batch, generator: torch.Generator) -> Loss:
        """Return the objective of a batch."""

    def slow(self) -> Iterator[nn.Parameter]:
        """Yield the parameters that learn slowly."""

    def set_quantised(self, quantised: bool) -> None:
        """Switch the entropy networks to exact integers, or back."""


@dataclass
class DefaultRecipe:
    """Blocks of 64³ at random gains, late in training with real data around them."""

    network: Network
    voxels = BLOCK**3
    halos = (0, 8)

    def batch(
        self, sampler: BlockSampler, families: tuple[str, ...], step: int, blocks: range, halo: int
    ) -> Batch:
        """Draw blocks, maps and gains."""
        drawn = [sampler.draw(step, index, halo) for index in blocks]
        maps = [random_map(each.rng, each.block, families) for each in drawn]
        gains = [random_gain(each.rng, self.network.config) for each in drawn]
        x = [each.block for each in drawn]
        return Batch(_stacked(x), _stacked(maps), torch.tensor(gains, dtype=torch.float32), halo)

    def loss(self, batch: Batch, generator: torch.Generator) -> Loss:
        """R + mean(w·(x − x̂)²), relative to its present value."""
        return rate_distortion(self.network, batch.x, batch.importance, batch.number, batch.halo, generator)

    def slow(self) -> Iterator[nn.Parameter]:
        """The transform matrices."""
        for module in self.network.modules():
            if isinstance(module, LappedTransform | PatchTransform):
                yield from module.parameters()

    def set_quantised(self, quantised: bool) -> None:
        """Of the prior."""
        self.network.prior.set_quantised(quantised)


@dataclass
class BlockRecipe:
    """Blocks of 16³ with 4 voxels of their neighbours around, and the paper's five families of maps."""

    network: BlockNetwork
    voxels = CORE**3
    halos = (HALO, HALO)

    def batch(
        self, sampler: BlockSampler, families: tuple[str, ...], step: int, blocks: range, halo: int
    ) -> Batch:
        """Draw blocks and maps of 24³, and the span of each block's volume."""
        drawn = [sampler.draw(step, index, halo) for index in blocks]
        maps = [random_map(each.rng, each.block, families, PAPER_FAMILIES) for each in drawn]
        spans = torch.tensor([each.span for each in drawn], dtype=torch.float32)
        return Batch(_stacked([each.block for each in drawn]), _stacked(maps), spans)

    def loss(self, batch: Batch, generator: torch.Generator) -> Loss:
        """The paper's (Eq. 9–11)."""
        return block_loss(self.network, batch.x, batch.importance, batch.number, generator)

    def slow(self) -> Iterator[nn.Parameter]:
        """None."""
        yield from ()

    def set_quantised(self, quantised: bool) -> None:
        """Of the prior, where there is one."""
        self.network.set_quantised(quantised)


def recipe_of(network: AnyNetwork) -> Recipe:
    """Return how a network is trained."""
    return DefaultRecipe(network) if isinstance(network, Network) else BlockRecipe(network)


def families_of(config: AnyConfig) -> Families:
    """Return the random maps that a configuration is trained on."""
    return PAPER_FAMILIES if isinstance(config, BlockConfig) else FAMILIES


def block_side(config: AnyConfig) -> int:
    """Voxels an axis of a training block, halo left out."""
    return CORE if isinstance(config, BlockConfig) else BLOCK


def batch_of(config: AnyConfig) -> int:
    """Blocks an update."""
    return _BATCH[config.preset]


def random_gain(rng: np.random.Generator, config: ModelConfig) -> float:
    """g over its whole range, the upper quarter, where every model saturates, half as often."""
    low, high = config.gain_min, config.gain_max
    upper = high - 0.25 * (high - low)
    return float(rng.uniform(upper, high) if rng.random() < 1 / 7 else rng.uniform(low, upper))


def new_network(config: AnyConfig, seed: int) -> AnyNetwork:
    """A network with seeded weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return network_of(config)


def _stacked(arrays: list[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))[:, None]
