"""Fixtures that several folders of tests share."""

import gc
import os
from collections.abc import Callable

# Small matrices are faster on one thread, and threads that wait for work keep the tests beside them from it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# A busy machine is no failure. `make test` tries the same examples every time, so that a failure comes of the
# change; `make test-long` tries new ones.
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile("same")


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of later collections of garbage: each would take 0.3 s."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def vortex_steps(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], np.ndarray]:
    """Return a maker of steps of 48³ voxels, ``vortex_steps(seed)[:3]``, simulated once for all processes."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def make(seed: int) -> np.ndarray:
        from idlat.datasets import vortex

        path = folder / f"vortex{seed}.npy"
        if not path.exists():
            steps = np.stack([field.values for _, field in vortex(size=48, steps=3, seed=seed)])
            np.save(unfinished := path.with_suffix(f".{os.getpid()}.npy"), steps)
            unfinished.replace(path)
        return np.load(path)

    return make


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real volumes; tests that need it skip where it is not at hand."""
    folder = os.environ.get("IDLAT_TEST_DATA")
    if not folder:
        pytest.skip("IDLAT_TEST_DATA is not set: real volumes are not at hand")
    return Path(folder)
