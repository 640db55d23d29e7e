"""The networks, what they are trained to, and the trained model behind an array interface."""

from idlat.model.model import Model, load_model
from idlat.model.network import Network
from idlat.model.presets import PRESETS, ModelConfig, preset

__all__ = ["PRESETS", "Model", "ModelConfig", "Network", "load_model", "preset"]
