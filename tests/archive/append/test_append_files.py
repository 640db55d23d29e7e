"""Steps appended from files: packing, the way of the latitudes and units of each file count."""

from __future__ import annotations

import warnings

import h5py
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError, ImportanceError, Remark

LATITUDES = np.linspace(-40.0, 40.0, 16)
COLD = {"dtype": "int16", "scale_factor": 40 / 65000, "add_offset": 260.0, "_FillValue": np.int16(-32767)}
WARM = {"dtype": "int16", "scale_factor": 60 / 65000, "add_offset": 300.0, "_FillValue": np.int16(-32767)}


@pytest.fixture
def truth(make_field):
    """Two steps of which the second is far warmer, with a voxel missing in each."""
    first = make_field((4, 16, 20), offset=260.0, dtype="float64").values
    values = np.stack([first, first[::-1] + 40.0])
    values[0, 0, 0, :3] = np.nan
    values[1, 1, 1, :2] = np.nan
    return values


def write(path, values, index, encoding=None, lat=LATITUDES, units="K", **coords):
    """Write one step in the format of the suffix."""
    time = ("time", [6.0 * index], {"units": "hours since 2020-01-01"})
    where = {"time": time, "lat": ("lat", lat, {"units": "degrees_north"}), **coords}
    ds = xr.Dataset({"t": (("time", "lev", "lat", "lon"), values[None], {"units": units})}, where)
    known = {"t": encoding or {}}
    if path.suffix == ".zarr":
        ds.to_zarr(path, encoding=known, zarr_format=2, consolidated=False)
    else:
        ds.to_netcdf(path, engine="h5netcdf", encoding=known)
    return idlat.open_field(path, "t")


def seen(path):
    """Read the values as the format's own reader does."""
    if path.suffix == ".zarr":
        with xr.open_zarr(path, consolidated=False) as ds:
            return ds["t"].values
    if path.suffix == ".nc":
        with xr.open_dataset(path, engine="h5netcdf") as ds:
            return ds["t"].values
    with h5py.File(path) as file:
        data = file["t"]
        stored = data[...].astype(np.float64)
        if "_FillValue" in data.attrs:
            stored[data[...] == data.attrs["_FillValue"]] = np.nan
        return stored * data.attrs.get("scale_factor", 1.0) + data.attrs.get("add_offset", 0.0)


@pytest.mark.parametrize("suffix", [".nc", ".h5", ".zarr"])
@pytest.mark.parametrize(
    "second", [COLD, WARM, {**COLD, "_FillValue": np.int16(5)}, {**COLD, "dtype": "int32"}]
)
def test_a_step_with_other_packing_is_not_clipped(tmp_path, truth, model, suffix, second):
    values = truth if second is WARM else np.stack([truth[0], truth[0][::-1]])
    steps = [
        write(tmp_path / f"{index}{suffix}", values[index], index, packing)
        for index, packing in enumerate((COLD, second))
    ]
    path = tmp_path / "a.idlat"
    idlat.compress(steps[0], path, model=model)
    archive = idlat.compress(steps[1], path, model=model, mode="a")
    decoded = archive.decode()
    assert np.nanmax(np.abs(decoded.values - values)) < 4
    np.testing.assert_array_equal(np.isnan(decoded.values), np.isnan(values))
    idlat.write_field(decoded, tmp_path / f"all{suffix}")
    found = seen(tmp_path / f"all{suffix}")
    np.testing.assert_allclose(found, decoded.values, rtol=0, atol=0.51 * COLD["scale_factor"])
    assert ("scale_factor" in decoded.encoding) is (second is COLD)
    third = write(tmp_path / f"2{suffix}", values[0], 2, COLD)
    again = idlat.compress(third, path, model=model, mode="a").decode()
    assert ("scale_factor" in again.encoding) is (second is COLD)


@pytest.mark.parametrize("suffix", [".nc", ".h5", ".zarr"])
@pytest.mark.parametrize("marks", [(-999.0, 1e20, None), (None, -999.0, 1e20), (1e20, 1e20, None)])
def test_floats_may_be_marked_missing_otherwise(tmp_path, truth, model, suffix, marks):
    values = np.concatenate([truth, truth[:1]])
    values[2] = np.where(np.isnan(values[2]), 270.0, values[2])
    values[2, 2, 2, 2] = -999.0  # valid there
    files = []
    for index, mark in enumerate(marks):
        packing = {"dtype": "float64", "_FillValue": mark}
        files.append(write(tmp_path / f"{index}{suffix}", values[index], index, packing))
    path = tmp_path / "a.idlat"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Remark)
        for field in files:
            idlat.compress(field, path, model=model, mode="a" if path.exists() else "w-")
    decoded = idlat.open_archive(path).decode()
    np.testing.assert_array_equal(np.isnan(decoded.values), np.isnan(values))
    assert decoded.values[2, 2, 2, 2] == -999
    idlat.write_field(decoded, tmp_path / f"all{suffix}")
    np.testing.assert_array_equal(seen(tmp_path / f"all{suffix}"), decoded.values)
    together = idlat.open_field([tmp_path / f"{index}{suffix}" for index in range(3)], "t")
    assert idlat.verify(path, together).ok


