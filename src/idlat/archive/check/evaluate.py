"""How good and how small an archive is, measured against its field (design section 6)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from idlat.archive.check.match_original import original_inputs
from idlat.archive.check.measure_errors import finite, measure_errors
from idlat.archive.check.score_frames import Scores, mean_of, score_frames
from idlat.archive.original.field_reader import Field
from idlat.archive.read.archive import Archive
from idlat.archive.read.archive_info import bytes_original
from idlat.archive.read.open_archive import opened
from idlat.importance import Importance
from idlat.parallel import Scheduler, executor_of
from idlat.progress import Progress

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """What ``idlat evaluate`` says; None for what is not finite.

    Attributes
    ----------
    wpsnr, psnr
        dB, with the map and with I = 1 (Eq. 13, 14), pooled over valid voxels, steps and variables.
    max_error
        The largest absolute error at a valid voxel.
    lsr, lsr_everything
        Original bytes over those of the streams, and over all of the archive's.
    bytes_streams, bytes_archive, bytes_original
        Sizes.
    changed
        Valid voxels whose value came back as another one.
    outliers, psnr_without_outliers
        Valid voxels far from all others, and the PSNR of the rest in units of its own range; None for it
        also where there are none.
    worst_step, worst_step_psnr
        The time step of the lowest PSNR of a variable, and that; None without time.
    error_over_bound
        The largest error over its bound, at most 1; None where the archive has no error bound.
    correlation
        Pearson's r of original and decoded values, outliers left out: the mean over components, steps and
        variables; None where all of them are constant.
    scores
        Structure, spectrum, gradient, autocorrelation of the error; None unless asked for.
    """

    wpsnr: float | None
    psnr: float | None
    max_error: float | None
    lsr: float | None
    lsr_everything: float | None
    bytes_streams: int
    bytes_archive: int
    bytes_original: int
    changed: int
    outliers: int
    psnr_without_outliers: float | None
    worst_step: int | None
    worst_step_psnr: float | None
    error_over_bound: float | None
    correlation: float | None
    scores: Scores | None = None


def evaluate(
    archive: Archive | str | os.PathLike[str],
    field: Field,
    importance: Importance = None,
    *,
    variables: Sequence[str] | None = None,
    scores: bool = False,
    workers: int | None = None,
    scheduler: Scheduler | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Decode an archive and compare it with its field.

    Parameters
    ----------
    archive
        Open, or its path or URL; of one or several variables.
    field
        The original: an array, or a Dataset with the archive's variables.
    importance
        A map in any form that :func:`idlat.importance.resolve` takes; None computes the stored expression
        again.
    variables
        Names of the archive's variables to look at; all unless given.
    scores
        Whether to score structure, spectrum, gradient and autocorrelation of the error, too, which takes
        some ten times as long as decoding.
    workers
        Threads; one for each processor unless given.
    scheduler
        A Dask cluster to run on instead of threads: see :func:`idlat.compress`.
    progress
        Called as ``progress("measure", done, total)``, then for scores as ``progress("score", done, total)``.

    Raises
    ------
    FieldError
        The field has another shape or dtype than the archive's.
    ArchiveError
        The archive's importance was no expression and `importance` is None, or a chunk is missing or damaged.
    """
    with opened(archive) as held, executor_of(workers, scheduler) as executor:
        records = [held.record.variable(name) for name in variables or held.variables]
        decoders = [held.decoder(record.name) for record in records]
        sources = original_inputs(held, field, importance, records, executor)
        measured = measure_errors(decoders, sources, executor, progress, moments=True)
        readers = [source.reader for source in sources]
        scored = score_frames(decoders, readers, executor, progress) if scores else None
        streams, everything = held.bytes_streams(records), held.bytes_archive()
    total, usual = measured.all.total(), measured.usual.total()
    found = [measured.of(record.name) for record in records]
    lowest, step = min(
        ((e.worst_step_psnr, e.worst_step) for e in found if e.worst_step_psnr is not None),
        key=lambda worst: worst[0],
        default=(None, None),
    )
    original = bytes_original(records)
    return Evaluation(
        wpsnr=finite(total.wpsnr),
        psnr=finite(total.psnr),
        max_error=finite(total.max_error),
        lsr=finite(original / streams),
        lsr_everything=finite(original / everything),
        bytes_streams=streams,
        bytes_archive=everything,
        bytes_original=original,
        changed=total.changed,
        outliers=total.count - usual.count,
        psnr_without_outliers=finite(usual.psnr) if usual.count < total.count else None,
        worst_step=step,
        worst_step_psnr=lowest,
        error_over_bound=max(measured.over_bound.values(), default=None),
        correlation=mean_of(finite(each.correlation) for each in measured.moments.values()),
        scores=scored,
    )
