"""What one call of :func:`idlat.compress` is to do, worked out before anything is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idlat.archive.format.archive_record import ArchiveRecord, Request
from idlat.archive.format.array_paths import group_paths
from idlat.archive.format.create_arrays import wraps
from idlat.archive.format.latent_model import LatentModel
from idlat.archive.format.stored_coordinates import labels_hash
from idlat.archive.format.variable_record import MOST_STORED, Part, VariableRecord
from idlat.archive.original.compression_remarks import Notes, take_notes
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.field_scan import FieldScan, scan_field
from idlat.archive.original.frame_normalisation import fit_frames
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.original.outlier_limits import Limits, representatives
from idlat.archive.write.gain_search import GainTarget
from idlat.errors import IdlatError
from idlat.fields import fill_values_of
from idlat.importance import Importance, ImportanceMap
from idlat.normalise import fit_normalisation
from idlat.progress import Progress
from idlat.tiling import Grid

__all__ = ["Job", "Quality", "check_adjustable", "plan_job", "scan_variable"]

_DEFAULT_QUALITY = 50.0


@dataclass(frozen=True)
class Quality:
    """How good or how small an archive is to be; at most one is given, quality 50 where none is.

    Parameters
    ----------
    quality
        0 to 100, linear in the gain.
    ratio
        LSR.
    psnr
        Weighted PSNR in dB.

    Raises
    ------
    IdlatError
        Several are given, or one is out of range.

    Examples
    --------
    >>> Quality().quality
    50.0
    >>> Quality(ratio=100.0, psnr=40.0)
    Traceback (most recent call last):
    idlat.errors.IdlatError: --quality, --ratio and --psnr exclude each other: got --ratio 100 --psnr 40
    """

    quality: float | None = None
    ratio: float | None = None
    psnr: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) > 1:
            came = " ".join(f"--{name} {value:g}" for name, value in given.items())
            raise IdlatError(f"--quality, --ratio and --psnr exclude each other: got {came}")
        if not given:
            object.__setattr__(self, "quality", _DEFAULT_QUALITY)
        if self.quality is not None and not 0 <= self.quality <= 100:
            raise IdlatError(f"--quality goes from 0 to 100, got {self.quality:g}")
        if self.ratio is not None and not (self.ratio > 0 and math.isfinite(self.ratio)):
            raise IdlatError(f"--ratio should be above 0, such as 100, got {self.ratio:g}")
        if self.psnr is not None and not math.isfinite(self.psnr):
            raise IdlatError(f"--psnr should be a number of dB, such as 40, got {self.psnr:g}")

    def gain(self, limits: tuple[float, float]) -> float | None:
        """Return the gain of a given quality, None where it has to be searched for."""
        low, high = limits
        return None if self.quality is None else low + self.quality / 100 * (high - low)

    @property
    def target(self) -> GainTarget | None:
        """What to search for, None for a given quality."""
        if self.ratio is not None:
            return GainTarget("ratio", self.ratio)
        return None if self.psnr is None else GainTarget("psnr", self.psnr)


def check_adjustable(model: LatentModel, **given: float | None) -> None:
    """Refuse what would choose the quality of a model that has only one.

    Raises
    ------
    IdlatError
        If one of `given` is not None and the model has no range of gains.
    """
    low, high = model.gain_limits
    named = [f"--{name}" for name, value in given.items() if value is not None]
    if low == high and named:
        raise IdlatError(
            f"a model of preset {model.preset} has one quality, set when it was trained: leave out "
            f"{', '.join(named)}"
        )


@dataclass(frozen=True)
class Job:
    """A field, its importance, a model, and the record of the archive to be.

    `readers`, `notes` and `maps` are one for each of the record's variables.
    """

    record: ArchiveRecord
    readers: tuple[FieldReader, ...]
    notes: tuple[Notes, ...]
    maps: tuple[ImportanceMap, ...]
    model: LatentModel
    quality: Quality


def plan_job(
    field: Field,
    importance: Importance,
    model: LatentModel,
    quality: Quality,
    *,
    transform: str,
    missing: float | None,
    periodic: Sequence[str],
    self_contained: bool,
    keep_importance: bool,
    workers: int,
    progress: Progress | None,
) -> Job:
    """Check everything and read the field once; the parameters are those of :func:`idlat.compress`.

    Raises
    ------
    IdlatError
        Something that was asked for cannot be.
    """
    axes = tuple(axis for axis in "zyx" if axis in periodic)
    if len(axes) != len(periodic):
        raise IdlatError(f"--periodic names axes among z, y and x, such as zy, got {','.join(periodic)!r}")
    readers = tuple(as_fields(field, missing))
    maps, source = maps_of(importance, readers)
    coordinates = [str(name) for reader in readers for name in reader.field.coords]
    paths = group_paths([reader.name for reader in readers], coordinates)
    scanned = [
        scan_variable(reader, path, transform, axes, model, workers, progress)
        for reader, path in zip(readers, paths, strict=True)
    ]
    request = Request(
        quality=quality.quality,
        ratio=quality.ratio,
        psnr=quality.psnr,
        missing=None if missing is None or math.isnan(missing) else missing,
        self_contained=self_contained,
        keep_importance=keep_importance,
    )
    record = ArchiveRecord(
        preset=model.preset,
        model_sha256=model.sha256,
        importance_range=model.importance_range,
        importance=source,
        periodic=axes,
        request=request,
        variables=tuple(variable for variable, _ in scanned),
    ).with_id()
    notes = tuple(notes for _, notes in scanned)
    return Job(record, readers, notes, tuple(maps), model, quality)


def scan_variable(
    reader: FieldReader,
    path: str,
    transform: str,
    periodic: tuple[str, ...],
    model: LatentModel,
    workers: int,
    progress: Progress | None,
) -> tuple[VariableRecord, Notes]:
    """Read a variable once, twice where it has outliers; return its record, and what else it showed."""
    fit_normalisation(np.empty(0), 0.0, 0.0, transform)  # checks the name before the field is read
    grid = Grid(reader.volume, wraps(periodic), model.cell)
    fill_values = tuple(fill_values_of(reader.field))

    def scan(limits: Sequence[Limits | None] | None = None) -> FieldScan:
        return scan_field(reader, grid, fill_values, workers, progress, limits)

    room = MOST_STORED - len(fill_values)
    fit = fit_frames(reader.name, scan(), reader.components, transform, room, scan)
    ranges = tuple((float(frame.lowest), float(frame.highest)) for frame in fit.scan.frames)
    record = VariableRecord(
        name=reader.name,
        path=path,
        dims=tuple(str(dim) for dim in reader.field.dims),
        shape=tuple(reader.field.shape),
        dtype=reader.dtype.name,
        item_bytes=reader.item_bytes,
        parts=(
            Part(reader.steps, fit.scan.fingerprint, labels_hash(reader.field), fit.normalisations, ranges),
        ),
        mask=fit.scan.mask,
        fill_values=fill_values,
        outlier_values=representatives(fit.scan.outliers, room),
    )
    return record, take_notes(reader, fit.scan, fill_values)
