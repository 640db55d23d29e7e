"""Appending steps or variables to an archive (design section 5).

::

    field ──checked against grid, model, normalisation──▶ record to be ──▶ appending.json
      ──▶ room for the new frames ──▶ their chunks ──▶ measured ──▶ coordinates ──▶ record replaced

Until the record is replaced, in one go, readers see the archive as it was. A killed job leaves
``appending.json``, by which ``--resume`` goes on; an error takes everything back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from idlat.archive.append.append_checks import are_steps, importance_of, missing_of, renamed
from idlat.archive.append.append_plan import AppendPlan
from idlat.archive.append.grow_arrays import drop_unused_coordinates, take_back
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.latent_model import LatentModel
from idlat.archive.format.root_document import JOURNAL, read_journal, write_record
from idlat.archive.format.settings import Settings
from idlat.archive.original.archive_grid import on_archives_grid
from idlat.archive.original.compression_remarks import say_new_outliers
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import open_archive
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.storage.location import LocalLocation, Location, location_of
from idlat.archive.write.staged_output import Mode, output_error
from idlat.errors import ArchiveError, IdlatError, MissingFileError, OutputExistsError
from idlat.fields.zarr.write_zarr import wait_for_pending_writes
from idlat.outputs import lock_output
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
    workers: int,
    progress: Progress | None,
) -> Archive:
    """Append to an archive: steps to all of its variables, or further variables.

    Parameters
    ----------
    path
        A finished archive.
    field, importance, model, workers, progress
        As :func:`idlat.compress` takes them.
    settings
        Of new variables; but for the transform, an archive's beginning has settled them.
    mode
        ``a``; ``a+resume`` goes on with an append that was interrupted, ``a+w`` takes back what it left.

    Returns
    -------
    Archive
        Open for reading.

    Raises
    ------
    IdlatError
        What was asked for cannot be; the archive is as it was.
    """
    if named := settings.begun_with():
        raise IdlatError(f"--append keeps the archive's own settings: leave out {', '.join(named)}")
    resume = mode == "a+resume"
    place = location_of(path)
    if isinstance(place, LocalLocation) and not place.path.exists():
        raise MissingFileError(f"{place.name} does not exist: expected an idlat archive")
    with lock_output(place.name) as lock, open_archive(path, model) as archive:
        if place.name.endswith(".zip") or (isinstance(place, LocalLocation) and not place.path.is_dir()):
            raise ArchiveError(f"{place.name}: a .zip is finished; append to the folder and pack it again")
        record, store = archive.record, place.open()
        place.tidy()
        _settle(store, record)
        given = as_fields(field, missing_of(record, settings.missing))
        readers = tuple(renamed(reader, record) for reader in given)
        steps = are_steps(record, readers)
        readers = tuple(_turned(reader, archive, steps=steps) for reader in readers)
        maps, _ = maps_of(importance_of(record, importance), readers)

        def secure() -> None:
            lock.confirm()
            place.flush()

        plan = AppendPlan(
            archive, store, readers, tuple(maps), steps, settings.transform, workers, progress, secure
        )
        if not (resume and steps and plan.stands()):
            with _changing(place):
                _run(plan, resume=resume, restart=mode == "a+w")
    grown = open_archive(path, model)
    say_new_outliers(record.variables, grown.record.variables)
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
    begun = _begun(store, record, to_be, resume=resume, restart=restart)
    try:
        if not begun:
            write_record(store, to_be, JOURNAL)
        plan.write(to_be, resume=begun)
    except Exception:
        if not begun:
            wait_for_pending_writes()
            with suppress(OSError):  # where even this fails, the journal stays, for --resume and --overwrite
                take_back(store, record)
                store.delete(JOURNAL)
        raise
    except BaseException:  # stopped: what stands is for --resume
        wait_for_pending_writes()
        raise
    store.delete(JOURNAL)


def _settle(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Clear up after an append that was killed when its record stood already."""
    try:
        begun = read_journal(store)
    except ArchiveError:
        return  # :func:`_begun` says what to do
    if begun is not None and begun.same_job(record):
        drop_unused_coordinates(store, record)
        store.delete(JOURNAL)


def _begun(
    store: ArchiveStore, record: ArchiveRecord, to_be: ArchiveRecord, *, resume: bool, restart: bool
) -> bool:
    """Whether this append was begun, and interrupted; what is to be forgotten is taken back."""
    if restart and store.exists(JOURNAL):
        take_back(store, record)
        store.delete(JOURNAL)
        return False
    try:
        begun = read_journal(store)
    except ArchiveError as error:
        raise ArchiveError(f"{error}, or drop what an append began with --append --overwrite") from None
    if begun is None:
        return False
    if not resume:
        raise OutputExistsError(
            f"an append to {store.name} was interrupted: go on with --resume, or drop it with --overwrite"
        )
    if not begun.same_job(to_be):
        raise ArchiveError(
            f"{store.name} cannot be resumed: the append was begun with another field or map; use the same "
            "ones, or drop it with --overwrite"
        )
    return True
