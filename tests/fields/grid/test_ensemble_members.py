"""Ensembles, layers and planes: read into steps and layers, given back as they were."""

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError
from idlat.fields import FieldWriter

SIZES = {"time": 2, "member": 3, "z": 4, "y": 5, "x": 6, "lev": 4, "lat": 5, "lon": 6, "component": 2}
SHAPES = [
    ("y", "x"),
    ("lat", "lon"),
    ("time", "y", "x"),
    ("time", "lat", "lon"),
    ("member", "y", "x"),
    ("member", "time", "y", "x"),
    ("member", "z", "y", "x"),
    ("member", "time", "lev", "lat", "lon"),
    ("time", "member", "lev", "lat", "lon"),
    ("time", "lev", "member", "lat", "lon"),
    ("member", "time", "component", "z", "y", "x"),
]
several = pytest.mark.parametrize("dims", SHAPES, ids="-".join)


def ensemble(dims):
    shape = [SIZES[dim] for dim in dims]
    values = np.random.default_rng(0).normal(size=shape).astype("f4")
    coords = {dim: 10.0 + np.arange(SIZES[dim]) for dim in dims if dim != "component"}
    return xr.DataArray(values, coords, dims, "v", {"units": "K"})


@several
@pytest.mark.parametrize("suffix", [".nc", ".zarr", ".h5", ".npy"])
def test_given_back_as_they_were(tmp_path, dims, suffix):
    original = ensemble(dims)
    original.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    idlat.write_field(idlat.open_field(tmp_path / "a.nc"), tmp_path / f"b{suffix}")
    if suffix == ".npy":
        found = np.load(tmp_path / "b.npy")
    elif suffix == ".h5":
        with h5py.File(tmp_path / "b.h5") as file:
            found = file["v"][:]
    elif suffix == ".zarr":
        array = zarr.open_group(tmp_path / "b.zarr", mode="r")["v"]
        found = array[:]
        assert array.metadata.dimension_names == dims
    else:
        with netCDF4.Dataset(tmp_path / "b.nc") as file:
            found = file["v"][:]
            assert file["v"].dimensions == dims
            for dim in original.coords:
                assert file[dim].dimensions == (dim,)
                np.testing.assert_array_equal(file[dim][:], original[dim].values)
    np.testing.assert_array_equal(found, original.values)


@several
def test_through_an_archive(tmp_path, dims, capsys):
    original = ensemble(dims)
    original.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    archive, back = str(tmp_path / "a.idlat"), tmp_path / "b.nc"
    assert run(["compress", str(tmp_path / "a.nc"), "-o", archive, "--quality", "99"]) == 0, (
        capsys.readouterr()
    )
    assert run(["evaluate", archive, str(tmp_path / "a.nc")]) == 0
    assert run(["decompress", archive, "-o", str(back)]) == 0
    with netCDF4.Dataset(back) as file:
        assert file["v"].dimensions == dims
        assert np.corrcoef(file["v"][:].ravel(), original.values.ravel())[0, 1] > 0.97


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(data=st.data())
def test_written_region_by_region(tmp_path, data):
    original = ensemble(data.draw(st.sampled_from([dims for dims in SHAPES if "member" in dims])))
    whole = idlat.fields.as_field(original)
    cut = data.draw(st.integers(1, whole.sizes["time"] - 1))
    path = tmp_path / "a.nc"
    with FieldWriter(path, whole, overwrite=True) as writer:
        for part in (slice(cut, None), slice(0, cut)):
            writer.write(whole.isel(time=part).values, time=part)
    with netCDF4.Dataset(path) as file:
        np.testing.assert_array_equal(file["v"][:], original.values)


def test_a_step_is_a_member_at_a_time(tmp_path):
    original = ensemble(("member", "time", "z", "y", "x"))
    field = idlat.fields.as_field(original)
    assert field.dims == ("time", "z", "y", "x")
    np.testing.assert_array_equal(field["time"].values, [10, 10, 10, 11, 11, 11])
    np.testing.assert_array_equal(field["member"].values, [10, 11, 12] * 2)
    np.testing.assert_array_equal(field[4].values, original.sel(member=11, time=11).values)
    part = field.isel(time=4)
    part.encoding = field.encoding
    idlat.write_field(part, tmp_path / "a.nc")
    with netCDF4.Dataset(tmp_path / "a.nc") as file:
        assert file["v"].dimensions == ("z", "y", "x")
        assert (float(file["time"][:]), float(file["member"][:])) == (11, 11)


@pytest.mark.parametrize("name", ["number", "realization", "ensemble", "ens"])
def test_other_names_of_members(tmp_path, name):
    original = ensemble(("member", "time", "z", "y", "x")).rename(member=name)
    assert idlat.fields.as_field(original).sizes["time"] == 6
    marked = ensemble(("member", "time", "z", "y", "x")).rename(member="run")
    marked["run"].attrs["standard_name"] = "realization"
    assert idlat.fields.as_field(marked).sizes["time"] == 6


def test_one_member_is_restored(tmp_path):
    original = ensemble(("member", "time", "z", "y", "x")).isel(member=[1])
    original.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    field = idlat.open_field(tmp_path / "a.nc")
    assert field.sizes["time"] == 2
    idlat.write_field(field, tmp_path / "b.nc")
    with netCDF4.Dataset(tmp_path / "b.nc") as file:
        assert file["v"].dimensions == original.dims
        np.testing.assert_array_equal(file["v"][:], original.values)


def test_further_times_of_an_ensemble(tmp_path):
    original = ensemble(("member", "time", "z", "y", "x"))
    first, second = original.isel(time=[0]), original.isel(time=[1])
    archive = idlat.compress(first, tmp_path / "a.idlat", quality=99)
    archive = idlat.compress(second, tmp_path / "a.idlat", mode="a")
    idlat.write_field(archive.decode(), tmp_path / "b.nc")
    with netCDF4.Dataset(tmp_path / "b.nc") as file:
        assert set(file["v"].dimensions[:2]) == {"member", "time"}
        found = xr.DataArray(file["v"][:], dims=file["v"].dimensions).transpose(*original.dims)
        np.testing.assert_array_equal(file["time"][:], [10, 11])
    assert np.corrcoef(found.values.ravel(), original.values.ravel())[0, 1] > 0.97
    with pytest.raises(FieldError, match="has 2 members at each time, the steps before have 3"):
        idlat.compress(second.isel(member=[0, 1]), tmp_path / "a.idlat", mode="a")


def test_importance_is_that_of_each_member(tmp_path):
    original = ensemble(("member", "z", "y", "x"))
    made = idlat.importance.parse("value > 0").evaluate(idlat.fields.as_field(original))
    np.testing.assert_array_equal(made.values, (original.values > 0).astype("f4"))


def test_two_axes_of_members_are_refused():
    both = ensemble(("member", "z", "y", "x")).expand_dims(ensemble=2)
    with pytest.raises(FieldError, match="several dimensions of members"):
        idlat.fields.as_field(both)
