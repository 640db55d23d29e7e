"""Sizes and ranges of the trained network of preset `learned`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from idlat.model.model_config import Limits, ModelConfig

__all__ = ["LearnedConfig"]


@dataclass(frozen=True)
class LearnedConfig(ModelConfig):
    """Sizes and ranges that fix a model's architecture.

    Attributes
    ----------
    preset : str
        Name under which archives record the model.
    coefficients : int
        Transform coefficients kept of each 8³ cell (latent channels beside the level).
    predicted : int
        Leading coefficients after the mean for which the entropy model predicts a mean.
    features4, features8 : int
        Feature channels at stride 4 and stride 8.
    conditions : int
        Channels of the condition networks Ω (Eq. 4).
    hyper, prior : int
        Channels of the hyper-latents ẑ and of the entropy networks.
    importance_range : float
        a of w = exp(a·I + g).
    gain_min, gain_max : float
        Limits of g, natural logarithm of the weight where I = 0.
    """

    preset: str = "learned"
    coefficients: int = 512
    predicted: int = 31
    features4: int = 32
    features8: int = 96
    conditions: int = 16
    hyper: int = 16
    prior: int = 64
    importance_range: float = 7.0
    gain_min: float = -13.0
    gain_max: float = 7.0

    limits: ClassVar[Limits] = {
        **dict.fromkeys(("coefficients", "predicted", "features4", "features8"), (1, 1024)),
        **dict.fromkeys(("conditions", "hyper", "prior"), (1, 1024)),
        **dict.fromkeys(("importance_range", "gain_min", "gain_max"), (-100, 100)),
    }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Build a configuration from what a file states; see :class:`ModelConfig`."""
        if isinstance(values, dict) and values.get("preset") == "default":  # its name before version 0.2
            values = {**values, "preset": cls.preset}
        return super().from_dict(values)
