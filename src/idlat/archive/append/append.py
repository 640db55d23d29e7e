"""Appending steps or variables to an archive (design section 5).

::

    field ──checked against grid, model, normalisation──▶ record to be ──▶ appending.json
      ──▶ room for the new frames ──▶ their chunks ──▶ measured ──▶ coordinates ──▶ record replaced

Until the record is replaced, in one go, readers see the archive as it was. A killed job leaves
``appending.json``, with which ``--resume`` continues; an error undoes everything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from idlat.archive.append.append_checks import are_steps, importance_of, marked_alike, missing_of, renamed
from idlat.archive.append.append_plan import AppendPlan
from idlat.archive.append.grow_arrays import clear_up, take_back
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.root_document import JOURNAL, read_journal, read_record, write_record
from idlat.archive.format.settings import Settings
from idlat.archive.original.archive_grid import on_archives_grid
from idlat.archive.original.compression_remarks import warn_of_new_outliers
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import open_archive
from idlat.archive.storage.archive_location import LocalLocation, Location, location_of
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.write.staged_output import Mode, output_error
from idlat.errors import ArchiveError, IdlatError, MissingFileError, OutputExistsError
from idlat.fields.zarr.write_zarr import wait_for_pending_writes
from idlat.model.latent_model import LatentModel
from idlat.outputs import lock_output
from idlat.parallel import Workers
from idlat.progress import Progress

if TYPE_CHECKING:
    from idlat.importance import Importance

__all__ = ["append_to"]


def append_to(
    path: str | os.PathLike[str],
    field: Field,
    importance: Importance,
    model: LatentModel | str | os.PathLike[str] | None,
    settings: Settings,
    mode: Mode,
    workers: Workers,
    progress: Progress | None,
    device: str = "auto",
) -> Archive:
    """Append to an archive: steps to all of its variables, or further variables.

    Parameters
    ----------
    path
        A finished archive.
    field, importance, model, workers, progress, device
        As :func:`idlat.compress` takes them.
    settings
        Of new variables; all but the transform were fixed when the archive was created.
    mode
        ``a``; ``a+resume`` continues an interrupted append, ``a+w`` discards what it left.

    Returns
    -------
    Archive
        Open for reading.

    Raises
    ------
    IdlatError
        What was asked for cannot be; the archive is as it was.
    """
    if named := settings.fixed_at_creation():
        raise IdlatError(f"--append keeps the archive's own settings: leave out {', '.join(named)}")
    resume = mode == "a+resume"
    place = location_of(path)
    if isinstance(place, LocalLocation) and not place.path.exists():
        raise MissingFileError(f"{place.name} does not exist: expected an idlat archive")
    with lock_output(place.name) as lock, open_archive(path, model, device) as archive:
        if place.name.endswith(".zip") or (isinstance(place, LocalLocation) and not place.path.is_dir()):
            raise ArchiveError(f"{place.name}: a .zip is finished; append to the folder and pack it again")
        if archive.blocks:
            raise ArchiveError(
                f"{place.name} holds the blocks of a parallel run: append to them by idlat.StreamWriter"
            )
        if archive.losses:
            raise ArchiveError(
                f"{place.name} has lost {len(archive.losses.objects)} objects: restore them with `idlat "
                "repair` and a copy, or write what is new to an archive of its own"
            )
        record, store = archive.record, place.open()
        place.remove_unfinished()
        _finish_killed(store, record)
        given = as_fields(field, missing_of(record, settings.missing))
        readers = tuple(renamed(reader, record) for reader in given)
        steps = are_steps(record, readers, partly=resume)
        readers = tuple(_turned(reader, archive, steps=steps) for reader in readers)
        if steps:
            readers = tuple(marked_alike(reader, record) for reader in readers)
        maps, _ = maps_of(importance_of(record, importance), readers, workers=workers)

        def secure() -> None:
            lock.confirm()
            place.remove_unfinished()  # of workers that died
            place.flush()

        plan = AppendPlan(
            archive, store, readers, tuple(maps), steps, settings.transform, workers, progress, secure
        )
        if not (resume and steps and plan.is_stored()):
            are_steps(record, readers)
            with _changing(place):
                _run(plan, resume=resume, restart=mode == "a+w")
    grown = open_archive(path, model, device)
    warn_of_new_outliers(record.variables, grown.record.variables)
    return grown


def _turned(reader: FieldReader, archive: Archive, *, steps: bool) -> FieldReader:
    """Give a field in the order of the archive's axes."""
    name = reader.name if steps else archive.record.variables[0].name
    return FieldReader(on_archives_grid(reader.field, archive.template(name), steps=steps))


@contextmanager
def _changing(place: Location) -> Iterator[None]:
    """Say in one line what keeps an archive from being written."""
    try:
        yield
    except OSError as error:
        if isinstance(error, IdlatError):
            raise
        raise output_error(place, error) from error


def _run(plan: AppendPlan, *, resume: bool, restart: bool) -> None:
    """Append; whatever error ends it, the archive is as it was."""
    store, record = plan.store, plan.archive.record
    to_be = plan.record()
    started = _continues(store, record, to_be, resume=resume, restart=restart)
    try:
        if not started:
            write_record(store, to_be, JOURNAL)
        plan.write(to_be, resume=started)
    except Exception:
        if not started:
            wait_for_pending_writes()
            with suppress(
                OSError, IdlatError
            ):  # where even this fails, the journal stays, for the next append
                if read_record(store) != record:  # the last write failed once it was done
                    write_record(store, record)
                take_back(store, record)
        raise
    except BaseException:  # stopped: what is written is for --resume
        wait_for_pending_writes()
        raise
    with suppress(OSError, IdlatError):  # the archive is whole; the next append clears up
        clear_up(store, to_be)


def _finish_killed(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Clean up after an append that was killed after its record was written."""
    try:
        noted = read_journal(store)
    except ArchiveError:
        return  # :func:`_continues` says what to do
    if noted is not None and noted.same_job(record):
        clear_up(store, record)


def _continues(
    store: ArchiveStore, record: ArchiveRecord, to_be: ArchiveRecord, *, resume: bool, restart: bool
) -> bool:
    """Whether an interrupted append is continued; what is to be discarded is undone."""
    if restart and store.exists(JOURNAL):
        take_back(store, record)
        return False
    try:
        noted = read_journal(store)
    except ArchiveError as error:
        raise ArchiveError(f"{error}, or discard the append with --append --overwrite") from None
    if noted is None:
        return False
    if not resume:
        raise OutputExistsError(
            f"an append to {store.name} was interrupted: continue it with --resume, or discard it with "
            "--overwrite"
        )
    if not noted.same_job(to_be):
        raise ArchiveError(
            f"{store.name} cannot be resumed: the append was started with another field or map; use the same "
            "ones, or discard it with --overwrite"
        )
    return True
