"""What the default model is made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idlat.model.model_config import Limits, ModelConfig

__all__ = ["SubbandConfig"]


@dataclass(frozen=True)
class SubbandConfig(ModelConfig):
    """What a model of this kind is made for.

    Attributes
    ----------
    preset : str
        Name under which archives record the model.
    importance_range : float
        a of w = exp(a·I + g).
    gain_min, gain_max : float
        Limits of g, natural logarithm of the weight where I = 0.
    """

    preset: str = "default"
    importance_range: float = 7.0
    gain_min: float = -20.0
    gain_max: float = 14.0

    limits: ClassVar[Limits] = dict.fromkeys(("importance_range", "gain_min", "gain_max"), (-100, 100))
