"""Files of one series lie on one grid, in one unit and calendar; else they are turned, or one line says."""

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError

VALUES = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
LATITUDES = np.array([-30.0, -10.0, 10.0, 30.0])
ENGINES = {".nc": "h5netcdf", ".h5": "h5netcdf", ".zarr": None}


def step(index, values=None, units="K", lat=LATITUDES, lat_units="degrees_north", time="hours", extra=None):
    """One file's content."""
    coords = {
        "time": ("time", [6.0 * index], {"units": f"{time} since 2020-01-01"}),
        "lat": ("lat", lat, {"units": lat_units}),
        "lon": ("lon", np.arange(5.0), {"units": "degrees_east"}),
        **(extra or {}),
    }
    values = VALUES[index] if values is None else values
    attrs = {} if units is None else {"units": units}
    return xr.Dataset({"t": (("time", "lev", "lat", "lon"), values[None], attrs)}, coords)


def write(path, ds, **encoding):
    """Write a dataset in the format of the suffix."""
    known = {"t": encoding} if encoding else {}
    if path.suffix == ".zarr":
        ds.to_zarr(path, encoding=known, zarr_format=2, consolidated=False)
    else:
        ds.to_netcdf(path, engine="h5netcdf", encoding=known)
    return path


@pytest.mark.parametrize("suffix", ENGINES)
def test_latitudes_that_run_the_other_way_are_turned(tmp_path, suffix):
    files = [
        write(tmp_path / f"a{suffix}", step(0)),
        write(tmp_path / f"b{suffix}", step(1, VALUES[1][:, ::-1], lat=LATITUDES[::-1].copy())),
    ]
    field = idlat.open_field(files, "t")
    np.testing.assert_array_equal(field.values, VALUES)
    assert field["y"].values.tolist() == LATITUDES.tolist()
    turned = idlat.open_field(files[::-1], "t")
    np.testing.assert_array_equal(turned.values, VALUES[::-1, :, ::-1])
    assert turned["y"].values.tolist() == LATITUDES[::-1].tolist()
    idlat.write_field(field, tmp_path / f"all{suffix}")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / f"all{suffix}", "t").values, VALUES)


def test_positions_in_any_order_are_put_in_that_of_the_first(tmp_path):
    order = [2, 0, 3, 1]
    files = [
        write(tmp_path / "a.nc", step(0)),
        write(tmp_path / "b.nc", step(1, VALUES[1][:, order], lat=LATITUDES[order])),
    ]
    np.testing.assert_array_equal(idlat.open_field(files).values, VALUES)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("m s-1", "m/s"),
        ("kg m**-3", "kg/m^3"),
        ("degC", "Celsius"),
        ("hPa", "mbar"),
        (None, "K"),
        ("K", None),
    ],
)
def test_spellings_of_one_unit(tmp_path, first, second):
    files = [
        write(tmp_path / "a.nc", step(0, units=first)),
        write(tmp_path / "b.nc", step(1, units=second)),
    ]
    np.testing.assert_array_equal(idlat.open_field(files).values, VALUES)


@pytest.mark.parametrize("suffix", ENGINES)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": "degC"}, r"'t' is in 'degC', that of \S*a\S* in 'K'"),
        ({"lat": LATITUDES + 1}, r"its coordinate 'lat' is -29, -9 … 31, that of \S* -30, -10 … 30"),
        ({"lat_units": "m"}, "its coordinate 'lat' is in 'm'"),
        ({"time": "months"}, "its time is given in numbers .*, that of .* in dates"),
        ({"extra": {"height": 2.0}}, "has the coordinate 'height'"),
    ],
)
def test_what_does_not_agree_is_refused(tmp_path, suffix, changes, message):
    first, second = step(0), step(1, **changes)
    second["t"].attrs["coordinates"] = "height" if "height" in second.coords else "none"
    second = second.reset_coords("height") if "height" in second.coords else second
    files = [write(tmp_path / f"a{suffix}", first), write(tmp_path / f"b{suffix}", second)]
    with pytest.raises(FieldError, match=message):
        idlat.open_field(files, "t")


