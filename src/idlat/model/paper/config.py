"""Sizes of the paper's network and of its baseline."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from idlat.errors import IdlatError

CORE, HALO = 16, 4
"""Voxels of a block that are its own, and of its neighbours on each side (Sect. 5.5.1)."""

SIDE = CORE + 2 * HALO
"""Voxels an axis that the networks see."""

CELLS, HYPER_CELLS = 3, 2
"""Cells an axis of a block's y and of its z."""


@dataclass(frozen=True)
class BlockConfig:
    """What fixes the architecture and the objective of the presets `paper` and `baseline`.

    Attributes
    ----------
    preset : str
        ``paper`` or ``baseline``; the latter has no SFT, no residual blocks and no quantiser.
    channels : int
        N = M: channels of y and z.
    conditions : int
        Channels of the condition networks Ω (Eq. 4).
    importance_range : float
        a of w = exp(a·I) (Eq. 10).
    distortion_weight : float
        β: what the weighted error, in units of the squared range, counts against bits a voxel (λ of Eq. 9).
    """

    preset: str = "paper"
    channels: int = 16
    conditions: int = 16
    importance_range: float = 7.0
    distortion_weight: float = 5.0

    @property
    def values(self) -> int:
        """Values that a block keeps: y, then z."""
        return self.channels * (CELLS**3 + HYPER_CELLS**3)

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> BlockConfig:
        """Build a configuration from :meth:`to_dict`'s result.

        Raises
        ------
        IdlatError
            If a key is unknown or missing, or a value has the wrong type or range.
        """
        known = {field.name: type(field.default) for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != set(known):
            raise IdlatError("the model's configuration has unknown or missing entries")
        for name, kind in known.items():
            if not isinstance(values[name], (kind, int) if kind is float else kind):
                raise IdlatError(f"the model's configuration: {name} must be {kind.__name__}")
        for name in ("channels", "conditions"):
            if not 1 <= values[name] <= 256:
                raise IdlatError(f"the model's configuration: {name} must be 1 to 256, got {values[name]}")
        for name in ("importance_range", "distortion_weight"):
            if not 0 <= values[name] <= 1e6:
                raise IdlatError(f"the model's configuration: {name} must be 0 to 1e6, got {values[name]}")
        return cls(**values)
