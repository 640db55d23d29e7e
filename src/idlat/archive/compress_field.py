"""Compressing a field into an archive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from idlat.archive.append.append import append_to, check_settings
from idlat.archive.check.measure_errors import MeasuredErrors, with_errors
from idlat.archive.format.create_arrays import create_archive, is_laid_out
from idlat.archive.format.latent_model import LatentModel, is_shipped, resolve_model
from idlat.archive.format.root_document import read_record, write_record
from idlat.archive.original.compression_remarks import say
from idlat.archive.original.field_reader import Field
from idlat.archive.original.tile_reader import variable_inputs
from idlat.archive.read.archive import Archive
from idlat.archive.read.archive_info import bytes_original, bytes_streams
from idlat.archive.read.open_archive import open_archive
from idlat.archive.storage.archive_store import ArchiveStore, open_store
from idlat.archive.write.compression_plan import Job, Quality, check_adjustable, plan_job
from idlat.archive.write.frame_writer import FrameWriter
from idlat.archive.write.gain_sample import draw_sample
from idlat.archive.write.gain_search import find_gain
from idlat.archive.write.staged_output import Output, reserve_output
from idlat.errors import ArchiveError
from idlat.parallel import worker_count
from idlat.progress import Progress

if TYPE_CHECKING:
    from idlat.importance import Importance

__all__ = ["compress"]


def compress(
    field: Field,
    path: str | os.PathLike[str],
    importance: Importance = None,
    model: LatentModel | str | os.PathLike[str] | None = None,
    *,
    quality: float | None = None,
    ratio: float | None = None,
    psnr: float | None = None,
    transform: str = "none",
    missing: float | None = None,
    periodic: Sequence[str] = (),
    overwrite: bool = False,
    resume: bool = False,
    self_contained: bool = False,
    keep_importance: bool = False,
    append: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Archive:
    """Compress a field into an archive, spending the bits where the importance is.

    The field need not fit in memory: it is read a tile at a time. Missing values (NaN, infinities, fill
    values) come back as they were. After encoding the archive is decoded once, and the errors found are
    stored in it.

    Parameters
    ----------
    field
        ``(z, y, x)`` or ``(time, z, y, x)``, float or integer; a DataArray may have a dimension ``component``
        before z, too, each of which is coded alone. A list or a Dataset of several such, on one grid.
    path
        The archive to be: a directory, a file that ends in ``.zip``, or a URL that fsspec knows, such as
        ``s3://bucket/out.idlat``.
    importance
        A map in [0, 1] in any form that :func:`idlat.importance.resolve` takes; None is 1 everywhere.
    model
        A model, the path of one, its hash, or None for the one that the package ships.
    quality
        0 to 100, linear in the gain g of w = e^{aI+g}; 50 unless one of `quality`, `ratio`, `psnr` is given.
    ratio
        The LSR to reach, within 2 % of the measured bytes.
    psnr
        The weighted PSNR to reach, decoded, within 0.1 dB.
    transform
        ``none``, ``log10`` or ``asinh``, applied before normalisation.
    missing
        A value that stands for a missing one, besides those that the field declares.
    periodic
        Axes among ``z``, ``y`` and ``x`` that wrap; each must hold a multiple of 8 voxels, of 16 where
        the model codes blocks of 16.
    overwrite
        Replace an archive that is there, once the new one is complete.
    resume
        Go on with an interrupted job: same field, same parameters, same bytes at the end.
    self_contained
        Carry the model even if the package ships it.
    keep_importance
        Store the mean importance of each block of 16³ voxels, for analysis.
    append
        Append to the archive that is there: more steps of all of its variables, or further variables on its
        grid, under its own gain, map and normalisation. With `resume`, go on with an append that was
        interrupted; with `overwrite`, drop what it left.
    workers
        Threads; one for each processor unless given. The bytes do not depend on it.
    progress
        Called as ``progress(stage, done, total)``; stages ``scan``, ``encode``, ``measure``.

    Returns
    -------
    Archive
        Open for reading.

    Raises
    ------
    IdlatError
        Something that was asked for cannot be; what was there before still is, and nothing new.
    """
    if append:
        settings = {"quality": quality, "ratio": ratio, "psnr": psnr, "periodic": periodic}
        flags = {"self-contained": self_contained, "keep-importance": keep_importance}
        check_settings({**settings, **flags})
        return append_to(
            path,
            field,
            importance,
            model,
            transform=transform,
            missing=missing,
            resume=resume,
            restart=overwrite,
            workers=workers,
            progress=progress,
        )
    wanted = Quality(quality, ratio, psnr)
    threads = worker_count(workers)
    with reserve_output(path, overwrite=overwrite, resume=resume) as output:
        known = resolve_model(model)
        check_adjustable(known, quality=quality, ratio=ratio, psnr=psnr)
        job = plan_job(
            field,
            importance,
            known,
            wanted,
            transform=transform,
            missing=missing,
            periodic=periodic,
            self_contained=self_contained,
            keep_importance=keep_importance,
            workers=threads,
            progress=progress,
        )
        if not output.fresh and _is_complete(output, job):
            return open_archive(path, known)
        with output.writing():
            _Writer(job, output, threads, progress).write()
    archive = open_archive(path, known)
    say(archive.record.variables, job.notes)
    return archive


def _is_complete(output: Output, job: Job) -> bool:
    """Whether a resumed archive stands as it should; raise where it is another job's."""
    with closing(open_store(output.place.name)) as store:
        record = read_record(store)
    if not record.same_job(job.record):
        raise ArchiveError(
            f"{output.final.name} cannot be resumed: it was begun with another field, map, model or options; "
            "use the same ones, or --overwrite"
        )
    return record.complete and output.place == output.final


