"""Where an archive is written until it is complete, and what becomes of it afterwards.

A new directory is written in its place, ``complete: false`` until the last chunk stands. What replaces an
archive, and what is to become a ``.zip``, is written beside it as ``<name>.partial`` and takes its place when
it is complete, so that an interrupted job never costs the archive that was there. An error takes away what
the job had made; a killed job leaves what ``--resume`` goes on with.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from idlat.archive.format import FORMAT
from idlat.errors import IdlatError, OutputError, OutputExistsError

__all__ = ["Output", "prepare_output"]

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is packed


@dataclass(frozen=True)
class Output:
    """The folder to write to and the path that it ends up at.

    Parameters
    ----------
    path
        Where the archive will be.
    folder
        Where it is written.
    fresh
        Whether `folder` is new; False where a job is resumed.
    """

    path: Path
    folder: Path
    fresh: bool

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take away what was written if an error ends the block, else put the archive in its place.

        Raises
        ------
        OutputError
            The disk is full, or the folder cannot be written.
        """
        try:
            yield
            self._commit()
        except OSError as error:
            self._abandon()
            if isinstance(error, IdlatError):
                raise
            raise _output_error(self.path, error) from error
        except Exception:
            self._abandon()
            raise

    def _abandon(self) -> None:
        if self.fresh:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _commit(self) -> None:
        if self.path.suffix == ".zip":
            _pack(self.folder, self.path)
            shutil.rmtree(self.folder)
        elif self.folder != self.path:
            replaced = self.path.with_name(self.path.name + ".old")
            shutil.rmtree(replaced, ignore_errors=True)
            if self.path.exists():
                self.path.rename(replaced)
            self.folder.rename(self.path)
            shutil.rmtree(replaced, ignore_errors=True)


def prepare_output(path: str | os.PathLike[str], *, overwrite: bool = False, resume: bool = False) -> Output:
    """Decide where to write an archive; nothing is written or removed yet but a stale ``.partial`` folder.

    Parameters
    ----------
    path
        A directory to be, or a file to be that ends in ``.zip``.
    overwrite
        Replace the archive that is there, once the new one is complete.
    resume
        Go on with an interrupted job, or start where there is none.

    Raises
    ------
    OutputError
        The folder around it is absent, or both options were asked for.
    OutputExistsError
        Something is there and neither option says what to do, or it is no archive and so never replaced.
    """
    final = Path(path)
    if overwrite and resume:
        raise OutputError("--overwrite and --resume exclude each other: choose one")
    if not final.absolute().parent.is_dir():
        raise OutputError(f"output folder {final.absolute().parent} does not exist: create it first")
    partial = final.with_name(final.name + ".partial")
    if resume:
        return _resumed(final, partial)
    if (final.exists() or final.is_symlink()) and not _is_empty(final):
        _check_replaceable(final, overwrite)
    if partial.exists():
        if not overwrite:
            raise OutputExistsError(
                f"{partial} stands from an interrupted job: go on with --resume or use --overwrite"
            )
        _check_replaceable(partial, overwrite)
        shutil.rmtree(partial)
    beside = final.suffix == ".zip" or final.exists()
    return Output(final, partial if beside else final, fresh=True)


def _resumed(final: Path, partial: Path) -> Output:
    if partial.is_dir():
        return Output(final, partial, fresh=not _is_archive(partial))
    if final.exists() and not _is_empty(final):
        if not _is_archive(final):
            raise OutputExistsError(
                f"{final} exists and is not an idlat archive that could be resumed: choose another path"
            )
        return Output(final, final, fresh=False)
    return Output(final, partial if final.suffix == ".zip" else final, fresh=True)


def _check_replaceable(path: Path, overwrite: bool) -> None:
    """Refuse to replace what was not asked for, and what is no archive of ours."""
    if not _is_archive(path):
        raise OutputExistsError(
            f"{path} exists and is not an idlat archive, it is never replaced: choose another path"
        )
    if not overwrite:
        raise OutputExistsError(
            f"{path} exists: use --overwrite to replace it, or --resume to finish an interrupted job"
        )


def _is_empty(path: Path) -> bool:
    """Whether a folder holds nothing, or only what a killed job had not finished writing."""
    return path.is_dir() and all(entry.suffix == ".partial" for entry in path.iterdir())


def _is_archive(path: Path) -> bool:
    """Whether a path holds an idlat archive, complete or not."""
    try:
        if path.is_dir():
            text = (path / "zarr.json").read_text("utf-8")
        else:
            with zipfile.ZipFile(path) as packed:
                text = packed.read("zarr.json").decode()
        return bool(json.loads(text)["attributes"]["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return False


def _pack(folder: Path, path: Path) -> None:
    """Pack a directory into a zip file of stored members: same members, same bytes; whole or not at all."""
    temporary = path.with_name(path.name + ".packing")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as packed:
            for file in sorted(p for p in folder.rglob("*") if p.is_file()):
                member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _ZIP_DATE)
                member.external_attr = 0o644 << 16
                packed.writestr(member, file.read_bytes())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _output_error(path: Path, error: OSError) -> OutputError:
    reason = "no space is left on the disk" if error.errno == errno.ENOSPC else (error.strerror or str(error))
    return OutputError(f"cannot write {path}: {reason}")
