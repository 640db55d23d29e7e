"""A small archive that tests of the page share."""

from pathlib import Path

import numpy as np
import pytest

from idlat.cli.app import run
from idlat.datasets import vortex


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small vortex of two steps and its archive."""
    folder = tmp_path_factory.mktemp("explorer")
    steps = np.stack([field.values for _, field in vortex(size=48, steps=2, seed=3)])
    np.save(folder / "v.npy", steps)
    made = ["-o", str(folder / "v.idlat"), "--importance", "isosurface(6, decay=0.2)", "--keep-importance"]
    assert run(["compress", str(folder / "v.npy"), *made]) == 0
    return folder / "v.idlat", folder / "v.npy"
