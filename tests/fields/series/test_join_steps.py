import gzip
import warnings

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError, MissingFileError, Remark


def steps(tmp_path, count=3, dtype=np.float32):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 100, (count, 3, 4, 5)).astype(dtype)
    return values, [tmp_path / f"wind_t{30 + index}.npy" for index in range(count)]


def test_npy_files_become_the_steps_of_a_series(tmp_path):
    values, paths = steps(tmp_path)
    for path, value in zip(paths, values, strict=True):
        np.save(path, value)
    field = idlat.open_field(paths, missing=-1)
    assert field.name == "wind"
    assert field.dims == ("time", "z", "y", "x")
    assert field.chunksizes["time"] == (1, 1, 1)
    np.testing.assert_array_equal(field.values, values)
    np.testing.assert_array_equal(field.isel(time=1, z=slice(1, 2)).values, values[1, 1:2])
    assert idlat.fields.fill_values_of(field) == (-1.0,)
    idlat.write_field(field, tmp_path / "all.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "all.npy"), values)
    idlat.write_field(field.isel(time=2), tmp_path / "one.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), values[2])


def test_one_file_in_a_list_is_that_file(tmp_path):
    values, paths = steps(tmp_path, 1)
    np.save(paths[0], values[0])
    assert idlat.open_field(paths[:1]).dims == ("z", "y", "x")
    assert idlat.open_field(paths[:1]).name == "wind_t30"


@pytest.mark.parametrize("suffix", [".raw", ".raw.gz"])
@pytest.mark.parametrize("order", ["little", "big"])
def test_raw_files_become_a_series(tmp_path, suffix, order):
    values, paths = steps(tmp_path, dtype=np.int16)
    paths = [path.with_suffix(suffix) for path in paths]
    for path, value in zip(paths, values.astype(">i2" if order == "big" else "<i2"), strict=True):
        path.write_bytes(gzip.compress(value.tobytes()) if suffix.endswith("gz") else value.tobytes())
    field = idlat.open_field(paths, shape=(3, 4, 5), dtype="int16", byte_order=order)
    np.testing.assert_array_equal(field.values, values)
    idlat.write_field(field, tmp_path / f"all{suffix}")
    content = (tmp_path / f"all{suffix}").read_bytes()
    content = gzip.decompress(content) if suffix.endswith("gz") else content
    assert content == b"".join(
        gzip.decompress(p.read_bytes()) if suffix.endswith("gz") else p.read_bytes() for p in paths
    )


def test_netcdf_files_become_a_series_with_their_times(tmp_path):
    values, paths = steps(tmp_path)
    paths = [path.with_suffix(".nc") for path in paths]
    for index, (path, value) in enumerate(zip(paths, values, strict=True)):
        coords = {
            "Time": ("Time", [index], {"units": f"hours since 2005-08-28 0{index}:00:00"}),
            "lev": [1.0, 2.0, 3.0],
        }
        xr.Dataset({"p": (("Time", "lev", "lat", "lon"), value[None])}, coords).to_netcdf(
            path, engine="h5netcdf"
        )
    field = idlat.open_field(paths, "p")
    np.testing.assert_array_equal(field.values, values)
    hours = (field.indexes["time"] - field.indexes["time"][0]).total_seconds() / 3600
    assert hours.tolist() == [0, 2, 4]
    idlat.write_field(field, tmp_path / "all.nc")
    back = idlat.open_field(tmp_path / "all.nc")
    xr.testing.assert_equal(back, field)
    assert back.encoding["idlat_dims"] == ["Time", "lev", "lat", "lon"]


def test_two_steps_of_the_same_time_are_remarked_on(tmp_path):
    values, paths = steps(tmp_path)
    paths = [path.with_suffix(".nc") for path in paths]
    for hour, path, value in zip((0, 6, 6), paths, values, strict=True):
        time = ("time", [hour], {"units": "hours since 2005-08-28"})
        ds = xr.Dataset({"p": (("time", "lev", "lat", "lon"), value[None])}, {"time": time})
        ds.to_netcdf(path, engine="h5netcdf")
    with pytest.warns(Remark, match=r"t32\.nc: its time 2005-08-28T06.* also that of a step of .*t31\.nc"):
        field = idlat.open_field(paths)
    np.testing.assert_array_equal(field.values, values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        idlat.open_field(paths[:2])


def test_netcdf_files_without_time_and_with_a_scalar_time(tmp_path):
    values, paths = steps(tmp_path)
    for named in (False, True):
        files = [path.with_name(f"{path.stem}_{named}.nc") for path in paths]
        for index, (path, value) in enumerate(zip(files, values, strict=True)):
            coords = {"time": index * 10.0} if named else {}
            xr.Dataset({"p": (("lev", "lat", "lon"), value)}, coords).to_netcdf(path, engine="h5netcdf")
        field = idlat.open_field(files)
        np.testing.assert_array_equal(field.values, values)
        assert ("time" in field.coords) is named
        idlat.write_field(field, tmp_path / "all.nc", overwrite=True)
        assert idlat.open_field(tmp_path / "all.nc").encoding["idlat_dims"] == ["time", "lev", "lat", "lon"]


def test_files_packed_differently_are_written_unpacked(tmp_path):
    paths = [tmp_path / "a.nc", tmp_path / "b.nc"]
    for path, scale in zip(paths, (0.5, 2.0), strict=True):
        encoding = {"dtype": "int8", "scale_factor": scale, "_FillValue": np.int8(-1)}
        ds = xr.Dataset({"p": (("z", "y", "x"), np.full((1, 1, 2), [100 * scale, np.nan]))})
        ds.to_netcdf(path, engine="h5netcdf", encoding={"p": encoding})
    field = idlat.open_field(paths)
    idlat.write_field(field, tmp_path / "all.nc")
    np.testing.assert_array_equal(
        idlat.open_field(tmp_path / "all.nc").values.reshape(2, 2), [[50.0, np.nan], [200.0, np.nan]]
    )


@pytest.mark.parametrize("other", [np.zeros((3, 4, 6), np.float32), np.zeros((3, 4, 5), np.float64)])
def test_steps_that_do_not_fit_together(tmp_path, other):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5), np.float32))
    np.save(tmp_path / "b.npy", other)
    with pytest.raises(FieldError, match=r"b\.npy: its step is .*must agree"):
        idlat.open_field([tmp_path / "a.npy", tmp_path / "b.npy"])


def test_a_step_that_is_absent(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5), np.float32))
    with pytest.raises(MissingFileError, match=r"b\.npy"):
        idlat.open_field([tmp_path / "a.npy", tmp_path / "b.npy"])


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["wind_t30", "wind_t31"], "wind"),
        (["p0001", "p0002"], "p"),
        (["run-step-1", "run-step-2"], "run"),
        (["01", "02"], "01"),
        (["abc", "abd"], "ab"),
    ],
)
def test_name_of_a_series(tmp_path, names, name):
    for item in names:
        np.save(tmp_path / f"{item}.npy", np.zeros((1, 1, 1)))
    assert idlat.open_field([tmp_path / f"{item}.npy" for item in names]).name == name
