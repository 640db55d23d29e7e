"""Mending an archive in its place.

::

    record ─▶ model ─▶ metadata, made anew ─▶ labels ─▶ every object: checked, restored from a copy, decoded
      ─▶ losses.json: what stays lost, so that readers take it for missing

Whatever is written is written whole, after it has been checked, in place of what was missing or damaged: an
error or a kill leaves what was mended until then, and the rest as it was.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

from idlat.archive.format.losses import write_losses
from idlat.archive.format.root_document import JOURNAL
from idlat.archive.mend.mending import Mending
from idlat.archive.mend.result import Repair
from idlat.archive.mend.trusted_record import trusted_record
from idlat.archive.storage.archive_location import LocalLocation, Location, location_of
from idlat.archive.storage.archive_store import ArchiveStore, open_store
from idlat.archive.write.staged_output import output_error
from idlat.errors import ArchiveError, IdlatError, MissingFileError, OutputExistsError
from idlat.model.latent_model import LatentModel
from idlat.outputs import lock_output
from idlat.parallel import worker_count
from idlat.progress import Progress

__all__ = ["repair"]


def repair(
    path: str | os.PathLike[str],
    copy: str | os.PathLike[str] | None = None,
    *,
    model: LatentModel | str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Repair:
    """Find what an archive has lost, restore what a copy has of it, and keep the rest readable.

    What stays lost is noted in the archive: from then on voxels that depend on it decode as missing values,
    ``info`` and ``verify`` say so, and a later repair with a copy restores them.

    Parameters
    ----------
    path
        A folder, or a URL that fsspec knows.
    copy
        Another copy of the archive, damaged or not: a folder, a ``.zip`` or a URL. What is taken from it has
        the right checksum and belongs to this archive and place.
    model
        As :func:`idlat.open_archive` takes it.
    workers
        Threads; one for each processor unless given.
    progress
        Called as ``progress("repair", done, total)``.

    Raises
    ------
    MissingFileError
        There is nothing at `path`.
    IdlatError
        It is a ``.zip``, nothing of it can be read, or `copy` is another archive. The archive is as it was.

    Examples
    --------
    >>> import numpy as np, idlat
    >>> from idlat.archive.storage.archive_location import location_of
    >>> archive = idlat.compress(np.zeros((8, 8, 70), "float32"), "memory://examples/r.idlat")
    >>> location_of("memory://examples/r.idlat").open().delete("field/latents/c/0/0/0/0/1")
    >>> [lost.region for lost in idlat.repair("memory://examples/r.idlat").lost]
    [((0, 8), (0, 8), (64, 70))]
    """
    place = location_of(path)
    _check_place(place, copy)
    with ExitStack() as stack:
        lock = stack.enter_context(lock_output(place.name))
        source = None if copy is None else open_store(copy)
        if source is not None:
            stack.callback(source.close)
        store = place.open()
        try:
            place.remove_unfinished()
            mending = _mended(store, source, model, worker_count(workers), progress)
            lock.confirm()
            place.flush()
            write_losses(store, mending.record.id, mending.losses.objects)
        except OSError as error:
            if isinstance(error, IdlatError):
                raise
            raise output_error(place, error) from error
        return mending.result()


def _check_place(place: Location, copy: str | os.PathLike[str] | None) -> None:
    """Refuse what cannot be written, or is nothing else than the copy."""
    packed = place.name.endswith(".zip")
    if isinstance(place, LocalLocation):
        if not place.path.exists():
            raise MissingFileError(f"{place.name} does not exist: expected an idlat archive")
        packed = not place.path.is_dir()
        other = None if copy is None else location_of(copy)
        if isinstance(other, LocalLocation) and other.path.resolve() == place.path.resolve():
            raise ArchiveError(f"{place.name} cannot be mended from itself: name another copy")
    if packed:
        raise ArchiveError(
            f"{place.name} is no folder: unpack it (`unzip -d FOLDER {place.name}`) and repair that"
        )


def _mended(
    store: ArchiveStore,
    source: ArchiveStore | None,
    model: LatentModel | str | os.PathLike[str] | None,
    workers: int,
    progress: Progress | None,
) -> Mending:
    if store.exists(JOURNAL):
        raise OutputExistsError(
            f"an append to {store.name} was interrupted: before a repair continue it with --resume, or "
            "discard it with --append --overwrite"
        )
    record, adopted = trusted_record(store, source)
    mending = Mending(store, record, source, model)
    if adopted:
        mending.restored.append("zarr.json")
    mending.mend_metadata()
    mending.mend_objects(workers, progress)
    return mending
