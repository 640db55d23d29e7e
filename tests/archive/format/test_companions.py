"""What a variable's CF attributes name travels through an archive, whole, in parts and by steps."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

import idlat

NT, NZ, NY, NX = 3, 6, 9, 11


def waves(*shape):
    grid = np.meshgrid(*[np.linspace(0, 1, size) for size in shape], indexing="ij")
    return sum((axis + 1) * np.sin(2 * (axis + 1) * part) for axis, part in enumerate(grid))


def climate_file(path, steps=range(NT), surface=1e5):
    """Write a file as climate models do: bounds, hybrid levels, 2-D positions, a rotated pole, texts."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", None)
        sizes = {"lev": NZ, "j": NY, "i": NX, "bnds": 2, "vertices": 4, "strlen": 6}
        for name, size in sizes.items():
            file.createDimension(name, size)

        def put(name, dtype, dims, data, **attrs):
            variable = file.createVariable(name, dtype, dims)
            variable.setncatts(attrs)
            variable[...] = data

        days = 30.0 * np.asarray(list(steps))
        noleap = {"units": "days since 1850-01-01", "calendar": "noleap"}
        put("time", "f8", ("time",), days + 15, bounds="time_bnds", axis="T", **noleap)
        put("time_bnds", "f8", ("time", "bnds"), np.stack([days, days + 30], 1))
        terms = "p0: p0 a: a b: b ps: ps"
        put(
            "lev", "f8", ("lev",), np.linspace(0.9, 0.1, NZ), formula_terms=terms, bounds="lev_bnds", axis="Z"
        )
        put("lev_bnds", "f8", ("lev", "bnds"), np.arange(2.0 * NZ).reshape(NZ, 2))
        put("a", "f8", ("lev",), np.linspace(0, 0.2, NZ))
        put("b", "f8", ("lev",), np.linspace(1, 0, NZ))
        put("p0", "f8", (), 1e5, units="Pa")
        put("ps", "f4", ("time", "j", "i"), waves(len(days), NY, NX) + surface, units="Pa")
        put("lat", "f8", ("j", "i"), waves(NY, NX), units="degrees_north", bounds="lat_vertices")
        put("lon", "f8", ("j", "i"), waves(NY, NX) + 9, units="degrees_east")
        put("lat_vertices", "f8", ("j", "i", "vertices"), waves(NY, NX, 4))
        put("area", "f4", ("j", "i"), waves(NY, NX), units="m2")
        put(
            "crs", "i4", (), 0, grid_mapping_name="rotated_latitude_longitude", grid_north_pole_latitude=39.25
        )
        put("height", "f8", (), 2.0, units="m")
        region = file.createVariable("region", str, ())
        region[...] = "Météo"
        letters = netCDF4.stringtochar(np.array([f"lev{k}" for k in range(NZ)], "S6"))
        put("label", "S1", ("lev", "strlen"), letters)
        put(
            *("ta", "f4", ("time", "lev", "j", "i"), waves(len(days), NZ, NY, NX) + 280),
            coordinates="lat lon height region label",
            grid_mapping="crs",
            cell_measures="area: area",
            ancillary_variables="ps",
        )
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("companions")
    field = idlat.open_field(climate_file(folder / "a.nc"), "ta")
    return folder / "a.nc", idlat.compress(field, folder / "a.idlat")


def assert_same_around(first, second, cut=None, but=()):
    """Compare all variables but the field itself: dims, types, values, attributes; as netCDF4 reads them."""
    with netCDF4.Dataset(first) as one, netCDF4.Dataset(second) as two:
        assert set(one.variables) - set(but) == set(two.variables) - set(but)
        for name in set(one.variables) - {"ta", *but}:
            a, b = one[name], two[name]
            part = tuple((cut or {}).get(dim, slice(None)) for dim in a.dimensions)
            kept = tuple(dim for dim, p in zip(a.dimensions, part, strict=True) if isinstance(p, slice))
            assert (b.dimensions, b.dtype) == (kept, a.dtype)
            np.testing.assert_array_equal(b[...], a[...][part] if part else a[...])
            assert {k: b.getncattr(k) for k in b.ncattrs()} == {k: a.getncattr(k) for k in a.ncattrs()}
        attrs = {key: one["ta"].getncattr(key) for key in one["ta"].ncattrs()}
        if not isinstance((cut or {}).get("time", slice(None)), slice):
            attrs["coordinates"] += " time"  # no dimension any more
        assert {key: two["ta"].getncattr(key) for key in two["ta"].ncattrs()} == attrs


def test_all_of_it_comes_back(archive, tmp_path):
    source, made = archive
    idlat.write_field(made.decode(), tmp_path / "b.nc")
    assert_same_around(source, tmp_path / "b.nc")


