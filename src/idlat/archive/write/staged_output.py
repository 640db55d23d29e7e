"""Staging: an archive is written to ``<name>.partial`` where needed, and renamed into place when complete.

A new one is written in its place, ``complete: false`` until the last chunk is stored. What replaces an
archive, and what is to become a ``.zip``, is written beside it as ``<name>.partial`` and takes its place when
it is complete, so that an interrupted job never costs the archive that was there. An error removes what the
job had made; a killed job leaves what ``--resume`` continues. The place is locked meanwhile: a second job is
told who has it.
"""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from idlat.archive.format.root_document import is_archive
from idlat.archive.storage.archive_location import LocalLocation, Location, location_of
from idlat.archive.storage.archive_store import one_line
from idlat.errors import IdlatError, OutputError, OutputExistsError
from idlat.fields.zarr.write_zarr import wait_for_pending_writes
from idlat.outputs import (
    OutputLock,
    flush_file,
    lock_output,
    postponed,
    put_in_place,
    remove_leftovers,
    temporary_for,
)

__all__ = ["Mode", "StagedOutput", "output_error", "reserve_output"]

Mode = Literal["w-", "w", "resume", "a", "a+w", "a+resume"]
"""What becomes of what is there: nothing may be (``w-``), it is replaced (``w``), continued (``resume``),
or appended to (``a``); the last two discard what an interrupted append left, or continue it."""

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is packed


@dataclass(frozen=True)
class StagedOutput:
    """The place to write to and the one that the archive ends up at.

    Attributes
    ----------
    final
        Where the archive will be.
    place
        Where it is written.
    fresh
        Whether nothing is at `place` yet; False where a job is resumed.
    lock
        What keeps other jobs away.
    """

    final: Location
    place: Location
    fresh: bool
    lock: OutputLock

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take away what was written if an error ends the block, else put the archive in its place.

        Raises
        ------
        OutputError
            The disk is full, or the place cannot be written.
        """
        try:
            yield
            if isinstance(self.place, LocalLocation) and _is_zip(self.final):
                _pack(self.place.path, Path(self.final.name))
                self.place.remove()
            elif self.place != self.final:
                self.place.move_to(self.final)
        except OSError as error:
            self._abandon()
            if isinstance(error, IdlatError):
                raise
            raise output_error(self.final, error) from error
        except Exception:
            self._abandon()
            raise
        except BaseException:  # stopped: what is written is for --resume
            wait_for_pending_writes()
            raise

    def secure(self) -> None:
        """Wait until the disk has all of it, and make sure that it is still ours: it may be called complete.

        Raises
        ------
        OutputBusyError
            Another job has taken the place over.
        """
        self.lock.confirm()
        self.place.remove_unfinished()  # of workers that died
        self.place.flush()

    def _abandon(self) -> None:
        if not self.fresh:
            return
        wait_for_pending_writes()
        self.place.remove()


@contextmanager
def reserve_output(path: str | os.PathLike[str], mode: Mode = "w-") -> Iterator[StagedOutput]:
    """Decide where to write an archive, and keep other jobs from it until the block ends.

    Nothing is written or removed yet but what killed jobs left.

    Parameters
    ----------
    path
        A directory to be, a file to be that ends in ``.zip``, or a URL that fsspec knows.
    mode
        ``w-`` writes a new archive; ``w`` replaces the one that is there, once the new one is complete;
        ``resume`` continues an interrupted job, or starts one.

    Raises
    ------
    OutputError
        The folder around it is absent, or the file system is not known.
    OutputExistsError
        Something is there that is not to be replaced or resumed, or that is no archive.
    OutputBusyError
        Another job writes it.
    """
    final = location_of(path)
    if not isinstance(final, LocalLocation):
        if _is_zip(final):
            raise OutputError(f"{final.name}: a .zip is packed on a local disk: write it there, then copy it")
    elif final.path.name in ("", ".."):
        raise OutputError(f"{path} is a folder: name the archive inside it, such as run.idlat")
    elif not final.path.absolute().parent.is_dir():
        raise OutputError(f"output folder {final.path.absolute().parent} does not exist: create it first")
    with lock_output(final.name) as lock:
        final.recover()
        yield _resumed(final, lock) if mode == "resume" else _new(final, lock, overwrite=mode == "w")


def _new(final: Location, lock: OutputLock, *, overwrite: bool) -> StagedOutput:
    partial = final.beside(".partial")
    if taken := final.exists():
        _check_replaceable(final, overwrite)
    if partial.exists():
        if not overwrite:
            raise OutputExistsError(
                f"{partial.name} is left from an interrupted job: use --resume to finish it, or --overwrite"
            )
        _check_replaceable(partial, overwrite)
    partial.remove()
    return StagedOutput(final, partial if taken or _is_zip(final) else final, fresh=True, lock=lock)


def _resumed(final: Location, lock: OutputLock) -> StagedOutput:
    partial = final.beside(".partial")
    if partial.exists():
        return StagedOutput(final, partial, fresh=not is_archive(partial), lock=lock)
    if final.exists():
        if not is_archive(final):
            raise OutputExistsError(
                f"{final.name} exists and is not an idlat archive that could be resumed: choose another path"
            )
        return StagedOutput(final, final, fresh=False, lock=lock)
    return StagedOutput(final, partial if _is_zip(final) else final, fresh=True, lock=lock)


def _check_replaceable(place: Location, overwrite: bool) -> None:
    """Refuse to replace what was not asked for, and what is no archive of ours."""
    if not is_archive(place):
        raise OutputExistsError(
            f"{place.name} exists and is not an idlat archive, it is never replaced: choose another path"
        )
    if not overwrite:
        raise OutputExistsError(
            f"{place.name} exists: use --overwrite (mode='w') to replace it, or --resume (mode='resume') to "
            "finish an interrupted job"
        )


def _is_zip(place: Location) -> bool:
    return place.name.endswith(".zip")


def _pack(folder: Path, path: Path) -> None:
    """Pack a directory into a zip file of stored members: same members, same bytes; whole or not at all."""
    temporary = temporary_for(path)
    try:
        remove_leftovers(path)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as packed:
            for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
                member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _ZIP_DATE)
                member.external_attr = 0o644 << 16
                packed.writestr(member, file.read_bytes())
        flush_file(temporary)
        put_in_place(temporary, path)
    finally:
        with postponed():
            temporary.unlink(missing_ok=True)


def output_error(place: Location, error: OSError) -> OutputError:
    """Say what keeps a place from being written."""
    full = error.errno == errno.ENOSPC
    reason = "no space is left on the disk" if full else (error.strerror or one_line(error))
    return OutputError(f"cannot write {place.name}: {reason}")
