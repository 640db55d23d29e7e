import h5netcdf
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import idlat
from idlat.errors import FieldError
from idlat.fields import fill_values_of, original_dtype

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
NETCDF3 = {"engine": "scipy", "format": "NETCDF3_64BIT"}
NETCDF4 = {"engine": "h5netcdf"}


def save(path, values, dims, attrs=None, coords=None, options=NETCDF4, name="p", encoding=None):
    """Write one variable exactly as given: fill values and packing are plain attributes here."""
    ds = xr.Dataset(
        {name: (dims, values, attrs or {})}, coords=coords, attrs={"title": "a run", "count": np.int32(3)}
    )
    ds[name].encoding = encoding or ({} if "_FillValue" in (attrs or {}) else {"_FillValue": None})
    ds.to_netcdf(path, **options)


def stored(path, name="p"):
    """Read a file with nothing decoded."""
    engine = "h5netcdf" if path.read_bytes()[:4] == b"\x89HDF" else "scipy"
    with xr.open_dataset(path, engine=engine, decode_cf=False) as ds:
        return ds.load()


def there_and_back(path):
    field = idlat.open_field(path)
    second = path.with_name("back.nc")
    idlat.write_field(field, second, overwrite=True)
    xr.testing.assert_identical(idlat.open_field(second).load(), field.load())
    return field, stored(path), stored(second)


def assert_same_file(first, second):
    """Compare files as stored: names, order of dimensions, dtypes, values, attributes."""
    assert first.attrs == second.attrs
    assert set(first.variables) == set(second.variables)
    for name in first.variables:
        one, two = first.variables[name], second.variables[name]
        assert one.dims == two.dims
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one.values, two.values)
        assert set(one.attrs) - {"coordinates"} == set(two.attrs) - {"coordinates"}
        for key in set(one.attrs) - {"coordinates"}:
            np.testing.assert_array_equal(one.attrs[key], two.attrs[key])
            assert np.asarray(one.attrs[key]).dtype == np.asarray(two.attrs[key]).dtype


@pytest.mark.parametrize("options", [NETCDF3, NETCDF4], ids=["netcdf3", "netcdf4"])
def test_everything_around_the_values_survives(tmp_path, options):
    times = {"units": "hours since 2005-08-28", "calendar": "gregorian"}
    coords = {
        "Time": ("Time", np.array([0, 6], np.int32), times),
        "lev": ("lev", np.array([1000.0, 850.0, 500.0], np.float32), {"units": "hPa", "positive": "down"}),
        "LAT": (("lat", "lon"), np.arange(20, dtype=np.float32).reshape(4, 5), {"units": "degrees_north"}),
        "run": ((), np.int32(7)),
    }
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    attrs = {"units": "Pa", "level_range": np.array([1, 3], np.int32)}
    save(tmp_path / "a.nc", values, ("Time", "lev", "lat", "lon"), attrs, coords, options)
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert_same_file(first, second)
    assert field.dims == ("time", "z", "y", "x")
    assert field.attrs["units"] == "Pa"
    assert field.indexes["z"].tolist() == [1000, 850, 500]
    assert field["time"].dtype.kind == "M"
    assert field.encoding["idlat_format"] == ("netcdf3" if options is NETCDF3 else "netcdf4")
    magic = {p: (tmp_path / p).read_bytes()[:3] for p in ("a.nc", "back.nc")}
    assert magic["a.nc"] == magic["back.nc"]


