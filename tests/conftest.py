"""Fixtures that several folders of tests share."""

import os

# Small matrices are faster on one thread, and threads that wait for work keep the tests beside them from it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure. `make test` tries the same examples every time, so that a failure comes of the
# change; `make test-long` tries new ones.
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real volumes; tests that need it skip where it is not at hand."""
    folder = os.environ.get("IDLAT_TEST_DATA")
    if not folder:
        pytest.skip("IDLAT_TEST_DATA is not set: real volumes are not at hand")
    return Path(folder)
