"""The field and the map that speeds are measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import idlat

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Input:
    """A field `(z, y, x)`, and a map as an array and as the expression that it comes from."""

    field: Real
    importance: Real
    expression: str

    @property
    def megabytes(self) -> float:
        """10^6 bytes of the field."""
        return self.field.nbytes / 1e6


def given(path: str | None, size: int) -> Input:
    """Read a field, or make a rough random one; the map is of its isosurface at the mean + 1σ."""
    if path is None:
        from idlat.datasets import RandomFieldOptions, random_field

        field = random_field((size,) * 3, 0, RandomFieldOptions(slope=3.0)).values
    else:
        field = np.ascontiguousarray(idlat.open_field(path).values, np.float32)
        field = field.reshape((-1, *field.shape[-3:]))[0]
    expression = f"isosurface({field.mean() + field.std():.6g}, decay=0.2)"
    importance, _ = idlat.importance.resolve(expression, field)
    return Input(field, np.asarray(importance.to_dataarray().values, np.float32), expression)