@quick
@given(
    hnp.array_shapes(min_dims=3, max_dims=4, max_side=5),
    st.sampled_from(["f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]),
    st.data(),
)
def test_any_shape_and_dtype(tmp_path, shape, dtype, data):
    values = data.draw(hnp.arrays(dtype, shape))
    save(tmp_path / "a.nc", values, ("t", "c", "b", "a")[-len(shape) :])
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert field.dtype == np.dtype(dtype)
    assert_same_file(first, second)


def test_float_fill_values_read_as_nan_and_go_back_as_they_were(tmp_path):
    values = np.array([1.0, -1e10, np.inf, 2.0], np.float32).reshape(1, 2, 2)
    save(tmp_path / "a.nc", values, ("z", "y", "x"), {"_FillValue": np.float32(-1e10)})
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert np.isnan(field.values).sum() == 1
    assert_same_file(first, second)


def test_missing_value_and_fill_value_that_differ(tmp_path):
    values = np.array([1.0, -1e10, 1e20, 2.0], np.float32).reshape(1, 2, 2)
    attrs = {"_FillValue": np.float32(-1e10), "missing_value": np.float32(1e20)}
    save(tmp_path / "a.nc", values, ("z", "y", "x"), attrs)
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert np.isnan(field.values).sum() == 2
    assert second["p"].attrs == first["p"].attrs
    assert second["p"].values.ravel().tolist() == [1.0, np.float32(-1e10), np.float32(-1e10), 2.0]


def test_integers_stay_integers_with_their_fill_value(tmp_path):
    values = np.array([1, -1, 3, 4], np.int16).reshape(1, 2, 2)
    save(tmp_path / "a.nc", values, ("z", "y", "x"), {"_FillValue": np.int16(-1)})
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert field.dtype == np.int16
    assert field.values.ravel().tolist() == [1, -1, 3, 4]
    assert fill_values_of(field) == (-1,)
    assert_same_file(first, second)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_packed_values_are_physical_and_packed_again(tmp_path, kind):
    values = np.array([-32767, -5, 0, 32767], np.int16).reshape(1, 2, 2)
    attrs = {"scale_factor": kind(0.01), "add_offset": kind(273.15), "_FillValue": np.int16(-32767)}
    save(tmp_path / "a.nc", values, ("z", "y", "x"), attrs)
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert_same_file(first, second)
    np.testing.assert_allclose(field.values.ravel()[1:], [273.10, 273.15, 600.82], rtol=1e-6)
    assert np.isnan(field.values.ravel()[0])
    assert fill_values_of(field) == ()
    assert original_dtype(field) == np.int16


def test_packing_clips_and_keeps_off_the_fill_value(tmp_path):
    attrs = {"scale_factor": 1.0, "add_offset": 0.5, "_FillValue": np.int8(-128)}
    save(tmp_path / "a.nc", np.zeros((1, 1, 3), np.int8), ("z", "y", "x"), attrs)
    field = idlat.open_field(tmp_path / "a.nc")
    changed = field.copy(data=np.array([500.0, -500.0, np.nan], field.dtype).reshape(1, 1, 3))
    idlat.write_field(changed, tmp_path / "b.nc")
    assert stored(tmp_path / "b.nc")["p"].values.ravel().tolist() == [127, -127, -128]


def test_unsigned_by_convention(tmp_path):
    values = np.array([0, 1, 127, -128, -2, -1], np.int8).reshape(1, 2, 3)
    save(
        tmp_path / "a.nc",
        values,
        ("z", "y", "x"),
        {"_Unsigned": "true", "_FillValue": np.int8(-1)},
        options=NETCDF3,
    )
    _, first, second = there_and_back(tmp_path / "a.nc")
    assert_same_file(first, second)


def test_layers_over_time(tmp_path):
    save(tmp_path / "a.nc", np.zeros((3, 4, 5), np.float32), ("time", "lat", "lon"))
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert field.sizes == {"time": 3, "z": 1, "y": 4, "x": 5}
    assert_same_file(first, second)


def test_dimensions_of_length_one_and_unlimited_time(tmp_path):
    ds = xr.Dataset({"p": (("time", "member", "lev", "lat", "lon"), np.ones((2, 1, 3, 4, 5), np.float32))})
    ds.to_netcdf(
        tmp_path / "a.nc", engine="h5netcdf", unlimited_dims=["time"], encoding={"p": {"_FillValue": None}}
    )
    field, first, second = there_and_back(tmp_path / "a.nc")
    assert field.shape == (2, 3, 4, 5)
    assert_same_file(first, second)
    with h5netcdf.File(tmp_path / "back.nc") as file:
        assert file.dimensions["time"].isunlimited()
        assert file.dimensions["time"].size == 2


def test_compression_of_the_file_is_kept(tmp_path):
    encoding = {"zlib": True, "complevel": 3, "shuffle": True, "chunksizes": (2, 8, 8), "_FillValue": None}
    save(tmp_path / "a.nc", np.zeros((8, 8, 8), np.float32), ("z", "y", "x"), encoding=encoding)
    there_and_back(tmp_path / "a.nc")
    with h5netcdf.File(tmp_path / "back.nc") as file:
        assert (file["p"].compression, file["p"].compression_opts, file["p"].chunks) == ("gzip", 3, (2, 8, 8))


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "standard"])
def test_times_beyond_numpys_calendar_are_kept(tmp_path, calendar):
    attrs = {"units": "days since 0001-01-01", "calendar": calendar}
    coords = {"time": ("time", np.array([0.5, 1.5]), attrs)}
    save(tmp_path / "a.nc", np.zeros((2, 1, 1, 1), np.float32), ("time", "lev", "lat", "lon"), coords=coords)
    _, first, second = there_and_back(tmp_path / "a.nc")
    np.testing.assert_array_equal(first["time"].values, second["time"].values)
    assert second["time"].attrs["units"] == attrs["units"]


