"""Which steps, components and voxels of a variable a caller asked for, checked."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idlat.archive.format.variable_record import VariableRecord
from idlat.errors import ArchiveError
from idlat.tiling import Box, box_slices

__all__ = ["Index", "RegionSelection"]


Index = int | slice | None
"""What a caller may ask of an axis: an index, which takes the axis away as in xarray, a slice, or all."""


@dataclass(frozen=True)
class RegionSelection:
    """A part of a variable.

    Attributes
    ----------
    variable
        Its record.
    steps, components
        Indices, evenly apart.
    region
        Voxels.
    dropped
        Axes that an index has taken away.
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
        return (*self.lead, *(dim for dim in "zyx" if dim not in self.dropped))

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes that the part keeps."""
        voxels = [b - a for dim, (a, b) in zip("zyx", self.region, strict=True) if dim not in self.dropped]
        return (*map(len, self.lead.values()), *voxels)

    def indexers(self) -> dict[str, Any]:
        """Return what takes the part out of the whole field with ``DataArray.isel``."""
        indexers: dict[str, Any] = dict(zip("zyx", box_slices(self.region), strict=True))
        for dim in self.dropped & set("zyx"):
            indexers[dim] = indexers[dim].start
        for dim, chosen in (("time", self.steps), ("component", self.components)):
            if dim in self.dropped:
                indexers[dim] = chosen.start
            elif dim in self.variable.dims:
                indexers[dim] = slice(chosen.start, None if chosen.stop < 0 else chosen.stop, chosen.step)
        return indexers

    @classmethod
    def whole(cls, variable: VariableRecord) -> RegionSelection:
        """Return the whole of a variable."""
        z, y, x = ((0, n) for n in variable.volume)
        return cls(variable, range(variable.steps), range(variable.components), (z, y, x), frozenset())

    def isel(self, indices: Mapping[str, Index]) -> RegionSelection:
        """Return a part of the part.

        Parameters
        ----------
        indices
            Of each axis an index, which takes the axis away as in xarray, a slice, or None for all. Slices of
            voxels are half-open ranges of step 1. Negative indices count from the end.

        Raises
        ------
        ArchiveError
            There is no such axis, step, component or voxel, or the part is empty or leaves this one.
        """
        steps, components, region = self.steps, self.components, dict(zip("zyx", self.region, strict=True))
        asked = {dim: index for dim, index in indices.items() if index is not None}
        for dim, index in asked.items():
            if dim not in self.dims:
                raise ArchiveError(f"variable {self.variable.name!r} has no {dim} axis: leave the {dim} out")
            if dim == "time":
                steps = _chosen(dim, index, steps)
            elif dim == "component":
                components = _chosen(dim, index, components)
            else:
                region[dim] = _span(dim, index, *region[dim])
        gone = {dim for dim, index in asked.items() if not isinstance(index, slice)}
        box = region["z"], region["y"], region["x"]
        return RegionSelection(self.variable, steps, components, box, self.dropped | gone)

    def whole_axes(self) -> RegionSelection:
        """Return the same part if it has its axes z, y and x.

        Raises
        ------
        ArchiveError
            An index has taken one away.
        """
        gone = sorted(self.dropped & set("zyx"))
        if gone:
            raise ArchiveError(f"give {gone[0]} as a slice here, not as an index")
        return self


def _chosen(dim: str, index: Index, present: range) -> range:
    """Return the steps or components, of those present, that are meant."""
    if not isinstance(index, slice):
        at = _index(dim, index, len(present))
        return present[at : at + 1]
    chosen = present[_bounds(dim, index)]
    if not chosen:
        raise ArchiveError(f"{dim} {_shown(index)} selects none of the {len(present)} there are")
    return chosen


def _span(dim: str, index: Index, first: int, last: int) -> tuple[int, int]:
    """Return the voxels of an axis, of those from first to last, that are meant."""
    length = last - first
    if not isinstance(index, slice):
        at = _index(dim, index, length)
        return first + at, first + at + 1
    part = _bounds(dim, index)
    if part.step not in (None, 1):
        raise ArchiveError(
            f"region {dim}={_shown(index)} has a step; voxels take 1: pick from what comes back"
        )
    start = 0 if part.start is None else part.start
    stop = length if part.stop is None else part.stop
    start, stop = (n + length if n < 0 else n for n in (start, stop))
    if not 0 <= start < stop <= length:
        raise ArchiveError(
            f"region {dim}={start}:{stop} is empty or leaves the field, whose {dim} runs from 0 to {length}"
        )
    return first + start, first + stop


def _index(dim: str, index: Any, count: int) -> int:
    """Return an index that is one, counted from the end where it is negative."""
    try:
        at = operator.index(index)
    except TypeError:
        raise ArchiveError(
            f"{dim} takes an index or a slice, got {repr(index)[:100]}: to_xarray().isel(…) takes several"
        ) from None
    if not -count <= at < count:
        raise ArchiveError(f"{dim} {at} is outside the archive, which has 0 to {count - 1}")
    return at % count


def _bounds(dim: str, part: slice) -> slice:
    """Return a slice of Python's integers."""
    try:
        bounds = [None if n is None else operator.index(n) for n in (part.start, part.stop, part.step)]
    except TypeError:
        raise ArchiveError(f"{dim} takes slices of whole numbers, got {_shown(part)}") from None
    if bounds[2] == 0:
        raise ArchiveError(f"{dim} takes slices whose step is not 0, got {_shown(part)}")
    return slice(*bounds)


def _shown(part: slice) -> str:
    """Write a slice as Python does.

    >>> _shown(slice(2, None, -1))
    '2::-1'
    """
    start, stop = ("" if n is None else str(n) for n in (part.start, part.stop))
    return f"{start}:{stop}" + ("" if part.step is None else f":{part.step}")
