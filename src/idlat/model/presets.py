"""Named model configurations."""

from __future__ import annotations

from typing import Any, TypeAlias

from idlat.errors import IdlatError
from idlat.model.learned.learned_config import ModelConfig
from idlat.model.paper.config import BlockConfig

AnyConfig: TypeAlias = ModelConfig | BlockConfig

PRESETS: dict[str, AnyConfig] = {
    "learned": ModelConfig(),
    "paper": BlockConfig(),
    "baseline": BlockConfig(preset="baseline"),
}


def config_from(values: Any) -> AnyConfig:
    """Build the configuration that a model file states, of the kind that its preset has.

    Raises
    ------
    IdlatError
        If it is none.
    """
    named = PRESETS.get(values["preset"]) if isinstance(values, dict) and "preset" in values else None
    return (BlockConfig if isinstance(named, BlockConfig) else ModelConfig).from_dict(values)


def preset(name: str) -> AnyConfig:
    """Return a named configuration.

    Raises
    ------
    IdlatError
        If there is no such preset.

    Examples
    --------
    >>> preset("learned").importance_range
    7.0
    """
    if name not in PRESETS:
        raise IdlatError(f"unknown preset {name!r}: one of {', '.join(PRESETS)}")
    return PRESETS[name]