def test_grid_mapping_stays_beside_the_variable(tmp_path):
    coords = {"crs": ((), np.int32(0), {"grid_mapping_name": "rotated_latitude_longitude"})}
    save(tmp_path / "a.nc", np.zeros((1, 1, 1), np.float32), ("z", "y", "x"), {"grid_mapping": "crs"}, coords)
    _, _, second = there_and_back(tmp_path / "a.nc")
    assert second["crs"].attrs["grid_mapping_name"] == "rotated_latitude_longitude"
    assert second["p"].attrs["grid_mapping"] == "crs"


def test_other_formats_become_netcdf(tmp_path):
    np.save(tmp_path / "z.npy", np.arange(8, dtype=np.float16).reshape(2, 2, 2))
    idlat.write_field(idlat.open_field(tmp_path / "z.npy"), tmp_path / "z.nc")
    back = idlat.open_field(tmp_path / "z.nc")
    assert back.dtype == np.float32
    assert back.values.ravel().tolist() == list(range(8))


def test_large_variables_come_in_parts(tmp_path):
    with h5netcdf.File(tmp_path / "a.nc", "w") as file:
        file.dimensions = {"time": 3, "z": 600, "y": 256, "x": 256}
        file.create_variable("p", ("time", "z", "y", "x"), "f4", chunks=(1, 50, 256, 256))
    field = idlat.open_field(tmp_path / "a.nc")
    assert field.chunksizes["time"] == (1, 1, 1)
    assert field.chunksizes["z"] == (100,) * 6
    assert field.chunksizes["y"] == (256,)


def test_choosing_a_variable(tmp_path):
    ds = xr.Dataset(
        {
            "p": (("z", "y", "x"), np.zeros((2, 2, 2))),
            "q": (("z", "y", "x"), np.ones((2, 2, 2), np.int16)),
            "c": (("z", "y", "x"), np.full((2, 2, 2), "text")),
            "flat": (("y", "x"), np.zeros((2, 2))),
        }
    )
    ds.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert idlat.list_variables(tmp_path / "a.nc") == ["p", "q"]
    assert idlat.open_field(tmp_path / "a.nc", "q").dtype == np.int16
    assert idlat.open_field(tmp_path / "a.nc", "flat").shape == (1, 2, 2)
    for variable, message in [
        (None, "choose a variable with --variable .*there are: p, q"),
        ("t", "no variable 't'; there are: p, q"),
        ("c", "dtype"),
    ]:
        with pytest.raises(FieldError, match=message):
            idlat.open_field(tmp_path / "a.nc", variable)


def test_axes_that_the_file_names_wrong(tmp_path):
    values = np.arange(24.0).reshape(2, 3, 4)
    save(tmp_path / "a.nc", values, ("z", "y", "x"), coords={"z": [1.0, 2.0]})
    field = idlat.open_field(tmp_path / "a.nc", axes=("x", "y", "z"))
    np.testing.assert_array_equal(field.values, values.T)
    assert field["x"].values.tolist() == [1, 2]
    idlat.write_field(field, tmp_path / "b.nc")
    assert_same_file(stored(tmp_path / "a.nc"), stored(tmp_path / "b.nc"))


def test_one_volume_among_layers_needs_no_name(tmp_path):
    ds = xr.Dataset(
        {"flat": (("time", "y", "x"), np.zeros((2, 2, 2))), "p": (("z", "y", "x"), np.zeros((2, 2, 2)))}
    )
    ds.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert idlat.open_field(tmp_path / "a.nc").name == "p"


def test_complex_values_are_refused(tmp_path):
    with h5netcdf.File(tmp_path / "a.nc4", "w", invalid_netcdf=True) as file:
        file.dimensions = {"z": 2, "y": 2, "x": 2}
        file.create_variable("p", ("z", "y", "x"), np.complex64)
    with pytest.raises(FieldError, match=r"complex64: expected .* magnitude"):
        idlat.open_field(tmp_path / "a.nc4", "p")


@pytest.mark.parametrize("options", [NETCDF3, NETCDF4], ids=["netcdf3", "netcdf4"])
def test_cut_files(tmp_path, options):
    save(tmp_path / "a.nc", np.arange(64.0).reshape(4, 4, 4), ("z", "y", "x"), options=options)
    content = (tmp_path / "a.nc").read_bytes()
    for length in [*range(0, len(content) - 1, max(1, len(content) // 50)), len(content) - 100]:
        (tmp_path / "b.nc").write_bytes(content[:length])
        with pytest.raises(FieldError, match=r"b\.nc: .*cut short"):
            idlat.open_field(tmp_path / "b.nc")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"CDF\x05" + bytes(40), b"\x89HDF\r\n\x1a\n" + bytes(500), b"CDF\x01"]
)
def test_files_that_are_no_netcdf(tmp_path, content):
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(FieldError, match=r"a\.nc: "):
        idlat.open_field(tmp_path / "a.nc")
