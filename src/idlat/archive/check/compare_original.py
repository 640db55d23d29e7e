"""Comparing an archive with its original: the values that were compressed, the errors that it states."""

from __future__ import annotations

import math
from collections.abc import Sequence

from idlat.archive.check.match_original import match_field
from idlat.archive.check.measure_errors import measure_errors
from idlat.archive.check.part_maps import maps_by_part
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.field_scan import scan_field
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.original.tile_reader import ImportanceSteps, variable_inputs
from idlat.archive.read.archive import Archive
from idlat.importance import ImportanceRequest
from idlat.parallel import Workers
from idlat.progress import Progress

__all__ = ["compare_original"]

_SAME = 1e-3  # dB, and relative: decoded values may differ in the last digits between machines


def compare_original(
    archive: Archive,
    field: Field,
    request: ImportanceRequest,
    records: Sequence[VariableRecord],
    workers: Workers,
    progress: Progress | None,
) -> list[str]:
    """Return a fault for each variable of other values, else for each error that is not as stated."""
    readers = match_field(archive, field, records)
    faults = [
        f"{archive.path}: variable {variable.name!r} was compressed from other values than these"
        for reader, variable in zip(readers, records, strict=True)
        if not _same_values(archive, reader, variable, workers, progress)
    ]
    if faults:
        return faults
    source = archive.record.importance
    stored = source.kind == "expression"
    known = stored or request.importance is not None
    beside = as_fields(field, archive.record.settings.missing)
    maps: Sequence[ImportanceSteps]
    if stored and request.importance is None:
        maps = maps_by_part(request.again(source), readers, records, beside, workers)
    else:
        maps, _ = maps_of(request if known else None, readers, beside, workers)
    decoders = [archive.decoder(variable.name) for variable in records]
    sources = variable_inputs(records, readers, maps, archive.record, archive.model.cell)
    measured = measure_errors(decoders, sources, workers, progress, stored_bounds=not stored)
    for name, share in measured.over_bound.items():
        if share > 1:
            faults.append(f"{archive.path}: {name!r} has an error of {share:.6g} times its bound")
    for variable in records:
        found, stated = measured.of(variable.name), variable.errors
        for name in ("wpsnr", "psnr", "max_error") if known else ("psnr", "max_error"):
            a, b = getattr(found, name), getattr(stated, name)
            if (a is None) != (b is None) or (
                a is not None and not math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME)
            ):
                faults.append(f"{archive.path}: {name} of {variable.name!r} is {a}, the archive states {b}")
    return faults


def _same_values(
    archive: Archive,
    reader: FieldReader,
    variable: VariableRecord,
    workers: Workers,
    progress: Progress | None,
) -> bool:
    """Whether a field has the values that each part of a variable was compressed from."""
    grid = archive.record.grid(variable, archive.model.cell)
    start = 0
    for part in variable.parts:
        steps = reader.steps_of(start, start + part.steps)
        if scan_field(steps, grid, variable.fill_values, workers, progress).fingerprint != part.fingerprint:
            return False
        start += part.steps
    return True
