"""What an open archive says of itself, in words of the page: its grid, units, times, ranges, quality."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idlat.archive import Archive, VariableRecord
from idlat.errors import IdlatError, ImportanceError
from idlat.explorer.notation import written_units
from idlat.importance.measures.voxel_spacing import spacing_of
from idlat.tiling import Triple

__all__ = ["BLOCK", "ArchiveDescription"]

BLOCK: Literal[16] = 16
"""Voxels an axis of a block."""


@dataclass(frozen=True, eq=False)
class ArchiveDescription:
    """What is known without decoding anything.

    Attributes
    ----------
    archive : Archive
        What is explored.
    """

    archive: Archive

    block = BLOCK

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables; all share one grid."""
        return self.archive.variables

    def record(self, variable: str | None = None) -> VariableRecord:
        """Return the archive's record of a variable, the first one unless named.

        Raises
        ------
        ArchiveError
            There is no such variable.
        """
        return self.archive.record.variable(self.variables[0] if variable is None else variable)

    @property
    def steps(self) -> int:
        """Time steps."""
        return self.record().steps

    @property
    def shape(self) -> Triple:
        """Voxels along z, y, x."""
        return self.record().volume

    @property
    def block_shape(self) -> Triple:
        """Blocks along z, y, x; the last ones may reach beyond the field."""
        z, y, x = (-(-n // BLOCK) for n in self.shape)
        return z, y, x

    @property
    def expression(self) -> str | None:
        """The importance expression that the archive was written under; None for a file or an array."""
        source = self.archive.record.importance
        return source.text if source.kind == "expression" else None

    @property
    def gain(self) -> float:
        """g of w = e^{aI+g}."""
        return self.archive.gain

    @property
    def adjustable(self) -> bool:
        """Whether its model has a range of qualities; those of the presets paper and baseline have one."""
        low, high = self.archive.model.gain_limits
        return low < high

    @property
    def quality(self) -> float | None:
        """The gain on the scale from 0 to 100 that ``--quality`` has; None where there is no choice."""
        low, high = self.archive.model.gain_limits
        return 100 * (self.gain - low) / (high - low) if self.adjustable else None

    @cached_property
    def _placed(self) -> tuple[tuple[float, float, float], str]:
        """Distance between voxels and its unit: physical where all axes have one unit, else voxels."""
        template = self.archive.template(self.variables[0])
        try:
            spacing = spacing_of(template, "physical")
        except ImportanceError:
            return (1.0, 1.0, 1.0), "voxels"
        return spacing, str(template.coords["x"].attrs.get("units", ""))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxels along z, y, x."""
        return self._placed[0]

    @property
    def length_units(self) -> str:
        """What `spacing` is in; ``voxels`` where the field does not say."""
        return self._placed[1]

    @property
    def units(self) -> str:
        """Unit of the first variable's values."""
        return self.units_of()

    @cached_property
    def coordinates(self) -> dict[str, tuple[NDArray[np.float64], str, str]]:
        """Values, name and unit of the coordinates along z, y, x; without those that only count voxels."""
        template, found = self.archive.template(self.variables[0]), {}
        own = template.encoding.get("idlat_names", {})
        for axis in "zyx":
            coordinate = template.coords.get(axis)
            if coordinate is not None and coordinate.ndim == 1 and coordinate.dtype.kind in "iuf":
                attributes = coordinate.attrs
                described = attributes.get("standard_name") or attributes.get("long_name")
                name = str(described or own.get(axis, axis))
                unit = written_units(str(attributes.get("units", "")))
                values = np.asarray(coordinate.values, np.float64)
                if unit or described or not np.array_equal(values, np.arange(values.size)):
                    found[axis] = values, name, unit
        return found

    @cached_property
    def downwards(self) -> bool:
        """Whether z counts downwards: a depth that grows, or a height that falls, by its ``positive``."""
        coordinate = self.archive.template(self.variables[0]).coords.get("z")
        if coordinate is None or coordinate.ndim != 1 or coordinate.dtype.kind not in "iuf":
            return False
        positive, values = str(coordinate.attrs.get("positive", "")).lower(), coordinate.values
        grows = len(values) > 1 and bool(values[-1] > values[0])
        return (positive == "down" and grows) or (positive == "up" and len(values) > 1 and not grows)

    def units_of(self, variable: str | None = None) -> str:
        """Return the unit of a variable's values, empty where it is not known."""
        given = self.archive.template(self.record(variable).name).attrs.get("units", "")
        return written_units(str(given))

    @cached_property
    def times(self) -> tuple[str, ...]:
        """What to call each step: the time coordinate, or its index."""
        template = self.archive.template(self.variables[0])
        if "time" not in template.coords:
            return tuple(str(step) for step in range(self.steps))
        return tuple(str(value) for value in np.atleast_1d(template.coords["time"].values))

    def check_step(self, step: int) -> int:
        """Return a step.

        Raises
        ------
        IdlatError
            There is no such step.
        """
        if not 0 <= step < self.steps:
            raise IdlatError(f"there is no step {step}: the steps run from 0 to {self.steps - 1}")
        return step

    def value_range(self, step: int, variable: str | None = None) -> tuple[float, float]:
        """Return the extremes of the valid values of the series that a step was written in.

        Of a field of components those of the length, as far as the components' own extremes tell. Equal where
        the field is constant.
        """
        record, first = self.record(variable), self.check_step(step) * self.record(variable).components
        ranges = [record.normalisation(first + i) for i in range(record.components)]
        if len(ranges) == 1:
            return ranges[0].minimum, ranges[0].maximum
        return 0.0, math.hypot(*(max(abs(n.minimum), abs(n.maximum)) for n in ranges))
