"""Maps of truth values, in memory and in every format that has them."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError
from idlat.importance import file, mask, resolve

FIELD = np.random.default_rng(0).normal(size=(5, 6, 7)).astype("f4")
CHOSEN = FIELD > 0.5


@pytest.fixture(params=["npy", "h5", "nc", "zarr"])
def path(request, tmp_path):
    path = tmp_path / f"mask.{request.param}"
    named = xr.DataArray(CHOSEN, dims=("z", "y", "x"), name="mask")
    if request.param == "npy":
        np.save(path, CHOSEN)
    elif request.param == "h5":
        with h5py.File(path, "w") as file:
            file["mask"] = CHOSEN
    elif request.param == "nc":
        named.to_netcdf(path, engine="h5netcdf")
    else:
        named.to_dataset().to_zarr(path, zarr_format=3, consolidated=False)
    return path


def test_a_file(path):
    np.testing.assert_array_equal(file(FIELD, path).values, CHOSEN)
    np.testing.assert_array_equal(mask(FIELD, path).values, CHOSEN)
    np.testing.assert_array_equal(
        resolve(f'0.5*file("{path}")', FIELD)[0].to_dataarray().values, 0.5 * CHOSEN
    )


def test_as_a_field_it_is_refused_in_one_line(path):
    with pytest.raises(FieldError, match=r"has dtype bool: .*convert it to uint8 first"):
        idlat.open_field(path)


@pytest.mark.parametrize(
    "wrap", [lambda a: a, lambda a: xr.DataArray(a, dims=("z", "y", "x")), lambda a: a[None]]
)
def test_in_memory(wrap):
    np.testing.assert_array_equal(resolve(wrap(CHOSEN), FIELD)[0].to_dataarray().values, CHOSEN)


def test_a_callable_may_give_them():
    np.testing.assert_array_equal(resolve(lambda _, f: f > 0.5, FIELD)[0].to_dataarray().values, CHOSEN)


def test_as_a_variable_of_an_expression():
    variables = {"land": xr.DataArray(CHOSEN, dims=("z", "y", "x"))}
    found = resolve("land > 0.5", FIELD, variables)[0].to_dataarray().values
    np.testing.assert_array_equal(found, CHOSEN)
