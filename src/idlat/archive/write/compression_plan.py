"""What one call of :func:`idlat.compress` is to do, worked out before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.array_paths import group_paths
from idlat.archive.format.settings import Settings
from idlat.archive.format.stored_coordinates import labels_hash
from idlat.archive.format.variable_record import MOST_STORED, Part, VariableRecord
from idlat.archive.original.compression_remarks import Notes, take_notes
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.field_scan import FieldScan, FrameMask, scan_field
from idlat.archive.original.frame_normalisation import fit_frames
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.original.mask_numbers import MaskNumbers
from idlat.archive.original.outlier_limits import Limits, representatives
from idlat.archive.original.tile_reader import VariableInput, variable_inputs
from idlat.fields import fill_values_of
from idlat.importance import Importance
from idlat.model.latent_model import LatentModel
from idlat.parallel import Workers
from idlat.progress import Progress
from idlat.tiling import Grid

__all__ = ["CompressionPlan", "ScannedVariable", "plan_compression", "scan_variable"]


@dataclass(frozen=True)
class CompressionPlan:
    """The record of an archive to be, with what it is made from.

    Attributes
    ----------
    record
        Of the archive, incomplete.
    sources
        Values and importance of each variable.
    notes
        What reading each variable showed besides its record.
    model
        What encodes it.
    """

    record: ArchiveRecord
    sources: tuple[VariableInput, ...]
    notes: tuple[Notes, ...]
    model: LatentModel


@dataclass(frozen=True)
class ScannedVariable:
    """What reading a variable showed: its record, which does not number its masks yet, and the masks."""

    record: VariableRecord
    notes: Notes
    masks: tuple[FrameMask, ...]


def plan_compression(
    field: Field,
    importance: Importance,
    model: LatentModel,
    settings: Settings,
    workers: Workers,
    progress: Progress | None = None,
) -> CompressionPlan:
    """Check everything and read the field once; the parameters are those of :func:`idlat.compress`.

    Raises
    ------
    IdlatError
        Something that was asked for cannot be.
    """
    settings = settings.for_model(model)
    assert settings.importance_range is not None
    model = model.with_importance_range(settings.importance_range).with_effort(settings.tries)
    readers = as_fields(field, settings.missing)
    maps, source = maps_of(importance, readers, workers=workers)
    coordinates = [str(name) for reader in readers for name in reader.field.coords]
    paths = group_paths([reader.name for reader in readers], coordinates)
    scanned = [
        scan_variable(reader, path, settings, model, workers, progress)
        for reader, path in zip(readers, paths, strict=True)
    ]
    numbers = MaskNumbers(readers[0].volume)
    variables = tuple(numbers.numbered(scan.record, scan.masks) for scan in scanned)
    record = ArchiveRecord(
        preset=model.preset,
        model_sha256=model.sha256,
        importance_range=model.importance_range,
        importance=source,
        settings=settings,
        variables=variables,
        masks=tuple(numbers.hashes),
    ).with_id()
    sources = variable_inputs(record.variables, readers, maps, record, model.cell)
    return CompressionPlan(record, tuple(sources), tuple(scan.notes for scan in scanned), model)


def scan_variable(
    reader: FieldReader,
    path: str,
    settings: Settings,
    model: LatentModel,
    workers: Workers,
    progress: Progress | None,
) -> ScannedVariable:
    """Read a variable once, twice where it has outliers."""
    grid = Grid(reader.volume, settings.wraps, model.cell)
    fill_values = tuple(fill_values_of(reader.field))

    def scan(limits: Sequence[Limits | None] | None = None) -> FieldScan:
        return scan_field(reader, grid, fill_values, workers, progress, limits)

    room = MOST_STORED - len(fill_values)
    fit = fit_frames(reader.name, scan(), reader.components, settings.transform, room, scan)
    ranges = tuple((float(frame.lowest), float(frame.highest)) for frame in fit.scan.frames)
    known = [extremes for frame, extremes in zip(fit.scan.frames, ranges, strict=True) if frame.sample.size]
    lowest, highest = min((a for a, _ in known), default=0.0), max((b for _, b in known), default=0.0)
    bound = settings.max_error
    record = VariableRecord(
        name=reader.name,
        path=path,
        dims=tuple(str(dim) for dim in reader.field.dims),
        shape=tuple(reader.field.shape),
        dtype=reader.dtype.name,
        item_bytes=reader.item_bytes,
        parts=(
            Part(
                steps=reader.steps,
                fingerprint=fit.scan.fingerprint,
                labels=labels_hash(reader.field),
                normalisations=fit.normalisations,
                ranges=ranges,
                masks=(),
            ),
        ),
        fill_values=fill_values,
        outlier_values=representatives(fit.scan.outliers, room),
        bounds=None
        if bound is None
        else bound.resolve(lowest, highest, reader.dtype, whole=_are_whole(fit.scan)),
    )
    return ScannedVariable(record, take_notes(reader, fit.scan, fill_values), fit.scan.masks)


def _are_whole(scan: FieldScan) -> bool:
    """Whether the values that a scan looked at are whole numbers; others may be none, at some cost."""
    samples = [frame.sample for frame in scan.frames if frame.sample.size]
    return bool(samples) and all(bool((sample == np.rint(sample)).all()) for sample in samples)
