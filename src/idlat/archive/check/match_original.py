"""The original field matched with its archive: the same variables, the importance of the compression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from idlat.archive.check.block_maps import maps_as_written
from idlat.archive.format.archive_record import importance_text
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.archive_grid import on_archives_grid
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.original.tile_reader import ImportanceSteps, VariableInput, variable_inputs
from idlat.archive.read.archive import Archive
from idlat.errors import ArchiveError, FieldError
from idlat.fields.grid.align_grids import same_places
from idlat.importance import Importance, ImportanceRequest
from idlat.parallel import Workers

__all__ = ["match_field", "original_inputs"]


def original_inputs(
    archive: Archive,
    field: Field,
    importance: Importance,
    records: Sequence[VariableRecord],
    workers: Workers = 1,
) -> list[VariableInput]:
    """Return what reads the original values and importance of some variables.

    Parameters
    ----------
    archive, field
        An archive and what was compressed.
    importance
        A map in any form that :func:`idlat.importance.resolve` takes; None computes the stored expression
        again.
    records
        The variables.
    workers
        On which what the map must know of the whole field is gathered.

    Raises
    ------
    FieldError
        The field has another shape or dtype than the archive's.
    ArchiveError
        The archive's importance was no expression and `importance` is None.
    """
    source = archive.record.importance
    request = ImportanceRequest.of(importance)
    if request.importance is None and source.kind != "expression":
        raise ArchiveError(
            f"{archive.path} was written under {importance_text(source)}, which cannot be computed "
            "again: give the map with --importance"
        )
    readers = match_field(archive, field, records)
    beside = as_fields(field, archive.record.settings.missing)
    maps: Sequence[ImportanceSteps]
    if request.importance is None:
        maps = maps_as_written(archive, request.again(source), readers, records, beside, workers)
    else:
        maps, _ = maps_of(request, readers, beside, workers)
    return variable_inputs(records, readers, maps, archive.record, archive.model.cell)


def match_field(archive: Archive, field: Field, records: Sequence[VariableRecord]) -> list[FieldReader]:
    """Return the field's variables that are wanted of an archive, in their order.

    Raises
    ------
    FieldError
        One is absent, or has another shape, dtype, grid or unit. Axes that run the other way are turned.
    """
    given = as_fields(field, archive.record.settings.missing)
    if len(records) == 1 and len(given) == 1:
        return [_checked(archive, given[0], records[0])]
    by_name = {reader.name: reader for reader in given}
    for variable in records:
        if variable.name not in by_name:
            raise FieldError(
                f"the field lacks the archive's variable {variable.name!r}; it has: {', '.join(by_name)}"
            )
    return [_checked(archive, by_name[variable.name], variable) for variable in records]


def _checked(archive: Archive, reader: FieldReader, variable: VariableRecord) -> FieldReader:
    dims, shape = tuple(str(dim) for dim in reader.field.dims), reader.field.shape
    if (dims, shape, reader.dtype.name) != (variable.dims, variable.shape, variable.dtype):
        raise FieldError(
            f"field {reader.name!r} is {reader.dtype.name} of shape {shape} ({', '.join(dims)}), the archive "
            f"holds {variable.dtype} of shape {variable.shape} ({', '.join(variable.dims)}): give the field "
            "that was compressed"
        )
    template = archive.template(variable.name)
    turned = on_archives_grid(reader.field, template, steps=True)
    _check_same_times(turned, template)
    return FieldReader(turned)


def _check_same_times(field: xr.DataArray, archives: xr.DataArray) -> None:
    """Refuse steps of other times, or in another order, where both say their times."""
    if "time" not in field.coords or "time" not in archives.coords:
        return
    own, kept = field["time"].values, archives["time"].values
    if own.dtype.kind == kept.dtype.kind == "M":
        own, kept = (times.astype("datetime64[s]").astype(np.int64) for times in (own, kept))
        same = own.shape == kept.shape and bool((np.abs(own - kept) <= 1).all())
    else:
        same = own.dtype.kind != kept.dtype.kind or same_places(own, kept)
    if not same:
        raise FieldError(
            "the times of the field are not those of the archive: give the steps that were compressed, in "
            "their order"
        )
