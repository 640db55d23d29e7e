"""What fixes a model, as its file states it in JSON, checked alike for all presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self, TypeAlias

from idlat.errors import ModelError

__all__ = ["Limits", "ModelConfig"]

Limits: TypeAlias = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class ModelConfig:
    """Base of the configurations: frozen dataclasses of numbers, all with defaults.

    Attributes
    ----------
    preset : str
        Name under which archives record the model.
    limits : mapping of str to (least, most)
        Of each number.
    """

    limits: ClassVar[Limits] = {}

    preset: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Build a configuration from :meth:`to_dict`'s result.

        Raises
        ------
        ModelError
            If a key is unknown or missing, or a value has the wrong type or range.
        """
        kinds = {field.name: type(field.default) for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != set(kinds):
            raise ModelError("the model's configuration has unknown or missing entries")
        for name, kind in kinds.items():
            if not isinstance(values[name], (kind, int) if kind is float else kind):
                raise ModelError(f"the model's configuration: {name} must be {kind.__name__}")
        for name, (least, most) in cls.limits.items():
            if not least <= values[name] <= most:
                raise ModelError(
                    f"the model's configuration: {name} must be {least:g} to {most:g}, got {values[name]}"
                )
        return cls(**values)
