"""Fields, and the formats that hold them."""

import numpy as np
import xarray as xr

DIMS = ("time", "component", "z", "y", "x")
DTYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
IMAGES = [".nrrd", ".nhdr", ".vti", ".vtk", ".mha", ".mhd"]
TREES = [".h5", ".zarr"]
NEW = [*TREES, ".vtkhdf", *IMAGES]
ONE_STEP = (".vti", ".vtk", ".vtkhdf")
NO_HALF = (*IMAGES, ".vtkhdf")


def field(shape=(3, 4, 5), dims=None, dtype="f4", coords=True, **attrs):
    """Make a field with evenly spaced coordinates."""
    dims = dims or (DIMS[-3:] if len(shape) == 3 else ("time", *DIMS[-3:]))
    values = np.random.default_rng(1).integers(0, 100, shape).astype(dtype)
    result = xr.DataArray(values, dims=dims, name="p", attrs=attrs)
    if coords:
        places = {"z": (100.0, 10.0), "y": (-1.0, 0.25), "x": (0.0, 4.0080321286)}
        result = result.assign_coords(
            {dim: start + step * np.arange(result.sizes[dim]) for dim, (start, step) in places.items()}
        )
    return result
