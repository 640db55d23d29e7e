"""The datasets that idlat can make, by name, and the files they are made into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import xarray as xr

from idlat.datasets.cosmology import cosmology
from idlat.datasets.hurricane import hurricane, hurricane_shape
from idlat.datasets.random_fields import random_field, random_options
from idlat.datasets.vortex import vortex
from idlat.datasets.write_series import Recipe, SeriesWriter
from idlat.errors import IdlatError

Steps = Iterator[tuple[int, xr.DataArray | xr.Dataset]]
Shape = tuple[int, int, int]


def _cube(size: int) -> Shape:
    return size, size, size


@dataclass(frozen=True)
class DatasetMaker:
    """A dataset that can be made.

    Parameters
    ----------
    name
        What `make` knows it by, and the start of its files' names.
    summary
        One line for people.
    size
        Voxels an axis if not given; of the longest axes where they differ.
    steps
        Steps or members if not given.
    generate
        Called with size, steps, seed and the first step wanted; yields each step's index and its field or
        fields from there on.
    shape
        Voxels along z, y and x at a size.
    kind
        What a step is: a step in time or a member of an ensemble.
    """

    name: str
    summary: str
    size: int
    steps: int
    generate: Callable[[int, int, int, int], Steps]
    shape: Callable[[int], Shape] = _cube
    kind: str = "steps"


def _vortex_series(size: int, steps: int, seed: int, first: int) -> Steps:
    """The flow has to be computed from its start; steps before `first` are dropped."""
    return islice(vortex(size, steps, seed), first, None)


def _random_series(size: int, steps: int, seed: int, first: int) -> Steps:
    """Random fields of all forms: step `t` has the seed `seed + t`."""
    for step in range(first, steps):
        yield step, random_field((size, size, size), seed + step, random_options(seed + step))


def _hurricane_series(size: int, steps: int, seed: int, first: int) -> Steps:
    return hurricane(size, steps, seed, start=first)


def _ensemble(size: int, members: int, seed: int, first: int) -> Steps:
    return cosmology(size, members, seed, start=first)


_DATASETS = {
    dataset.name: dataset
    for dataset in (
        DatasetMaker(
            "vortex",
            "vorticity magnitude of forced turbulence, a time series (pseudo-spectral Navier-Stokes)",
            128,
            30,
            _vortex_series,
        ),
        DatasetMaker(
            "cosmology",
            "log density of gas in an ensemble of universes (2LPT and particle mesh)",
            128,
            5,
            _ensemble,
            kind="members",
        ),
        DatasetMaker(
            "hurricane",
            "seven variables of a moving hurricane, the ground as missing values (balanced vortex)",
            250,
            10,
            _hurricane_series,
            hurricane_shape,
        ),
        DatasetMaker(
            "random",
            "random fields with power-law spectra: Gaussian, log-normal, gradients, fronts",
            128,
            8,
            _random_series,
        ),
    )
}


def list_datasets() -> tuple[DatasetMaker, ...]:
    """Return the datasets that `make` knows.

    Examples
    --------
    >>> [dataset.name for dataset in list_datasets()]
    ['vortex', 'cosmology', 'hurricane', 'random']
    """
    return tuple(_DATASETS.values())


def dataset_named(name: str) -> DatasetMaker:
    """Return the dataset of a name.

    Raises
    ------
    IdlatError
        If there is none; the message lists them.

    Examples
    --------
    >>> dataset_named("cosmology").shape(64)
    (64, 64, 64)
    """
    if name not in _DATASETS:
        raise IdlatError(f"unknown dataset {name!r}: choose one of {', '.join(_DATASETS)}")
    return _DATASETS[name]


def make(
    name: str,
    directory: str | os.PathLike[str],
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Make a dataset and write it as `NAME_0000.nc`, `NAME_0001.nc`, ...

    The same call after an interruption goes on after the last whole step.

    Parameters
    ----------
    name
        One of `list_datasets()`.
    directory
        Folder for the files; it is created where its parent exists.
    size, steps
        Voxels an axis and number of steps; the dataset's own if not given.
    seed
        The same name, size and seed give the same values on every machine, up to rounding.
    progress
        Called with the steps done and all steps, first with those that stand.

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
    dataset = dataset_named(name)
    size, steps = dataset.size if size is None else size, dataset.steps if steps is None else steps
    if steps < 1:
        raise IdlatError(f"steps must be 1 or more, got {steps}")
    dataset.generate(size, steps, seed, 0)  # checks the numbers before anything is written
    with SeriesWriter(Path(directory), Recipe(name, size, steps, seed)) as writer:
        if progress:
            progress(writer.done, steps)
        for step, fields in dataset.generate(size, steps, seed, writer.done):
            writer.write(step, fields)
            if progress:
                progress(step + 1, steps)
        return writer.finish()
