"""What a training step consists of: blocks, maps, objective, learning rates. A preset names its recipe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from idlat.errors import ModelError
from idlat.model.learned.frozen_model import FrozenModel
from idlat.model.learned.rate_distortion_loss import Loss
from idlat.model.presets import Preset, find_preset
from idlat.model.uniform_noise import UniformNoise
from idlat.training.maps import RandomMap
from idlat.training.sampling import BlockSampler

__all__ = ["Batch", "Families", "TrainingRecipe", "recipe_of", "stacked"]

Families: TypeAlias = dict[str, tuple[RandomMap, float]]

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Batch:
    """Blocks and their maps (B, 1, n, n, n), and one number a block.

    Attributes
    ----------
    x, importance : Tensor
    number : Tensor
        (B,): the gain of preset `learned`, the span of values for the paper's.
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


@dataclass
class TrainingRecipe(ABC, Generic[N]):
    """How the network of a preset is trained.

    Attributes
    ----------
    network
        With its configuration as ``network.config``, which has ``to_dict()``.
    config
        Configuration of a new network, a frozen dataclass.
    model_class
        What a trained network is frozen to; its ``network_class`` makes the network of a configuration.
    families
        Random maps that it is trained on, each with its share.
    side : int
        Voxels an axis of a block, halo left out.
    halos : (int, int)
        Voxels of real data around a block, at first and last.
    batch_size : int
        Blocks an update.
    """

    network: N

    config: ClassVar[Any]
    model_class: ClassVar[type[FrozenModel[Any]]]
    families: ClassVar[Families]
    side: ClassVar[int]
    halos: ClassVar[tuple[int, int]] = (0, 0)
    batch_size: ClassVar[int]

    @classmethod
    def begin(cls, config: Any, seed: int) -> Self:
        """Return the recipe of a new network with seeded weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(cls.model_class.network_class(config))

    @abstractmethod
    def batch(
        self, sampler: BlockSampler, families: tuple[str, ...], step: int, blocks: range, halo: int
    ) -> Batch:
        """Draw some blocks of a step, with `halo` voxels of real data around."""

    @abstractmethod
    def loss(self, batch: Batch, noise: UniformNoise) -> Loss:
        """Return the objective of a batch."""

    @abstractmethod
    def set_quantised(self, quantised: bool) -> None:
        """Switch the entropy networks to exact integers, or back."""

    def slow(self) -> Iterator[nn.Parameter]:
        """Yield the parameters that learn slowly: none."""
        yield from ()


def recipe_of(preset: Preset) -> type[TrainingRecipe[Any]]:
    """Return how a preset is trained, or the one that it trains instead.

    Raises
    ------
    ModelError
        If there is nothing to train.
    """
    if preset.trains:
        return recipe_of(find_preset(preset.trains))
    if not preset.recipe:
        raise ModelError(f"preset {preset.name} has nothing to train")
    found: type[TrainingRecipe[Any]] = resolve_name(preset.recipe)
    return found


def stacked(arrays: list[NDArray[np.float32]]) -> Tensor:
    """Return arrays (n, n, n) as one tensor (B, 1, n, n, n)."""
    return torch.from_numpy(np.stack(arrays))[:, None]
