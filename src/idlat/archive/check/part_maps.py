"""The importance of an archive that was appended to: of each part as it was when written, on its steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate
from typing import Any

from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_reader import FieldReader
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.original.tile_reader import ImportanceSteps
from idlat.importance import ImportanceMap, ImportanceRequest
from idlat.parallel import Workers
from idlat.shared_cache import Cache

__all__ = ["maps_by_part"]

_KEPT = 2  # parts whose maps stay in memory: threads straddle the border between two


def maps_by_part(
    request: ImportanceRequest,
    readers: Sequence[FieldReader],
    records: Sequence[VariableRecord],
    beside: Sequence[FieldReader],
    workers: Workers,
) -> Sequence[ImportanceSteps]:
    """Make importance into a map for each variable, as :func:`maps_of` does for the steps of each part.

    A maximum, a percentile or a histogram of a part is that of its steps.

    Parameters
    ----------
    request
        The importance that the archive was written under.
    readers, records
        Of each variable its values and its record.
    beside
        All variables of the field.
    workers
        On which what a map of the only part must know is gathered; of several, each is made when asked.
    """
    if all(len(record.parts) == 1 for record in records):
        return maps_of(request, readers, beside, workers)[0]
    return [
        _MapsByPart(
            request, reader, tuple(beside), tuple(accumulate((p.steps for p in record.parts), initial=0))
        )
        for reader, record in zip(readers, records, strict=True)
    ]


@dataclass(frozen=True)
class _MapsByPart:
    """Gives the map of a step from that of its part, which begins at a step of `starts`."""

    request: ImportanceRequest
    reader: FieldReader
    beside: tuple[FieldReader, ...]
    starts: tuple[int, ...]
    made: Cache = field(default_factory=partial(Cache, _KEPT), compare=False, repr=False)

    def step(self, step: int) -> Any:
        part = bisect_right(self.starts, step) - 1
        made = self.made.get(part, partial(self._map_of, part), _one)
        return made.step(step - self.starts[part])

    def _map_of(self, part: int) -> ImportanceMap:
        start, stop = self.starts[part], self.starts[part + 1]
        named = {
            name: each.isel(time=slice(start, stop)) if "time" in each.dims else each
            for name, each in self.request.beside.items()
        }
        beside = [each.steps_of(start, stop) for each in self.beside]
        request = replace(self.request, beside=named)
        return maps_of(request, [self.reader.steps_of(start, stop)], beside)[0][0]


def _one(_: ImportanceMap) -> int:
    return 1
