"""A small archive that tests of the page share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from idlat.cli.app import run


@pytest.fixture(scope="session")
def archive(
    made_once: Callable[[str, Callable[[Path], object]], Path], vortex_steps: np.ndarray
) -> tuple[Path, Path]:
    """A small vortex of two steps and its archive."""

    def compress(folder: Path) -> None:
        np.save(folder / "v.npy", vortex_steps[:2])
        made = [
            "-o",
            str(folder / "v.idlat"),
            "--importance",
            "isosurface(6, decay=0.2)",
            "--keep-importance",
        ]
        assert run(["compress", str(folder / "v.npy"), *made]) == 0

    folder = made_once("explorer", compress)
    return folder / "v.idlat", folder / "v.npy"
