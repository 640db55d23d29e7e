"""The volume of the paper's case studies (Sect. 6.4): an imported vortex, or a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from idlat.datasets import make
from idlat.fields import open_field
from idlat.progress import Progress
from idlat.reproduce.cases import CASES, prepare_split

__all__ = ["BLOCK", "block_vortex", "published_vortex", "read_volume", "vortex_step"]

BLOCK: Final = 16
"""Voxels an axis of a block."""

_FEWEST_BLOCKS = 4  # along an axis, for clusters to mean something
_QUICK_SIZE = 96


def published_vortex(folder: Path) -> Path | None:
    """Return the first imported step, ``vortex/vorticity_NN.zarr`` of a folder of data; None without one."""
    return next(iter(sorted((folder / "vortex").glob("vorticity_*.zarr"))), None)


def vortex_step(folder: Path, *, quick: bool, report: Progress) -> Path:
    """Return an imported step, or one of the simulated series that no training of Table 2 sees.

    The series is made where there is none.

    Raises
    ------
    IdlatError
        The series there has too few steps.
    """
    imported = published_vortex(folder)
    if imported is not None:
        return imported
    _, unseen = prepare_split(CASES[0], folder, quick=quick, progress=_simulating(report))
    return unseen[0]


def block_vortex(folder: Path, *, quick: bool, report: Progress) -> Path:
    """Return a step that has blocks enough to be clustered.

    With `quick`, a series that is too small for that is left alone, and a single step of 96³ voxels made
    beside it, ``vortex_96``.

    Raises
    ------
    IdlatError
        The series there has too few steps.
    """
    if not quick or published_vortex(folder) is not None:
        return vortex_step(folder, quick=False, report=report)
    steps = sorted((folder / "vortex").glob("vortex_[0-9]*.nc"))
    if steps:
        size = open_field(steps[-1], CASES[0].variable).shape[-1]
        if size >= _FEWEST_BLOCKS * BLOCK:
            return steps[-1]
    beside = folder / f"vortex_{_QUICK_SIZE}"
    made = sorted(beside.glob("vortex_[0-9]*.nc"))
    return (made or make("vortex", beside, _QUICK_SIZE, 1, progress=_simulating(report)))[0]


def _simulating(report: Progress) -> Callable[[int, int], None]:
    return lambda done, total: report("simulate vortex", done, total)


def read_volume(path: Path) -> NDArray[np.float32]:
    """Read the values (z, y, x) of a step."""
    values: NDArray[np.float32] = open_field(path, CASES[0].variable).squeeze(drop=True).values
    return np.ascontiguousarray(values, np.float32)
