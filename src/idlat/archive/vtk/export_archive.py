"""`idlat.export`: an archive as a folder of files that VTK and ParaView open.

::

    archive ─▶ variables (viewed_variable.py) ─▶ steps, a few layers at a time
      ─▶ STEM_0000.vti …, STEM.pvd  or  STEM.vtkhdf, in a hidden folder ─▶ renamed when all is there
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import opened
from idlat.archive.vtk.viewed_variable import ViewedVariable
from idlat.errors import OutputError, OutputExistsError
from idlat.fields.files.file_checks import stem_of
from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.series.step_times import StepTimes, step_of
from idlat.outputs import staged_folder
from idlat.progress import Progress, tell

__all__ = ["Format", "export"]

Format = Literal["vti", "vtkhdf"]
_SUFFIXES = (".vti", ".pvd", ".vtkhdf")


class _Writer(Protocol):
    """What takes layers of one step and array after another."""

    def write(self, step: int, array: int, start: int, block: NDArray[np.generic]) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


def export(
    archive: Archive | str | os.PathLike[str],
    directory: str | os.PathLike[str],
    format: Format = "vti",
    *,
    variables: Sequence[str] | None = None,
    time: int | None = None,
    coarse: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Decode an archive into a folder of files that VTK and ParaView open.

    Memory holds a few layers of one step at a time, or the means of one.

    Parameters
    ----------
    archive
        Open, or its path or URL.
    directory
        The folder to make.
    format
        ``vti``: an image a step, and a ``.pvd`` that names them with their times. ``vtkhdf``: one file, with
        steps where there are several.
    variables
        Names of the archive's variables to export; all unless given. Vectors are arrays of several
        components.
    time
        Index of the one step that is wanted.
    coarse
        Side of blocks of voxels, whose means are wanted, as in :meth:`Archive.decode`.
    overwrite
        Whether a former export may be replaced; a folder that holds anything else never is.
    progress
        Called as ``progress("export", done, total)``, of voxels.

    Returns
    -------
    Path
        The ``.pvd`` or ``.vtkhdf`` to open.

    Raises
    ------
    ArchiveError
        There is no such variable, step or block, or a chunk is missing or damaged.
    OutputError
        The folder exists or cannot be written. Nothing is left behind.
    """
    if format not in get_args(Format):
        raise OutputError(
            f"there is no format {format!r} to export: choose one of {', '.join(get_args(Format))}"
        )
    directory = Path(os.path.expanduser(directory))
    _check_place(directory, overwrite)
    with opened(archive) as held:
        viewed = _viewed(held, variables, time, coarse)
        stem = _stem(held.path)
        with (
            staged_folder(directory, lambda: _check_place(directory, overwrite)) as folder,
            remarks_on(str(directory), f".{format} cannot hold it"),
        ):
            main, writer = _writer(folder, stem, format, viewed, time)
            try:
                _write(writer, viewed, progress)
                writer.close()
            except BaseException:
                writer.abort()
                raise
    return directory / main.name


def _viewed(
    archive: Archive, names: Sequence[str] | None, time: int | None, coarse: int | None
) -> list[ViewedVariable]:
    """Give the variables that are asked for; those of an archive have the same steps, perhaps other grids."""
    stored = [archive.variable(name) for name in dict.fromkeys(names or archive.variables)]
    if len({each.selection.variable.volume for each in stored}) > 1:
        several = ", ".join(each.name for each in stored)
        raise OutputError(
            f"{archive.path}: {several} lie on several grids: export those of one at a time, by --variable "
            "(variables=...)"
        )
    return [ViewedVariable(each.isel(time=time), coarse) for each in stored]


def _writer(
    folder: Path, stem: str, format: Format, viewed: Sequence[ViewedVariable], time: int | None
) -> tuple[Path, _Writer]:
    """Begin the files; returns the one to open."""
    templates = [each.template for each in viewed]
    times = StepTimes.of(templates[0])
    if format == "vtkhdf":
        from idlat.fields.hdf5.write_vtkhdf import VTKHDFSeries

        steady = [step_of(each, 0) for each in templates]
        if len(times.values) > 1:  # which the file holds
            steady = [each.drop_vars("time", errors="ignore") for each in steady]
        file = folder / f"{stem}.vtkhdf"
        return file, VTKHDFSeries(file, steady, times)
    from idlat.fields.vtk.write_vti_series import VTISeries

    variable = viewed[0].stored.selection.variable
    indices = range(variable.shape[0] if variable.has_time else 0)
    chosen = indices if time is None else [indices[time]]
    width = max(4, len(str(len(indices) - 1)))
    names = [f"{stem}_{index:0{width}}.vti" for index in chosen] or [f"{stem}.vti"]
    file = folder / f"{stem}.pvd"
    return file, VTISeries(file, names, templates, times)


def _write(writer: _Writer, viewed: Sequence[ViewedVariable], progress: Progress | None) -> None:
    steps = viewed[0].template.sizes.get("time", 1)
    total = steps * sum(step_of(each.template, 0).size for each in viewed)
    done = 0
    for step in range(steps):
        for number, each in enumerate(viewed):
            for start, block in each.layers(step):
                writer.write(step, number, start, block)
                done += block.size
                tell(progress, "export", done, total)


def _stem(path: str) -> str:
    """Name the files after the archive.

    Examples
    --------
    >>> _stem("data/run.idlat"), _stem("s3://bucket/run.zip")
    ('run', 'run')
    """
    return stem_of(path if "://" in path else os.path.realpath(path)) or "archive"


def _check_place(directory: Path, overwrite: bool) -> None:
    """Refuse a place where no folder can be made, or where something is that must not be replaced."""
    if directory.name in ("", ".."):
        raise OutputError(f"{directory} is a folder that exists: name a new one")
    if not directory.absolute().parent.is_dir():
        raise OutputError(f"{directory.parent} is no folder: make it first")
    if not os.path.lexists(directory):
        return
    if not overwrite:
        raise OutputExistsError(f"{directory} exists; pass --overwrite (overwrite=True) to replace it")
    if directory.is_symlink() or not directory.is_dir():
        raise OutputError(f"{directory} is no folder: choose another name")
    others = [file.name for file in directory.iterdir() if file.suffix not in _SUFFIXES or file.is_dir()]
    if others:
        raise OutputError(
            f"{directory} holds what is no export, such as {min(others)!r}: choose another name"
        )
