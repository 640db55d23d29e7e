"""What the archive's tests share: the linear model, fields, and short ways to write an archive."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from idlat.archive import register_model
from support.models.linear_model import LinearModel


@pytest.fixture(scope="session")
def model():
    """The linear model, known to the codec."""
    linear = LinearModel()
    register_model(linear)
    return linear


@pytest.fixture(scope="session")
def make_field():
    """Return a maker of smooth fields: ``make_field((z, y, x), steps=None, dtype="float32")``."""

    def make(shape, steps=None, dtype="float32", offset=10.0, scale=3.0):
        z, y, x = np.meshgrid(*(np.arange(n) / 9.0 for n in shape), indexing="ij")
        volumes = [
            offset
            + scale
            * (np.sin(z + 0.3 * t) * np.cos(y) + 0.5 * np.sin(2 * x + y) + 0.1 * np.cos(2 * z - 3 * x))
            for t in range(steps or 1)
        ]
        values = np.stack(volumes).astype(dtype)
        dims = ("time", "z", "y", "x")
        return xr.DataArray(values if steps else values[0], dims=dims if steps else dims[1:], name="speed")

    return make


@pytest.fixture(scope="session")
def files_of():
    """Return a reader of a folder: ``files_of(path)`` maps each file's relative path to its bytes."""

    def read(folder):
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    return read
