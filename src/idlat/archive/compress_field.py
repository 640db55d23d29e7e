"""Compressing a field into an archive: the way from the field to the finished archive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, get_args

from idlat.archive.append.append import append_to
from idlat.archive.codecs.model_lookup import resolve_model
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.error_bound import ErrorBound
from idlat.archive.format.root_document import read_record
from idlat.archive.format.settings import Settings, Target
from idlat.archive.original.compression_remarks import warn_user
from idlat.archive.original.field_reader import Field
from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import open_archive
from idlat.archive.storage.archive_store import open_store
from idlat.archive.write.compression_plan import plan_compression
from idlat.archive.write.new_archive import write_archive
from idlat.archive.write.staged_output import Mode, StagedOutput, reserve_output
from idlat.devices import check_device
from idlat.errors import ArchiveError, OutputError
from idlat.model.latent_model import LatentModel
from idlat.parallel import Scheduler, executor_of
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
    max_error: str | float | Sequence[float] | ErrorBound | None = None,
    transform: str = "none",
    missing: float | None = None,
    periodic: Sequence[str] = (),
    self_contained: bool = False,
    keep_importance: bool = False,
    importance_range: float | None = None,
    key_every: int | None = None,
    effort: int | None = None,
    mode: Mode = "w-",
    workers: int | None = None,
    scheduler: Scheduler | None = None,
    device: str = "auto",
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
        before z, too, each of which is coded alone. A list or a Dataset of several such, of the same steps;
        their grids may differ where no value is missing.
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
    max_error
        The largest error of any voxel: a number in the data's unit, or a text such as ``"0.1%"`` of the
        variable's range; two numbers, or ``"0.1%:5%"``, where I = 1 and where I = 0, geometric between.
        Unless `quality` is given it is chosen so that the archive is smallest. Not with `ratio` or `psnr`.
    transform
        ``none``, ``log10`` or ``asinh``, applied before normalisation.
    missing
        A value that means missing, besides those that the field declares.
    periodic
        Axes among ``z``, ``y`` and ``x`` that wrap; each must hold a multiple of 8 voxels, of 16 where
        the model codes blocks of 16.
    self_contained
        Carry the model even if the package ships it.
    keep_importance
        Store the mean importance of each block of 16³ voxels, for analysis.
    importance_range
        a of w = e^{aI+g}, 0 to 16; 7 unless given. Where I = 0 the quantisation steps are e^{a/2} times those
        where I = 1, which depend on the quality alone.
    key_every
        Each so many time steps one is coded alone, 8 unless given, at most 64; the others under the step
        before, where that saves bytes: to read one, as many chunks are decoded as lie between. 1 codes each
        step alone.
    effort
        How much the encoder tries for fewer bytes, 0 to 9, 3 unless given: 0 fits nothing to the field,
        9 fits to more of it and compares all transforms. Decoding is as fast.
    mode
        ``w-`` writes a new archive, ``w`` replaces one that is there once the new one is complete, ``resume``
        continues an interrupted job: same field, same parameters, same bytes at the end. ``a`` appends to
        the archive that is there: more steps of all of its variables, or further variables on its grid,
        under its own gain, map and normalisation; ``a+resume`` continues an interrupted append, ``a+w``
        discards what it left.
    workers
        Threads; one for each processor unless given. The bytes do not depend on it.
    scheduler
        A Dask cluster to run on instead of threads: the address of its scheduler (``tcp://host:8786``), the
        path of a scheduler file (``….json``), a :class:`distributed.Client`, or ``"distributed"`` for the
        client that is active. None is threads, even where a client is active. Workers open the field's files
        and write the archive themselves, so both must be where they see them; an array in memory is scattered
        to them. The bytes are the same.
    device
        Where a model's networks run: ``cpu``, ``cuda``, or ``auto``, which is a graphics card where torch can
        use one. The default model has none: it computes on the processor, and gives the same bytes.
    progress
        Called as ``progress(stage, done, total)``; stages ``scan``, ``encode``, ``measure``, and under a
        bound ``correct``.

    Returns
    -------
    Archive
        Open for reading.

    Raises
    ------
    IdlatError
        Something that was asked for cannot be; what was there before still is, and nothing new.
    """
    if mode not in get_args(Mode):
        raise OutputError(f"mode {mode!r} is unknown: choose one of {', '.join(get_args(Mode))}")
    settings = Settings(
        target=Target.of(quality, ratio, psnr),
        transform=transform,
        missing=missing,
        periodic=tuple(periodic),
        self_contained=self_contained,
        keep_importance=keep_importance,
        max_error=ErrorBound.of(max_error),
        importance_range=importance_range,
        key_every=key_every,
        effort=effort,
    )
    check_device(device)
    with executor_of(workers, scheduler) as executor:
        if mode.startswith("a"):
            return append_to(path, field, importance, model, settings, mode, executor, progress, device)
        with reserve_output(path, mode) as output:
            known = resolve_model(model).on_device(device)
            plan = plan_compression(field, importance, known, settings, executor, progress)
            if not output.fresh and _is_complete(output, plan.record):
                return open_archive(path, known, device)
            with output.writing():
                write_archive(plan, output, executor, progress)
    archive = open_archive(path, known, device)
    warn_user(archive.record.variables, plan.notes)
    return archive


def _is_complete(output: StagedOutput, asked: ArchiveRecord) -> bool:
    """Return whether a resumed archive is finished; raise where it was written with other settings."""
    with closing(open_store(output.place.name)) as store:
        record = read_record(store)
    if not record.same_job(asked):
        raise ArchiveError(
            f"{output.final.name} cannot be resumed: it was started with another field, map, model or "
            "options; use the same ones, or --overwrite"
        )
    return record.complete and output.place == output.final
