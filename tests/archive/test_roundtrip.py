"""A field goes in and comes back: any size, dtype, gaps, time, source."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.format.variable_record import Errors
from idlat.errors import IdlatError
from idlat.fields import open_field, write_field

SHAPES = [(1, 1, 1), (1, 17, 40), (5, 1, 1), (8, 8, 8), (9, 20, 33), (70, 66, 15)]
DTYPES = [
    "float16",
    "float32",
    "float64",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_size_comes_back(tmp_path, model, make_field, shape):
    field = make_field(shape)
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=100)
    decoded = archive.decode()
    assert decoded.dims == ("z", "y", "x")
    assert decoded.shape == shape
    assert decoded.name == "speed"
    np.testing.assert_allclose(decoded, field, atol=0.5 * float(np.ptp(field.values)) or 1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_dtype_comes_back(tmp_path, model, make_field, dtype):
    field = make_field((20, 24, 16), offset=60.0, scale=30.0, dtype=dtype)
    decoded = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=100).decode()
    assert decoded.dtype == field.dtype
    error = np.abs(decoded.astype("f8") - field.astype("f8"))
    assert float(error.max()) < 4.0  # of a range of 90
    assert float(error.mean()) < 0.6


def test_the_largest_integers_do_not_overflow(tmp_path, model):
    top = np.iinfo(np.uint64).max
    field = np.full((8, 8, 8), top, np.uint64)
    field[:4] = top - 4096
    decoded = idlat.compress(field, tmp_path / "a.idlat", model=model).decode()
    assert int(decoded.min()) >= top - 8192


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30, 1e-40])
def test_a_constant_field_comes_back_exactly(tmp_path, model, value):
    field = np.full((10, 9, 8), value, np.float32)
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    np.testing.assert_array_equal(archive.decode(), field)
    assert archive.info().variables[0].errors == Errors(None, None, 0.0)


def test_huge_and_tiny_values_come_back(tmp_path, model, make_field):
    for number, (dtype, scale) in enumerate(
        [("float32", 1e37), ("float32", 1e-39), ("float64", 1e300), ("float64", 1e-300)]
    ):
        field = (make_field((12, 12, 12), offset=0.0, scale=1.0, dtype="float64") * scale).astype(dtype)
        decoded = idlat.compress(field, tmp_path / f"{number}.idlat", model=model, quality=100).decode()
        np.testing.assert_allclose(decoded / scale, field / scale, atol=0.25)


def test_time_series_and_their_coordinates(tmp_path, model, make_field):
    field = make_field((9, 10, 11), steps=3).assign_coords(
        time=np.array(["2020-01-01T00", "2020-01-01T06", "2020-01-02T00"], "datetime64[ns]"),
        z=np.linspace(0, 1, 9),
        y=("y", np.arange(10, dtype="float32"), {"units": "km"}),
        lat=(("y", "x"), np.arange(110.0).reshape(10, 11)),
        station=("x", [f"s{i}" for i in range(11)]),
        run=7,
    )
    field.attrs = {"units": "m s-1", "level": np.float32(2.5)}
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    decoded = archive.decode()
    xr.testing.assert_equal(decoded.coords.to_dataset(), field.coords.to_dataset())
    assert decoded.attrs == field.attrs
    assert decoded.y.attrs == {"units": "km"}
    one = archive.decode(time=1, z=slice(2, 5))
    assert one.dims == ("z", "y", "x")
    assert one.time.values == field.time.values[1]
    np.testing.assert_array_equal(one, decoded[1, 2:5])
    np.testing.assert_array_equal(archive.decode(time=slice(1, 3)), decoded[1:3])


def test_hours_stay_numbers(tmp_path, model, make_field):
    field = make_field((8, 8, 8), steps=2).assign_coords(time=("time", [0.0, 6.0], {"units": "hours"}))
    decoded = idlat.compress(field, tmp_path / "a.idlat", model=model).decode()
    xr.testing.assert_identical(decoded.time, field.time)


def test_missing_values_come_back_as_they_were(tmp_path, model, make_field):
    field = make_field((20, 70, 66)).copy()
    field.values[3:9, 10:30, 5:40] = np.nan
    field.values[0, 0, 0], field.values[0, 0, 1] = np.inf, -np.inf
    field.values[10:, :, 60:] = 1e35
    clean = make_field((20, 70, 66))
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=100, missing=1e35)
    decoded = archive.decode()
    odd = ~np.isfinite(field.values) | (field.values == np.float32(1e35))
    np.testing.assert_array_equal(decoded.values[odd], field.values[odd])
    assert np.abs(decoded.values - clean.values)[~odd].max() < 1.5
    assert archive.info().variables[0].errors.max_error < 1.5
    part = archive.decode(z=slice(2, 4), y=slice(9, 31), x=slice(4, 41))
    np.testing.assert_array_equal(part, decoded[2:4, 9:31, 4:41])


@pytest.mark.parametrize("varies", [False, True])
def test_each_different_mask_is_stored_once(tmp_path, model, make_field, varies):
    field = make_field((10, 12, 140), steps=3).copy()
    field.values[:, :, 4:, 30:] = np.nan
    if varies:
        field.values[1, 0, 0, 0] = np.nan
    salt = field.rename("salt").fillna(-9.0).astype(np.int16).assign_attrs(_FillValue=-9)
    clear = field.rename("clear").fillna(0.0)
    archive = idlat.compress([field, salt, clear], tmp_path / "a.idlat", model=model)
    np.testing.assert_array_equal(np.isnan(archive.decode("speed")), np.isnan(field))
    np.testing.assert_array_equal(archive.decode("salt") == -9, np.isnan(field))
    masks = [variable.parts[0].masks for variable in archive.record.variables]
    assert masks == ([(0, 1, 0), (2, 3, 2), (-1,)] if varies else [(0,), (1,), (-1,)])
    chunks = list((tmp_path / "a.idlat/mask/c").glob("*/*/*/*"))
    assert len(chunks) == len(archive.record.masks)
    temperature = field.rename("temperature") * 2
    archive = idlat.compress(temperature, tmp_path / "a.idlat", model=model, mode="a")
    np.testing.assert_array_equal(np.isnan(archive.decode("temperature")), np.isnan(field))
    assert archive.record.variables[-1].parts[0].masks == masks[0]
    assert {*chunks} == {*(tmp_path / "a.idlat/mask/c").glob("*/*/*/*")}
    assert idlat.verify(archive, [field, salt, clear, temperature]).ok


def test_masks_do_not_depend_on_the_gain(tmp_path, model, make_field):
    field = make_field((10, 12, 140)).copy()
    field.values[:, 4:, 30:] = np.nan
    stored = []
    for quality in (30, 70):
        idlat.compress(field, tmp_path / f"{quality}", model=model, quality=quality)
        stored.append((tmp_path / f"{quality}/mask/c/0/0/0/0").read_bytes()[4:-4])  # beside tag and checksum
    assert stored[0] == stored[1]


def test_everything_missing(tmp_path, model):
    field = np.full((9, 8, 8), np.nan, np.float32)
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    assert np.isnan(archive.decode()).all()


def test_integers_with_a_fill_value(tmp_path, model, make_field):
    field = make_field((16, 16, 16), dtype="int16", offset=500, scale=100).copy()
    field.values[:, :3] = -999
    field.encoding["_FillValue"] = np.int16(-999)
    decoded = idlat.compress(field, tmp_path / "a.idlat", model=model).decode()
    np.testing.assert_array_equal(decoded == -999, field == -999)


@pytest.mark.parametrize("transform", ["none", "log10", "asinh"])
def test_transforms(tmp_path, model, make_field, transform):
    field = 10 ** (make_field((16, 16, 16), offset=0.0, scale=1.5))
    decoded = idlat.compress(
        field, tmp_path / "a.idlat", model=model, quality=100, transform=transform
    ).decode()
    relative = np.abs(decoded / field - 1)
    assert float(np.median(relative)) < {"none": 0.2, "log10": 0.05, "asinh": 0.1}[transform]
    if transform == "log10":  # keeps in proportion whatever is small
        assert float(relative.max()) < 1.0
    assert float(decoded.min()) >= float(field.min())
    assert float(decoded.max()) <= float(field.max())


def test_log10_of_what_is_not_positive(tmp_path, model, make_field):
    with pytest.raises(IdlatError, match="values above 0"):
        idlat.compress(
            make_field((8, 8, 8), offset=-9.0), tmp_path / "a.idlat", model=model, transform="log10"
        )
    assert not list(tmp_path.iterdir())


def test_tiles_and_chunks_leave_no_seam(tmp_path, model, make_field):
    """What a region decodes to does not depend on which region was asked for."""
    field = make_field((70, 150, 140))
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=90)
    whole = archive.decode().values
    fresh = idlat.open_archive(tmp_path / "a.idlat", model)
    for z, y, x in [
        ((0, 70), (60, 70), (120, 140)),
        ((63, 65), (127, 129), (127, 129)),
        ((1, 2), (0, 150), (7, 9)),
    ]:
        part = fresh.decode(z=slice(*z), y=slice(*y), x=slice(*x))
        np.testing.assert_allclose(part, whole[slice(*z), slice(*y), slice(*x)], atol=1e-5)


def test_periodic_axes_wrap(tmp_path, model):
    """A periodic field comes out as its rolled self does, rolled: nothing shows where the border was."""
    z, y, x = np.meshgrid(*(np.arange(n) * 2 * np.pi / n for n in (16, 32, 144)), indexing="ij")
    field = (np.sin(x) + np.cos(y + z) + 0.2 * np.sin(5 * x + y)).astype("float32")
    rolled = np.roll(field, (8, 16, 64), (0, 1, 2))
    decoded = [
        idlat.compress(f, tmp_path / f"{i}.idlat", model=model, periodic="zyx").decode().values
        for i, f in enumerate([field, rolled])
    ]
    np.testing.assert_allclose(np.roll(decoded[0], (8, 16, 64), (0, 1, 2)), decoded[1], atol=1e-5)


def test_a_dask_field_gives_the_same_bytes(tmp_path, model, make_field, files_of):
    field = make_field((70, 40, 140))
    lazy = field.copy(data=dask.array.from_array(field.values, chunks=(33, 17, 50)))
    for name, given in [("a", field), ("b", lazy)]:
        idlat.compress(given, tmp_path / name, importance="value > 11", model=model)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_a_field_larger_than_what_is_kept_is_read_in_boxes(
    tmp_path, model, make_field, monkeypatch, files_of
):
    field = make_field((70, 40, 140), steps=2)
    idlat.compress(field, tmp_path / "a", model=model)
    monkeypatch.setattr("idlat.archive.original.field_reader._KEEP_BYTES", 1000)
    monkeypatch.setattr("idlat.archive.read.chunk_readers._KEEP_BYTES", 1000)
    lazy = field.copy(data=dask.array.from_array(field.values, chunks=(1, 33, 17, 50)))
    archive = idlat.compress(lazy, tmp_path / "b", model=model)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    np.testing.assert_array_equal(archive.decode(), idlat.open_archive(tmp_path / "a", model).decode())


def test_several_variables_of_one_grid(tmp_path, model, make_field):
    field = make_field((10, 11, 12), dtype="float64")
    dataset = xr.Dataset({"p": field, "z": -2 * field.astype("float32")}).assign_coords(z=np.arange(10.0))
    archive = idlat.compress(
        xr.Dataset({"p": dataset.p, "t/a": 2 * dataset.p}), tmp_path / "a.idlat", model=model
    )
    assert archive.variables == ("p", "t/a")
    np.testing.assert_allclose(archive.decode("t/a"), 2 * archive.decode("p"), atol=1e-5)
    with pytest.raises(IdlatError, match="several variables"):
        archive.decode()
    with pytest.raises(IdlatError, match="no variable 'q'"):
        archive.decode("q")


def test_a_netcdf_file_comes_back_as_it_was(tmp_path, model, make_field):
    field = make_field((9, 10, 11), steps=2).rename(time="Time", z="level", y="lat", x="lon")
    field = field.assign_coords(
        level=np.arange(9.0), Time=np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]")
    )
    field.attrs["units"] = "K"
    field.to_netcdf(tmp_path / "in.nc", engine="h5netcdf")
    archive = idlat.compress(open_field(tmp_path / "in.nc"), tmp_path / "a.idlat", model=model, quality=100)
    write_field(archive.decode(), tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "in.nc") as before, xr.open_dataset(tmp_path / "out.nc") as after:
        assert before.speed.dims == after.speed.dims
        xr.testing.assert_equal(before.coords.to_dataset(), after.coords.to_dataset())
        assert before.speed.attrs["units"] == after.speed.attrs["units"]
        np.testing.assert_allclose(before.speed, after.speed, atol=1.0)