@dataclass(frozen=True)
class _Writer:
    """Writes a job's archive into a folder."""

    job: Job
    output: Output
    workers: int
    progress: Progress | None

    def write(self) -> None:
        """Write what is not there yet, measure it, and declare it complete."""
        record, place = self.job.record, self.output.place
        gain = self.job.quality.gain(self.job.model.gain_limits)
        begun = not self.output.fresh and is_laid_out(self._store, record)
        if begun:
            place.tidy()
        else:
            place.remove()
            carried = record.request.self_contained or not is_shipped(record.model_sha256)
            started = replace(record, gain=gain)
            fields = [reader.field for reader in self.job.readers]
            create_archive(self._store, started, fields, self.job.model, carry_model=carried)
        if gain is None:
            gain, errors = self._search()
        else:
            self._frames.encode(gain, resume=begun)
            errors = self._frames.measure(gain)
        variables = tuple(with_errors(v, errors) for v in record.variables)
        self.output.secure()
        write_record(self._store, replace(record, gain=gain, variables=variables, complete=True))

    @cached_property
    def _store(self) -> ArchiveStore:
        return self.output.place.open()

    @cached_property
    def _frames(self) -> FrameWriter:
        record, model = self.job.record, self.job.model
        sources = variable_inputs(
            record.variables, self.job.readers, self.job.maps, record.periodic, model.cell
        )
        return FrameWriter(self._store, record, model, sources, self.workers, self.progress)

    def _search(self) -> tuple[float, MeasuredErrors]:
        """Find the gain that meets the target; the archive then holds its chunks. Measure it, too."""
        target, limits = self.job.quality.target, self.job.model.gain_limits
        assert target is not None
        original = bytes_original(self.job.record.variables)
        sample = draw_sample(self._frames.sources, self.job.model, original, self.workers)
        errors: dict[float, MeasuredErrors] = {}

        def ratio(gain: float) -> float:
            self._frames.encode(gain)
            return original / bytes_streams(self._store, self.job.record.variables)

        def psnr(gain: float) -> float:
            self._frames.encode(gain)
            errors[gain] = self._frames.measure(gain)
            return errors[gain].all.total().wpsnr

        if target.name == "ratio":
            gain = find_gain(ratio, sample.ratio, target, limits)
        else:
            gain = find_gain(psnr, sample.psnr, target, limits)
        return gain, errors[gain] if gain in errors else self._frames.measure(gain)
