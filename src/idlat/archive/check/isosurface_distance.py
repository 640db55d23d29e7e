"""How far isosurfaces moved from a field to its archive (the measure behind the paper's Fig. 6 and 8).

One frame at a time, and of a frame one slab: beside the slabs it keeps the triangles of both surfaces, which
take some 250 bytes each while their distance is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.check.match_original import match_field
from idlat.archive.original.field_reader import Field, FieldReader
from idlat.archive.read.archive import Archive
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.errors import FieldError, IdlatError, ImportanceError
from idlat.fields import nan_where_missing
from idlat.importance.measures.voxel_spacing import Positions, Spacing, spacing_of, uneven_positions
from idlat.metrics import SurfaceDistance, Triangles, distance_between, extract_surface
from idlat.parallel import worker_count
from idlat.progress import Progress, counted

__all__ = ["IsosurfaceDistance", "PhysicalDistance", "isosurface_distances"]

_SLAB_BYTES = 128 * 2**20
_ONLY_DECODED = "only the reconstruction has this surface"
_NEITHER = "neither has this surface"
_LOST = "the reconstruction has lost this surface"

Read = Callable[[slice], NDArray[Any]]


@dataclass(frozen=True)
class PhysicalDistance:
    """A distance in the unit of the field's coordinates: see :class:`IsosurfaceDistance`."""

    mean: float
    p95: float
    hausdorff: float
    units: str


@dataclass(frozen=True)
class IsosurfaceDistance:
    """Distance between an isosurface of a field and that of its reconstruction, both ways.

    Attributes
    ----------
    variable, step, component
        Of which frame; the component is None for a scalar field.
    isovalue
        In units of the field.
    mean, p95, hausdorff
        In voxels: the mean and the 95th percentile over both surfaces by area, and the largest. None where
        one of the surfaces is absent.
    physical
        The same in the unit of the field's coordinates; None where the axes have none in common.
    remark
        Which surface is absent, None where both are there.
    """

    variable: str
    step: int
    component: int | None
    isovalue: float
    mean: float | None = None
    p95: float | None = None
    hausdorff: float | None = None
    physical: PhysicalDistance | None = None
    remark: str | None = None


def isosurface_distances(
    archive: Archive,
    field: Field,
    isovalues: Sequence[float],
    *,
    variables: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[IsosurfaceDistance, ...]:
    """Decode an archive and measure how far isosurfaces lie from those of its field.

    Parameters
    ----------
    archive, field
        As for :func:`idlat.archive.check.evaluate`.
    isovalues
        In units of the field.
    variables, workers
        As for :func:`idlat.archive.check.evaluate`.
    progress
        Called as ``progress("surfaces", done, total)``.

    Returns
    -------
    tuple
        One for each variable, step, component and isovalue, in this order. No surface is seen across missing
        values.

    Raises
    ------
    FieldError
        The field has another shape or dtype than the archive's.
    IdlatError
        An isovalue is not finite, or the field has its surface at no step of any variable.
    ArchiveError
        A chunk is missing or damaged.
    """
    for isovalue in isovalues:
        if not math.isfinite(isovalue):
            raise IdlatError(f"isovalue {isovalue}: expected a finite number")
    records = [archive.record.variable(name) for name in variables or archive.variables]
    readers = match_field(archive, field, records)
    decoders = [archive.decoder(record.name) for record in records]
    if not isovalues:
        return ()
    jobs = [(d, r, f) for d, r in zip(decoders, readers, strict=True) for f in range(d.variable.frames)]
    found: list[IsosurfaceDistance] = []
    for decoder, reader, frame in counted(jobs, "surfaces", len(jobs), progress):
        found += _of_frame(decoder, reader, frame, isovalues, worker_count(workers))
    for isovalue in isovalues:
        if all(f.remark in (_ONLY_DECODED, _NEITHER) for f in found if f.isovalue == isovalue):
            names = ", ".join(repr(record.name) for record in records)
            raise FieldError(f"no step of {names} has an isosurface at {isovalue:g}: choose another isovalue")
    return tuple(found)


def _of_frame(
    decoder: VariableDecoder, reader: FieldReader, frame: int, isovalues: Sequence[float], workers: int
) -> Iterator[IsosurfaceDistance]:
    """Measure one frame; it is decoded once for each isovalue, so that only slabs need memory."""
    variable = decoder.variable
    step, component = divmod(frame, variable.components)
    places, units = _places(reader)
    original = reader.frame(frame)

    def decoded(z: slice) -> NDArray[Any]:
        _, y, x = variable.volume
        values: NDArray[Any] = decoder.decode([frame], ((z.start, z.stop), (0, y), (0, x)), workers)[0]
        return values

    for isovalue in isovalues:
        before = _surface(decoder, lambda z: np.asarray(original[z, :, :]), isovalue)
        after = _surface(decoder, decoded, isovalue)
        where = (variable.name, step, component if variable.components > 1 else None, isovalue)
        if before is None or after is None:
            remark = _LOST if before is not None else _NEITHER if after is None else _ONLY_DECODED
            yield IsosurfaceDistance(*where, remark=remark)
            continue
        distance = distance_between(before, after)
        physical = None if places is None else _physical(before, after, distance, places, units)
        yield IsosurfaceDistance(*where, distance.mean, distance.p95, distance.hausdorff, physical)


def _surface(decoder: VariableDecoder, read: Read, isovalue: float) -> Triangles | None:
    """Find a surface slab by slab; NaN marks missing values."""
    depth, height, width = decoder.variable.volume
    cell = decoder.grid.cell
    layers = max(_SLAB_BYTES // (8 * height * width) // cell, 1) * cell

    def slabs() -> Iterator[NDArray[Any]]:
        for start in range(0, depth, layers):
            values = read(slice(start, min(start + layers, depth)))
            yield nan_where_missing(values, decoder.variable.fill_values)

    return extract_surface(slabs(), isovalue)


def _places(reader: FieldReader) -> tuple[Spacing | Positions | None, str]:
    """Return the sides of a voxel, or the voxels' positions where they are not evenly spaced, and their unit.

    None where the field does not tell them.
    """
    try:
        places = uneven_positions(reader.field, "physical") or spacing_of(reader.field, "physical")
    except ImportanceError:
        return None, ""
    return places, str(reader.field.coords["z"].attrs.get("units", ""))


def _physical(
    before: Triangles,
    after: Triangles,
    voxels: SurfaceDistance,
    places: Spacing | Positions,
    units: str,
) -> PhysicalDistance:
    """Measure again in physical units, or scale what was measured where voxels are cubes."""
    z, y, x = places
    if isinstance(z, np.ndarray) or isinstance(y, np.ndarray) or isinstance(x, np.ndarray):
        positions = [np.asarray(axis) for axis in places]
        distance = distance_between(before.placed(positions), after.placed(positions))
        return PhysicalDistance(distance.mean, distance.p95, distance.hausdorff, units)
    spacing = (z, y, x)
    if z == y == x:
        return PhysicalDistance(voxels.mean * z, voxels.p95 * z, voxels.hausdorff * z, units)
    distance = distance_between(before.scaled(spacing), after.scaled(spacing))
    return PhysicalDistance(distance.mean, distance.p95, distance.hausdorff, units)
