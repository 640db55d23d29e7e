"""Which steps, components and voxels of a variable a caller asked for, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError
from idlat.tiling import Box, box_slices

__all__ = ["Selection", "select"]


@dataclass(frozen=True)
class Selection:
    """A part of a variable.

    Parameters
    ----------
    variable
        Its record.
    steps, components
        Indices, increasing by 1.
    region
        Voxels.
    dropped
        Axes among ``time`` and ``component`` that an index has taken away.
    """

    variable: VariableRecord
    steps: range
    components: range
    region: Box
    dropped: frozenset[str]

    @property
    def frames(self) -> list[int]:
        """The frames of the part, component by component, step by step."""
        return [step * self.variable.components + c for step in self.steps for c in self.components]

    @property
    def lead(self) -> dict[str, range]:
        """The axes before z that the part keeps, with their indices."""
        axes = {"time": self.steps, "component": self.components}
        return {dim: axes[dim] for dim in self.variable.dims[:-3] if dim not in self.dropped}

    @property
    def dims(self) -> tuple[str, ...]:
        """The axes that the part keeps."""
        return (*self.lead, "z", "y", "x")

    def indexers(self) -> dict[str, Any]:
        """Return what takes the part out of the whole field with ``DataArray.isel``."""
        indexers: dict[str, Any] = dict(zip("zyx", box_slices(self.region), strict=True))
        for dim, chosen in (("time", self.steps), ("component", self.components)):
            if dim in self.dropped:
                indexers[dim] = chosen.start
            elif dim in self.variable.dims:
                indexers[dim] = slice(chosen.start, chosen.stop)
        return indexers

    def part(self, where: dict[str, slice]) -> Selection:
        """Return a part of the part, by slices of its own axes."""

        def inside(dim: str, chosen: range) -> range:
            return chosen[where[dim]] if dim in where else chosen

        z, y, x = (
            (start + where[dim].start, start + where[dim].stop) if dim in where else (start, stop)
            for dim, (start, stop) in zip("zyx", self.region, strict=True)
        )
        steps, components = inside("time", self.steps), inside("component", self.components)
        return Selection(self.variable, steps, components, (z, y, x), self.dropped)


def select(
    variable: VariableRecord,
    time: int | slice | None = None,
    z: slice = slice(None),
    y: slice = slice(None),
    x: slice = slice(None),
    component: int | slice | None = None,
) -> Selection:
    """Check what a caller asked for.

    Parameters
    ----------
    variable
        Of the archive.
    time, component
        An index, which takes the axis away as in xarray, a slice of step 1, or None for all.
    z, y, x
        Half-open ranges of voxels, step 1.

    Raises
    ------
    ArchiveError
        There is no such step or component, or the region is empty or leaves the field.
    """
    asked = {"time": time, "component": component}
    steps = _chosen(variable, "time", time, variable.steps)
    components = _chosen(variable, "component", component, variable.components)
    dropped = frozenset(dim for dim, index in asked.items() if isinstance(index, int))
    return Selection(variable, steps, components, _region(variable, z, y, x), dropped)


def _chosen(variable: VariableRecord, dim: str, index: int | slice | None, count: int) -> range:
    if index is None:
        return range(count)
    if dim not in variable.dims:
        raise ArchiveError(f"variable {variable.name!r} has no {dim} axis: leave the {dim} out")
    if isinstance(index, slice):
        chosen = range(count)[index]
        if not chosen or chosen.step != 1:
            raise ArchiveError(f"{dim} {index.start}:{index.stop} selects none of the {count} there are")
        return chosen
    if not -count <= index < count:
        raise ArchiveError(f"{dim} {index} is outside the archive, which has 0 to {count - 1}")
    return range(index % count, index % count + 1)


def _region(variable: VariableRecord, z: slice, y: slice, x: slice) -> Box:
    spans = []
    for name, part, length in zip("zyx", (z, y, x), variable.volume, strict=True):
        start = 0 if part.start is None else part.start
        stop = length if part.stop is None else part.stop
        start, stop = (n + length if n < 0 else n for n in (start, stop))
        if part.step not in (None, 1) or not 0 <= start < stop <= length:
            raise ArchiveError(
                f"region {name}={start}:{stop} is empty or leaves the field, whose {name} runs from 0 to "
                f"{length}"
            )
        spans.append((start, stop))
    return spans[0], spans[1], spans[2]
