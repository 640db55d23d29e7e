"""Clusters for the tests of what runs on them."""

import warnings

import numpy as np
import pytest
import xarray as xr


@pytest.fixture(scope="session")
def cluster():
    """A Dask cluster in this process: one worker of two threads, without a dashboard."""
    distributed = pytest.importorskip("distributed", reason="needs the extra idlat[distributed]")
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as made,
    ):
        yield made


@pytest.fixture(scope="session")
def wavy():
    """A series (time, z, y, x) with a front and missing values, in a few tiles."""
    z, y, x = np.meshgrid(*(np.arange(n) / 9 for n in (12, 20, 140)), indexing="ij")
    steps = [np.sin(z + 0.4 * t) * np.cos(y) + 3 * np.tanh(4 * (x - 8 - t)) for t in range(3)]
    values = np.stack(steps).astype("float32")
    values[:, 3:6, 5:9, 20:30] = np.nan
    return xr.DataArray(values, dims=("time", "z", "y", "x"), name="wave")


@pytest.fixture(scope="session")
def files_of():
    """Return a reader of a folder: ``files_of(path)`` maps each file's relative path to its bytes."""

    def read(folder):
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    return read