def test_a_region_and_a_step(archive, tmp_path):
    source, made = archive
    part = made.decode(time=1, z=slice(1, 4), y=slice(2, 9), x=slice(0, 5))
    idlat.write_field(part, tmp_path / "b.nc")
    cut = {"time": 1, "lev": slice(1, 4), "j": slice(2, 9), "i": slice(0, 5)}
    assert_same_around(source, tmp_path / "b.nc", cut)


@pytest.mark.parametrize("suffix", [".h5", ".zarr"])
def test_through_hdf5_and_zarr(archive, tmp_path, suffix):
    source, made = archive
    idlat.write_field(made.decode(), tmp_path / f"b{suffix}")
    again = idlat.open_field(tmp_path / f"b{suffix}")
    idlat.write_field(again, tmp_path / "c.nc")
    assert_same_around(source, tmp_path / "c.nc", but=("label",))  # letters have become texts
    with netCDF4.Dataset(tmp_path / "c.nc") as file:
        assert file["label"][:].tolist() == [f"lev{k}" for k in range(NZ)]


def test_the_xarray_engine_has_them(archive):
    source, made = archive
    with (
        xr.open_dataset(made.path, engine="idlat") as got,
        xr.open_dataset(source, decode_coords="all", engine="netcdf4") as expected,
    ):
        np.testing.assert_array_equal(got["lev_bnds"].values, expected["lev_bnds"].values)
        np.testing.assert_array_equal(got["ps"].values, expected["ps"].values)
        assert got["lat_vertices"].dims == ("y", "x", "vertices")
        assert got["region"].item() == "Météo"


def test_appended_steps_bring_their_own(archive, tmp_path):
    source, _ = archive
    first = idlat.open_field(climate_file(tmp_path / "1.nc", range(2)), "ta")
    rest = idlat.open_field(climate_file(tmp_path / "2.nc", range(2, 4), 9e4), "ta")
    idlat.compress(first, tmp_path / "a.idlat")
    made = idlat.compress(rest, tmp_path / "a.idlat", mode="a")
    idlat.write_field(made.decode(), tmp_path / "b.nc")
    assert_same_around(source, tmp_path / "b.nc", but=("ps", "time", "time_bnds"))
    with (
        netCDF4.Dataset(tmp_path / "b.nc") as got,
        netCDF4.Dataset(tmp_path / "1.nc") as one,
        netCDF4.Dataset(tmp_path / "2.nc") as two,
    ):
        for name in ("ps", "time_bnds", "time"):
            joined = np.concatenate([one[name][:], two[name][:]])
            if name == "ps":
                np.testing.assert_array_equal(got[name][:], joined)
            else:  # in units of its own
                times = netCDF4.num2date(got[name][:], got["time"].units, got["time"].calendar)
                expected = netCDF4.num2date(joined, one["time"].units, "noleap")
                assert times.tolist() == expected.tolist()


def test_files_of_a_series_bring_their_own(tmp_path):
    files = [climate_file(tmp_path / f"{k}.nc", [k], 1e5 + k) for k in range(3)]
    series = idlat.open_field(files, "ta")
    idlat.write_field(series, tmp_path / "b.nc")
    with netCDF4.Dataset(tmp_path / "b.nc") as got:
        assert got["time_bnds"][:].tolist() == [[0, 30], [30, 60], [60, 90]]
        assert got["ps"].shape == (3, NY, NX)
        np.testing.assert_allclose(got["ps"][:, 0, 0] - got["ps"][0, 0, 0], [0, 1, 2])


def test_variables_with_another_height_each_keep_theirs(tmp_path):
    values = waves(8, 8, 8).astype(np.float32)
    dims = ("z", "y", "x")
    tas = xr.DataArray(values, {"height": 2.0}, dims, "tas")
    uas = xr.DataArray(values, {"height": 10.0}, dims, "uas")
    made = idlat.compress([tas, uas], tmp_path / "a.idlat")
    assert made.decode("tas")["height"].item() == 2
    assert made.decode("uas")["height"].item() == 10
    with xr.open_dataset(tmp_path / "a.idlat", engine="idlat") as both:
        assert (both["height"].item(), both["height_uas"].item()) == (2, 10)


def test_what_does_not_change_in_time_is_kept_once(tmp_path):
    noise = np.random.default_rng(0).normal(size=(64, 64))
    still = xr.DataArray(
        waves(8, 8, 64, 64).astype("f4"),
        {"lat": (("time", "y", "x"), np.broadcast_to(noise, (8, 64, 64)))},
        ("time", "z", "y", "x"),
        "t",
    )
    made = idlat.compress(still, tmp_path / "a.idlat")
    np.testing.assert_array_equal(made.decode(time=slice(2, 5))["lat"].values, np.stack([noise] * 3))
    size = sum(file.stat().st_size for file in (tmp_path / "a.idlat" / "lat").rglob("*"))
    assert size < 2 * noise.nbytes