@pytest.mark.parametrize("suffix", ENGINES)
def test_another_variable_is_no_step(tmp_path, suffix):
    files = [write(tmp_path / f"a{suffix}", step(0)), write(tmp_path / f"b{suffix}", step(1).rename(t="q"))]
    with pytest.raises(FieldError, match=r"b\S*: its variable is 'q', that of \S*a\S* is 't'"):
        idlat.open_field(files)


def test_names_may_count_the_steps(tmp_path):
    files = [write(tmp_path / f"{i}.h5", step(i).rename(t=f"step{i:02}_rho_{i}")) for i in range(2)]
    with pytest.raises(FieldError, match="its variable is"):
        idlat.open_field(files)
    files = [write(tmp_path / f"rho{i}.h5", step(i).rename(t=f"rho_{i}")) for i in range(2)]
    np.testing.assert_array_equal(idlat.open_field(files).values, VALUES)


def test_other_calendars_are_refused(tmp_path):
    first, second = step(0), step(1)
    second["time"].attrs["calendar"] = "360_day"
    files = [write(tmp_path / "a.nc", first), write(tmp_path / "b.nc", second)]
    with pytest.raises(FieldError, match="its time is given in dates of the calendar 360_day"):
        idlat.open_field(files)


def test_marks_of_missing_integers_must_agree(tmp_path):
    files = []
    for index, mark in enumerate((-1, -9)):
        whole = (VALUES[index] * 10).astype(np.int16)
        files.append(write(tmp_path / f"{index}.nc", step(index, whole), _FillValue=np.int16(mark)))
    with pytest.raises(FieldError, match=r"marks missing values by -9, \S* by -1"):
        idlat.open_field(files)


def test_decoded_marks_may_differ(tmp_path):
    files = []
    for index, mark in enumerate((-999.0, 1e20)):
        values = VALUES[index].copy()
        values[0, 0, 0] = np.nan
        files.append(write(tmp_path / f"{index}.nc", step(index, values), _FillValue=np.float32(mark)))
    field = idlat.open_field(files)
    assert np.isnan(field.values).sum(axis=(1, 2, 3)).tolist() == [1, 1]
    idlat.write_field(field, tmp_path / "all.nc")
    with xr.open_dataset(tmp_path / "all.nc", engine="h5netcdf") as back:
        np.testing.assert_array_equal(back["t"].values, field.values)


def test_a_value_of_each_file_becomes_one_of_each_step(tmp_path):
    files = []
    for index in range(2):
        ds = step(index, extra={"level": float(index)}).reset_coords("level")
        ds["t"].attrs["coordinates"] = "level"
        files.append(write(tmp_path / f"{index}.nc", ds))
    field = idlat.open_field(files, "t")
    assert (field["level"].dims, field["level"].values.tolist()) == (("time",), [0.0, 1.0])


def test_images_at_other_places_are_refused(tmp_path):
    for name, first, turn in (("a", 1.0, 0.0), ("b", 2.0, 0.0), ("c", 1.0, 1.0)):
        coords = {dim: first + 0.5 * np.arange(size) for dim, size in zip("zyx", (3, 4, 5), strict=True)}
        field = xr.DataArray(VALUES[0], coords, ("z", "y", "x"), name="p")
        field.encoding = {
            "idlat_origin": [first] * 3,
            "idlat_spacing": [0.5] * 3,
            "idlat_direction": [1 - turn, turn, 0.0, -turn, 1 - turn, 0.0, 0.0, 0.0, 1.0],
        }
        idlat.write_field(field, tmp_path / f"{name}.vti")
    with pytest.raises(FieldError, match=r"b\.vti: its coordinate 'z' is 2, 2\.5 … 3, that of"):
        idlat.open_field([tmp_path / "a.vti", tmp_path / "b.vti"])
    with pytest.raises(FieldError, match=r"c\.vti: its grid is rotated otherwise"):
        idlat.open_field([tmp_path / "a.vti", tmp_path / "c.vti"])
