"""Write a series as NetCDF files, one a step, so that it appears whole and an interrupted run goes on.

NetCDF keeps coordinates, units and attributes, and one file a step lets a series be opened, copied and
compressed in parts. The steps gather in a hidden folder beside their place, with the recipe they follow. They
move to their place when the last one stands; an interruption leaves the hidden folder, an error nothing. A
second job for the same series is refused meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import xarray as xr

import idlat
from idlat.errors import OutputError, OutputExistsError
from idlat.outputs import flush_file, flush_folder, lock_output

_RECIPE = "recipe.json"
_MOVING = "moving"  # stands while steps move to their place: those that did belong to the hidden folder still


@dataclass(frozen=True)
class Recipe:
    """All that a series depends on; two equal recipes make equal files.

    Examples
    --------
    >>> Recipe("vortex", 64, 2, 0).file_names()
    ['vortex_0000.nc', 'vortex_0001.nc']
    """

    name: str
    size: int
    steps: int
    seed: int
    version: str = idlat.__version__

    def file_names(self) -> list[str]:
        """Names of the files, in order of the steps."""
        return [f"{self.name}_{step:04d}.nc" for step in range(self.steps)]

    def made_in(self, part: Path) -> int:
        """Count the whole steps that a hidden folder holds of this very recipe."""
        try:
            stored = json.loads((part / _RECIPE).read_text())
        except (OSError, ValueError, RecursionError):
            return 0
        if stored != asdict(self):
            return 0
        present = [(part / name).exists() for name in self.file_names()]
        return [*present, False].index(False)


class SeriesWriter:
    """Writes the steps of a recipe; use it in a ``with`` statement.

    Parameters
    ----------
    folder
        Where the files go; created where its parent exists.
    recipe
        What is written; steps of the same recipe that an interrupted run left are kept.

    Raises
    ------
    OutputError
        If the folder's parent does not exist, or one of the files does.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.recipe, self._folder = recipe, folder
        self._part = folder / f".{recipe.name}.part"
        if not folder.absolute().parent.is_dir():
            raise OutputError(f"cannot make the folder {folder}: its parent must be an existing folder")
        self._lock = lock_output(folder.absolute().with_name(f"{folder.name}.{recipe.name}"))
        try:
            self._begin()
        except BaseException:
            self._lock.release()
            raise

    def _begin(self) -> None:
        paths = [self._folder / name for name in self.recipe.file_names()]
        if (self._part / _MOVING).exists():  # finish() was killed
            for path in filter(Path.exists, paths):
                os.replace(path, self._part / path.name)
            (self._part / _MOVING).unlink()
        self.done = self.recipe.made_in(self._part)
        self._created = _prepare(self._folder, paths)
        if self.done == 0:
            shutil.rmtree(self._part, ignore_errors=True)
            self._part.mkdir()
            (self._part / _RECIPE).write_text(json.dumps(asdict(self.recipe)))

    def write(self, step: int, fields: xr.DataArray | xr.Dataset) -> None:
        """Write one step; it counts once it is whole.

        Raises
        ------
        OutputError
            If the disk does not take it.
        """
        name = self.recipe.file_names()[step]
        dataset = fields.to_dataset() if isinstance(fields, xr.DataArray) else fields
        unfinished = self._part / f"{name}.unfinished"
        try:
            dataset.to_netcdf(unfinished, engine="h5netcdf", encoding=_encoding(dataset))
            flush_file(unfinished)
            os.replace(unfinished, self._part / name)
        except (OSError, RuntimeError) as problem:  # h5py reports some failures of the disk as RuntimeError
            raise OutputError(
                f"{self._folder / name}: cannot be written: {problem}; nothing was kept"
            ) from problem
        self.done = step + 1

    def finish(self) -> list[Path]:
        """Move all steps to their place and return their paths."""
        paths = [self._folder / name for name in self.recipe.file_names()]
        (self._part / _MOVING).touch()
        for path in paths:
            os.replace(self._part / path.name, path)
        flush_folder(self._folder)
        (self._part / _MOVING).unlink()
        shutil.rmtree(self._part)
        return paths

    def __enter__(self) -> SeriesWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = kind is not None and not issubclass(kind, Exception)
        if kind is not None and not (interrupted and self.done):
            shutil.rmtree(self._part, ignore_errors=True)
            if self._created and not any(self._folder.iterdir()):
                self._folder.rmdir()
        self._lock.release()


def _encoding(dataset: xr.Dataset) -> dict[Any, dict[str, Any]]:
    """Only variables that say so have a fill value; coordinates never lack a value."""
    return {name: {"_FillValue": dataset[name].encoding.get("_FillValue")} for name in dataset.variables}


def _prepare(folder: Path, paths: list[Path]) -> bool:
    """Create the folder if it is absent (True if it was), and refuse to replace files."""
    for path in paths:
        if path.exists():
            raise OutputExistsError(f"{path} exists already: choose another folder or remove it")
    if folder.is_dir():
        return False
    if folder.exists() or not folder.absolute().parent.is_dir():
        raise OutputError(f"cannot make the folder {folder}: its parent must be an existing folder")
    folder.mkdir()
    return True
