"""Archives for the explorer's tests, written once by the linear model."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from idlat.archive import compress, register_model
from idlat.explorer.data import Dataset
from idlat.fields import as_field
from support.models.linear_model import LinearModel

SHAPE = (40, 72, 50)  # odd in blocks and cells; two chunks along y


def _wave(shape, phase=0.0, seed=0):
    z, y, x = np.meshgrid(*(np.arange(n) / 9.0 for n in shape), indexing="ij")
    noise = np.random.default_rng(seed).normal(size=shape)
    return (np.sin(z + phase) * np.cos(y) + 0.5 * np.sin(2 * x + y) + 0.02 * noise).astype(np.float32)


@pytest.fixture(scope="session")
def model():
    linear = LinearModel("explorer")
    register_model(linear)
    return linear


@pytest.fixture(scope="session")
def wave():
    """Return a maker of smooth float32 arrays with some noise: ``wave((z, y, x), phase=0.0, seed=0)``."""
    return _wave


@pytest.fixture(scope="session")
def field():
    """Two steps in physical coordinates, a corner missing."""
    values = np.stack([_wave(SHAPE), _wave(SHAPE, 0.4, 1)])
    values[:, :16, :16, :16] = np.nan
    coords = {
        axis: (axis, step * np.arange(n), {"units": "km"})
        for axis, n, step in zip("zyx", SHAPE, (2.0, 0.5, 0.5), strict=True)
    }
    return xr.DataArray(values, coords, ("time", "z", "y", "x"), name="speed", attrs={"units": "m/s"})


@pytest.fixture(scope="session")
def files(tmp_path_factory, model, field):
    """Paths of a field and of its archive."""
    folder = tmp_path_factory.mktemp("explorer")
    field.to_netcdf(folder / "field.nc", engine="h5netcdf")
    importance = "isosurface(0.5, decay=0.2)"
    compress(field, folder / "field.idlat", importance, model, quality=60, keep_importance=True).close()
    return folder / "field.idlat", folder / "field.nc"


@pytest.fixture
def dataset(files):
    with Dataset.open(*files) as opened:
        yield opened


@pytest.fixture
def alone(files):
    """The archive without its field."""
    with Dataset.open(files[0]) as opened:
        yield opened


@pytest.fixture
def open_array(tmp_path, model):
    """Return a maker of datasets: ``open_array(field, importance=None, **settings)``."""
    opened = []

    def make(given, importance=None, with_field=True, **settings):
        given = as_field(given) if isinstance(given, np.ndarray) else given
        path = tmp_path / f"{len(opened)}.idlat"
        compress(given, path, importance, model, **{"quality": 50, **settings}).close()
        opened.append(Dataset.open(path, given if with_field else None))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
