"""Sizes and ranges of the trained network of preset `learned`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from idlat.errors import IdlatError

__all__ = ["LearnedConfig"]

_MOST, _FAR = 1024, 100.0  # channels, and ends of ranges in natural logarithms


@dataclass(frozen=True)
class LearnedConfig:
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

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LearnedConfig:
        """Build a configuration from :meth:`to_dict`'s result.

        Raises
        ------
        IdlatError
            If a key is unknown or missing, or a value has the wrong type or range.
        """
        known = {field.name: type(field.default) for field in fields(cls)}
        if isinstance(values, dict) and values.get("preset") == "default":  # its name before version 0.2
            values = {**values, "preset": cls.preset}
        if not isinstance(values, dict) or set(values) != set(known):
            raise IdlatError("the model's configuration has unknown or missing entries")
        for name, kind in known.items():
            if not isinstance(values[name], (kind, int) if kind is float else kind):
                raise IdlatError(f"the model's configuration: {name} must be {kind.__name__}")
            least, most = (1, _MOST) if kind is int else (-_FAR, _FAR)
            if kind is not str and not least <= values[name] <= most:
                raise IdlatError(f"the model's configuration: {name} must be {least:g} to {most:g}")
        return cls(**values)
