"""Networks of configurations, and models of trained networks."""

from __future__ import annotations

from typing import TypeAlias

from idlat.model.learned.learned_model import Model
from idlat.model.learned.learned_network import Network
from idlat.model.paper.config import BlockConfig
from idlat.model.paper.model import BaselineModel, BlockModel, PaperModel
from idlat.model.paper.network import BlockNetwork, block_network
from idlat.model.presets import AnyConfig

__all__ = ["AnyNetwork", "model_of", "network_of"]

AnyNetwork: TypeAlias = Network | BlockNetwork

_BLOCK_MODELS: dict[str, type[BlockModel]] = {"paper": PaperModel, "baseline": BaselineModel}


def network_of(config: AnyConfig) -> AnyNetwork:
    """Build the network of a configuration, its weights random."""
    return block_network(config) if isinstance(config, BlockConfig) else Network(config)


def model_of(network: AnyNetwork) -> Model | BlockModel:
    """Freeze a network: the model equals what its file will give back."""
    if isinstance(network, Network):
        return Model.from_network(network)
    return _BLOCK_MODELS[network.config.preset].from_network(network)
