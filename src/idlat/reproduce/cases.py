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
    """

    dataset: str
    variable: str
    steps: int
    blocks: int
    paper_name: str
    paper_variable: str
    paper_shape: tuple[int, int, int]


CASES = (
    Case("vortex", "vorticity", 5, 1000, "Vortex", "vorticity magnitude", (128, 128, 128)),
    Case("cosmology", "log_density", 5, 5000, "Nyx", "log density", (256, 256, 256)),
    Case("hurricane", "P", 5, 5500, "Isabel", "pressure", (96, 512, 512)),
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
    folder = data / case.dataset
    paths = sorted(folder.glob(f"{case.dataset}_[0-9]*.nc"))
    if not paths:
        steps = case.steps if quick else max(case.steps, dataset_named(case.dataset).steps)
        paths = make(case.dataset, folder, QUICK_SIZE if quick else None, steps, progress=progress)
    if len(paths) < case.steps:
        raise IdlatError(
            f"{folder} holds {len(paths)} steps: expected {case.steps} or more; remove it or add some"
        )
    return [paths[step * len(paths) // case.steps] for step in range(case.steps)]