def test_latitudes_that_run_the_other_way_are_turned(tmp_path, truth, model):
    first = write(tmp_path / "a.nc", truth[0], 0)
    second = write(tmp_path / "b.nc", truth[1][:, ::-1], 1, lat=LATITUDES[::-1].copy())
    path = tmp_path / "a.idlat"
    idlat.compress(first, path, "value > 262", model)
    archive = idlat.compress(second, path, model=model, mode="a")
    assert np.nanmax(np.abs(archive.decode().values - truth)) < 4
    assert archive.decode()["y"].values.tolist() == LATITUDES.tolist()
    together = idlat.open_field([tmp_path / "a.nc", tmp_path / "b.nc"])
    assert idlat.verify(archive, together).ok
    turned = together.isel(y=slice(None, None, -1))
    turned.encoding = together.encoding
    assert idlat.evaluate(archive, turned).psnr == idlat.evaluate(archive, together).psnr
    assert idlat.verify(archive, turned).ok


def test_steps_in_another_order_are_not_compared(tmp_path, truth, model):
    files = [tmp_path / "a.nc", tmp_path / "b.nc"]
    for index, file in enumerate(files):
        write(file, truth[index], index)
    archive = idlat.compress(idlat.open_field(files), tmp_path / "a.idlat", model=model)
    assert idlat.evaluate(archive, idlat.open_field(files)).psnr > 20
    with pytest.raises(FieldError, match="the times of the field are not those of the archive"):
        idlat.evaluate(archive, idlat.open_field(files[::-1]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": "degC"}, "the field: 't' is in 'degC', that of the archive in 'K'"),
        ({"lat": LATITUDES + 1}, "its coordinate 'lat' is -39, .* that of the archive -40, "),
    ],
)
def test_what_does_not_agree_is_refused(tmp_path, truth, model, changes, message):
    first, other = (
        write(tmp_path / "a.nc", truth[0], 0),
        write(tmp_path / "b.nc", truth[1], 1, **changes),
    )
    path = tmp_path / "a.idlat"
    archive = idlat.compress(first, path, model=model)
    with pytest.raises(FieldError, match=message):
        idlat.compress(other, path, model=model, mode="a")
    with pytest.raises(FieldError, match=message):
        idlat.evaluate(archive, other)
    assert idlat.verify(path, first).ok


def test_a_further_variable_is_turned_to_the_archives_grid(tmp_path, truth, model):
    first = write(tmp_path / "a.nc", truth[0], 0)
    other = write(tmp_path / "b.nc", truth[0][:, ::-1], 0, lat=LATITUDES[::-1].copy(), units="%")
    encoding = other.encoding
    other = other.rename("q")
    other.encoding = encoding
    path = tmp_path / "a.idlat"
    idlat.compress(first, path, model=model)
    archive = idlat.compress(other, path, model=model, mode="a")
    assert np.nanmax(np.abs(archive.decode("q").values - truth[0])) < 4


def test_a_value_of_each_file_becomes_one_of_each_step(tmp_path, truth, model):
    steps = []
    for index in range(3):
        field = write(tmp_path / f"{index}.nc", truth[index % 2], index)
        encoding = field.encoding
        field = field.assign_coords(issued=np.datetime64("2020-01-01", "ns") + np.timedelta64(index, "D"))
        field.encoding = encoding
        steps.append(field)
    path = tmp_path / "a.idlat"
    idlat.compress(steps[0], path, model=model)
    for field in steps[1:]:
        idlat.compress(field, path, model=model, mode="a")
    issued = idlat.open_archive(path, model).decode()["issued"]
    assert issued.dims == ("time",)
    assert issued.values.tolist() == [field["issued"].values.tolist() for field in steps]


def test_maps_lie_where_their_coordinates_say(tmp_path, truth, model):
    field = write(tmp_path / "a.nc", truth[0], 0).isel(time=0, drop=True)
    weights = xr.zeros_like(field, np.float32).rename("map")
    weights[:, :4] = 1
    turned = weights.isel(y=slice(None, None, -1))
    expected = idlat.importance.resolve(weights, field)[0].to_dataarray()
    np.testing.assert_array_equal(idlat.importance.resolve(turned, field)[0].to_dataarray(), expected)
    elsewhere = weights.assign_coords(y=weights["y"] + 20)
    with pytest.raises(ImportanceError, match=r"its coordinate 'y' is -20, .*pass --resample"):
        idlat.importance.resolve(elsewhere, field)
