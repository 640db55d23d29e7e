"""Fixtures that several folders of tests share."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import suppress

# Small matrices are faster on one thread, and threads that wait for work keep the tests beside them from it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# A busy machine is no failure. `make test` tries the same examples every time, so that a failure comes of the
# change; `make test-long` tries new ones, and twice as many.
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True, max_examples=50)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with tests of the page: they wait for a browser; one process has the server that they share."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of later collections of garbage: each would take 0.3 s."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Let nothing wait until the disk has what was written: no test takes the power away.

    Its descriptor is looked at, so that one that is closed still is an error.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return a maker of folders that all processes of tests share: ``made_once(name, fill)``."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        place, unfinished = base / name, base / f"{name}.{os.getpid()}"
        if not place.exists():
            unfinished.mkdir()
            fill(unfinished)
            with suppress(OSError):  # another process was faster
                unfinished.rename(place)
        return place

    return make


@pytest.fixture(scope="session")
def vortex_steps(made_once: Callable[[str, Callable[[Path], object]], Path]) -> np.ndarray:
    """Three steps of 48³ voxels, simulated once for all processes, which cannot be written to."""

    def simulate(folder: Path) -> None:
        from idlat.datasets import vortex

        np.save(
            folder / "steps.npy", np.stack([field.values for _, field in vortex(size=48, steps=3, seed=3)])
        )

    return np.load(made_once("vortex", simulate) / "steps.npy", mmap_mode="r")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real volumes; tests that need it skip where it is not at hand."""
    folder = os.environ.get("IDLAT_TEST_DATA")
    if not folder:
        pytest.skip("IDLAT_TEST_DATA is not set: real volumes are not at hand")
    return Path(folder)
