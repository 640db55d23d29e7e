"""The models: what turns values and importance into latents and back, and how some are trained.

Names are loaded on first use: the default model needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idlat.model.learned.learned_config import ModelConfig
    from idlat.model.learned.learned_model import Model
    from idlat.model.learned.learned_network import Network
    from idlat.model.loading import AnyModel, load_model, model_from
    from idlat.model.networks import AnyNetwork, model_of, network_of
    from idlat.model.paper.config import BlockConfig
    from idlat.model.paper.model import BlockModel
    from idlat.model.presets import PRESETS, AnyConfig, preset
    from idlat.model.subband.model import SubbandModel

_NAMES = {
    "PRESETS": "presets",
    "AnyConfig": "presets",
    "AnyNetwork": "networks",
    "BlockConfig": "paper.config",
    "BlockModel": "paper.model",
    "Model": "learned.learned_model",
    "ModelConfig": "learned.learned_config",
    "Network": "learned.learned_network",
    "SubbandModel": "subband.model",
    "load_model": "loading",
    "model_from": "loading",
    "model_of": "networks",
    "network_of": "networks",
    "preset": "presets",
}

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
    "SubbandModel",
    "load_model",
    "model_from",
    "model_of",
    "network_of",
    "preset",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _NAMES:
        raise AttributeError(f"module 'idlat.model' has no attribute {name!r}")
    value = getattr(import_module(f"idlat.model.{_NAMES[name]}"), name)
    globals()[name] = value
    return value
