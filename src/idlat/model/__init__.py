"""The models: what turns values and importance into latents and back, and how some are trained.

Names are loaded on first use: the default model needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idlat.model.latent_model import LatentModel
    from idlat.model.learned.learned_config import LearnedConfig
    from idlat.model.learned.learned_model import LearnedModel
    from idlat.model.learned.learned_network import LearnedNetwork
    from idlat.model.loading import load_model, model_from
    from idlat.model.paper.block_config import BlockConfig
    from idlat.model.paper.block_model import BlockModel
    from idlat.model.presets import Preset, find_preset, preset_names, register_preset
    from idlat.model.subband.model import SubbandModel

_NAMES = {
    "BlockConfig": "paper.block_config",
    "BlockModel": "paper.block_model",
    "LatentModel": "latent_model",
    "LearnedConfig": "learned.learned_config",
    "LearnedModel": "learned.learned_model",
    "LearnedNetwork": "learned.learned_network",
    "Preset": "presets",
    "SubbandModel": "subband.model",
    "find_preset": "presets",
    "load_model": "loading",
    "model_from": "loading",
    "preset_names": "presets",
    "register_preset": "presets",
}

__all__ = [
    "BlockConfig",
    "BlockModel",
    "LatentModel",
    "LearnedConfig",
    "LearnedModel",
    "LearnedNetwork",
    "Preset",
    "SubbandModel",
    "find_preset",
    "load_model",
    "model_from",
    "preset_names",
    "register_preset",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _NAMES:
        raise AttributeError(f"module 'idlat.model' has no attribute {name!r}")
    value = getattr(import_module(f"idlat.model.{_NAMES[name]}"), name)
    globals()[name] = value
    return value
