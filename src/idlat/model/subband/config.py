"""What the default model is made for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from idlat.errors import ModelError

__all__ = ["SubbandConfig"]

_FAR = 100.0


@dataclass(frozen=True)
class SubbandConfig:
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

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SubbandConfig:
        """Build a configuration from :meth:`to_dict`'s result.

        Raises
        ------
        ModelError
            If a key is unknown or missing, or a value has the wrong type or range.
        """
        known = {field.name for field in fields(cls)}
        numbers = [values[name] for name in known - {"preset"} if name in values]
        if set(values) != known or not all(isinstance(n, int | float) and abs(n) <= _FAR for n in numbers):
            raise ModelError("the model's configuration has unknown, missing or impossible entries")
        return cls(**values)
