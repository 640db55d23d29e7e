"""The three data sets of the paper (Sect. 6.1) and the simulated ones that stand for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from idlat.datasets import dataset_named, make
from idlat.errors import IdlatError

QUICK_SIZE = 32
"""Voxels an axis where only the way is to be shown."""


@dataclass(frozen=True)
class Case:
    """A simulated data set and what the paper states of the one that it stands for (Table 1, Sect. 6.1).

    Parameters
    ----------
    dataset, variable
        Name for `idlat.datasets.make`, and the variable of its files.
    steps
        Steps or members that blocks are taken from.
    blocks
        Training blocks.
    paper_name, paper_variable, paper_shape
        What the paper calls them, and the size `(z, y, x)` there.
    unseen
        Further steps or members that Table 2 is measured on.
    distortion_weight, importance_range
        β and a of the objective of the paper's network (Eq. 9, 10).
    """

    dataset: str
    variable: str
    steps: int
    blocks: int
    paper_name: str
    paper_variable: str
    paper_shape: tuple[int, int, int]
    unseen: int = 1
    distortion_weight: float = 5.0
    importance_range: float = 7.0


CASES = (
    Case("vortex", "vorticity", 5, 1000, "Vortex", "vorticity magnitude", (128, 128, 128)),
    Case(
        "cosmology",
        "log_density",
        5,
        5000,
        "Nyx",
        "log density",
        (256, 256, 256),
        unseen=2,
        distortion_weight=10.0,
        importance_range=3.0,
    ),
    Case("hurricane", "P", 5, 5500, "Isabel", "pressure", (96, 512, 512), distortion_weight=10.0),
)


def prepare(
    case: Case, data: Path, *, quick: bool = False, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """Return the files of a case's steps, spread evenly over its series; simulate the series if it is absent.

    Parameters
    ----------
    case
        What is wanted.
    data
        Folder that holds, or will hold, a folder of the dataset's name. A series made there with
        `idlat datasets make`, of any size, is used as it is.
    quick
        Simulate small volumes, and only the steps needed.
    progress
        As `idlat.datasets.make` calls it.

    Raises
    ------
    IdlatError
        If the series there has too few steps.
    """
    paths = _series(case, data, case.steps, quick=quick, progress=progress)
    return [paths[index] for index in _seen(case, len(paths))]


def prepare_split(
    case: Case, data: Path, *, quick: bool = False, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Path], list[Path]]:
    """Return the files that :func:`prepare` does, and `case.unseen` others from the middle of the rest.

    Parameters
    ----------
    case, data, quick, progress
        As for :func:`prepare`.

    Raises
    ------
    IdlatError
        If the series there has too few steps.
    """
    paths = _series(case, data, case.steps + case.unseen, quick=quick, progress=progress)
    seen = _seen(case, len(paths))
    rest = [index for index in range(len(paths)) if index not in seen]
    chosen = [rest[(2 * i + 1) * len(rest) // (2 * case.unseen)] for i in range(case.unseen)]
    return [paths[index] for index in seen], [paths[index] for index in chosen]


def _seen(case: Case, steps: int) -> list[int]:
    """Steps that blocks are taken from, spread evenly over a series."""
    return [step * steps // case.steps for step in range(case.steps)]


def _series(
    case: Case, data: Path, least: int, *, quick: bool, progress: Callable[[int, int], None] | None
) -> list[Path]:
    """Files of a series of at least `least` steps."""
    folder = data / case.dataset
    paths = sorted(folder.glob(f"{case.dataset}_[0-9]*.nc"))
    if not paths:
        steps = least if quick else max(least, dataset_named(case.dataset).steps)
        paths = make(case.dataset, folder, QUICK_SIZE if quick else None, steps, progress=progress)
    if len(paths) < least:
        raise IdlatError(
            f"{folder} holds {len(paths)} steps: expected {least} or more; remove it or add some"
        )
    return paths
