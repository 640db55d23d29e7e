"""The datasets that idlat can make, by name: each a series of NetCDF files, one a step.

NetCDF keeps coordinates, units and attributes, and one file a step lets a series be opened, copied and
compressed in parts. A series is made in a hidden folder and moved to its place when its last step stands, so
that an interrupted run leaves no part of a series behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from idlat.datasets.random_fields import random_field, random_options
from idlat.datasets.vortex import vortex
from idlat.errors import IdlatError, OutputError, OutputExistsError
from idlat.fields import write_field

Steps = Iterator[tuple[int, xr.DataArray]]


@dataclass(frozen=True)
class Dataset:
    """A dataset that can be made.

    Parameters
    ----------
    name
        What `make` knows it by, and the start of its files' names.
    summary
        One line for people.
    size
        Voxels an axis unless told.
    steps
        Steps unless told.
    generate
        Called with size, steps and seed; yields each step's index and field.
    """

    name: str
    summary: str
    size: int
    steps: int
    generate: Callable[[int, int, int], Steps]


def _random_series(size: int, steps: int, seed: int) -> Steps:
    """Random fields of all forms: step `t` has the seed `seed + t`."""
    for step in range(steps):
        yield step, random_field((size, size, size), seed + step, random_options(seed + step))


_DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "vortex",
            "vorticity magnitude of forced turbulence, a time series (pseudo-spectral Navier-Stokes)",
            128,
            30,
            vortex,
        ),
        Dataset(
            "random",
            "random fields with power-law spectra: Gaussian, log-normal, gradients, fronts",
            128,
            8,
            _random_series,
        ),
    )
}


def list_datasets() -> tuple[Dataset, ...]:
    """Return the datasets that `make` knows.

    Examples
    --------
    >>> [dataset.name for dataset in list_datasets()]
    ['vortex', 'random']
    """
    return tuple(_DATASETS.values())


def make(
    name: str,
    directory: str | os.PathLike[str],
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Make a dataset and write it as `NAME_0000.nc`, `NAME_0001.nc`, ...

    Parameters
    ----------
    name
        One of `list_datasets()`.
    directory
        Folder for the files; it is created where its parent exists.
    size, steps
        Voxels an axis and number of steps; the dataset's own unless told.
    seed
        The same name, size and seed give the same values on every machine, up to rounding.
    progress
        Called with the steps done and all steps, first with 0 done.

    Returns
    -------
    list[Path]
        The files, in order of the steps.

    Raises
    ------
    IdlatError
        If the name is unknown or a number is out of range.
    OutputError
        If the folder's parent does not exist, or one of the files does.
    """
    dataset = _named(name)
    size, steps = dataset.size if size is None else size, dataset.steps if steps is None else steps
    if steps < 1:
        raise IdlatError(f"steps must be 1 or more, got {steps}")
    folder = Path(directory)
    paths = [folder / f"{name}_{step:04d}.nc" for step in range(steps)]
    series = dataset.generate(size, steps, seed)  # checks its options before anything is written
    created = _prepare(folder, paths)
    part = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        if progress:
            progress(0, steps)
        for step, field in series:
            write_field(field, part / paths[step].name)
            if progress:
                progress(step + 1, steps)
        for path in paths:
            os.replace(part / path.name, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if created and not any(folder.iterdir()):
            folder.rmdir()
    return paths


def _named(name: str) -> Dataset:
    if name not in _DATASETS:
        raise IdlatError(f"unknown dataset {name!r}: choose one of {', '.join(_DATASETS)}")
    return _DATASETS[name]


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
