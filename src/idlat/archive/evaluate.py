"""How good and how small an archive is, measured against its field (design section 6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.archive.format import importance_text
from idlat.archive.info import bytes_original
from idlat.archive.measure import errors_of, measure_errors
from idlat.archive.parallel import Progress, worker_count
from idlat.archive.reader import Archive
from idlat.archive.source import FieldReader, as_fields, variables_by_name
from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError, FieldError
from idlat.importance import Importance, ImportanceRequest, resolve

__all__ = ["Evaluation", "evaluate", "match_field"]


@dataclass(frozen=True)
class Evaluation:
    """What ``idlat evaluate`` says; None for what is not finite.

    Parameters
    ----------
    wpsnr, psnr
        dB, with the map and with I = 1 (Eq. 13, 14), pooled over valid voxels, steps and variables.
    max_error
        The largest absolute error at a valid voxel.
    lsr, lsr_everything
        Original bytes over those of the streams, and over all of the archive's.
    bytes_streams, bytes_archive, bytes_original
        Sizes.
    """

    wpsnr: float | None
    psnr: float | None
    max_error: float | None
    lsr: float | None
    lsr_everything: float | None
    bytes_streams: int
    bytes_archive: int
    bytes_original: int


def evaluate(
    archive: Archive,
    field: xr.DataArray | xr.Dataset | NDArray[Any],
    importance: Importance = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Decode an archive and compare it with its field.

    Parameters
    ----------
    archive
        Of one or several variables.
    field
        The original: an array, or a Dataset with the archive's variables.
    importance
        A map in any form that :func:`idlat.importance.resolve` takes; None computes the stored expression
        again.
    workers
        Threads; one for each processor unless given.
    progress
        Called as ``progress("measure", done, total)``.

    Raises
    ------
    FieldError
        The field has another shape or dtype than the archive's.
    ArchiveError
        The archive's importance was no expression and `importance` is None, or a chunk is missing or damaged.
    """
    source = archive.record.importance
    request = ImportanceRequest.of(importance)
    if request.importance is None:
        if source.kind != "expression":
            raise ArchiveError(
                f"{archive.path} was written under {importance_text(source)}, which cannot be computed "
                "again: give the map with --importance"
            )
        request = request.again(source)
    readers = match_field(archive, field)
    given = variables_by_name(as_fields(field, archive.record.request.missing))
    maps = [resolve(request, reader.field, given)[0] for reader in readers]
    decoders = [archive.decoder(name) for name in archive.variables]
    errors = errors_of(measure_errors(decoders, readers, maps, worker_count(workers), progress).total())
    info, original = archive.info(), bytes_original(archive.record)
    return Evaluation(
        wpsnr=errors.wpsnr,
        psnr=errors.psnr,
        max_error=errors.max_error,
        lsr=_finite(original / info.bytes_streams),
        lsr_everything=_finite(original / info.bytes_archive),
        bytes_streams=info.bytes_streams,
        bytes_archive=info.bytes_archive,
        bytes_original=original,
    )


def match_field(archive: Archive, field: xr.DataArray | xr.Dataset | NDArray[Any]) -> list[FieldReader]:
    """Return the field's variables in the archive's order.

    Raises
    ------
    FieldError
        One is absent, or has another shape or dtype.
    """
    given = as_fields(field, archive.record.request.missing)
    if len(archive.record.variables) == 1 and len(given) == 1:
        return [_checked(given[0], archive.record.variables[0])]
    by_name = {reader.name: reader for reader in given}
    for variable in archive.record.variables:
        if variable.name not in by_name:
            raise FieldError(
                f"the field lacks the archive's variable {variable.name!r}; it has: {', '.join(by_name)}"
            )
    return [_checked(by_name[variable.name], variable) for variable in archive.record.variables]


def _checked(reader: FieldReader, variable: VariableRecord) -> FieldReader:
    if reader.field.shape != variable.shape or reader.dtype.name != variable.dtype:
        raise FieldError(
            f"field {reader.name!r} is {reader.dtype.name} of shape {reader.field.shape}, the archive holds "
            f"{variable.dtype} of shape {variable.shape}: give the field that was compressed"
        )
    return reader


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
