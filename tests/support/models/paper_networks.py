"""The paper's network and the baseline with random weights, small where size does not matter."""

import torch

from idlat.model import BlockConfig, BlockModel, find_preset
from idlat.model.paper.network import BlockNetwork


def random_block_network(preset: str = "paper", channels: int = 4, seed: int = 0) -> BlockNetwork:
    """A network whose entropy networks say something of every symbol."""
    torch.manual_seed(seed)
    model_class = find_preset(preset).model_class()
    network = model_class.network_class(BlockConfig(preset=preset, channels=channels, conditions=4))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape))
    return network


def random_block_model(preset: str = "paper", channels: int = 4, seed: int = 0) -> BlockModel:
    """A frozen :func:`random_block_network`."""
    model = find_preset(preset).model_class().from_network(random_block_network(preset, channels, seed))
    assert isinstance(model, BlockModel)
    return model
