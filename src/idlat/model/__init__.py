"""The networks, what they are trained to, and the trained model behind an array interface."""

from idlat.model.loading import AnyModel, AnyNetwork, load_model, model_from, model_of, network_of
from idlat.model.model import Model
from idlat.model.network import Network
from idlat.model.paper.config import BlockConfig
from idlat.model.paper.model import BlockModel
from idlat.model.presets import PRESETS, AnyConfig, ModelConfig, preset

__all__ = [
    "PRESETS",
    "AnyConfig",
    "AnyModel",
    "AnyNetwork",
    "BlockConfig",
    "BlockModel",
    "Model",
    "ModelConfig",
    "Network",
    "load_model",
    "model_from",
    "model_of",
    "network_of",
    "preset",
]
