"""Ordinary datasets of users: coordinates, bounds, formula terms travel; parts are chosen by labels."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    lev, lat, lon = np.linspace(1000, 100, 9), np.linspace(-60, 60, 16), np.arange(24) * 15.0
    time = np.array(["2026-01-01", "2026-01-02", "2026-01-05"], "datetime64[ns]")
    z, y, x = np.meshgrid(lev / 300, lat / 20, lon / 60, indexing="ij")
    values = np.stack([280 + 10 * np.sin(z + t) * np.cos(y) + 5 * np.cos(x) for t in range(3)])
    dims = ("time", "lev", "lat", "lon")
    terms = {"formula_terms": "a: hyam b: hybm ps: ps", "units": "1"}
    return xr.Dataset(
        {
            "T": (dims, values.astype("float32"), {"units": "K"}),
            "q": (dims, values / 300),
            "time_bnds": (("time", "nv"), np.stack([time, time + np.timedelta64(1, "D")], 1)),
            "lat_bnds": (("lat", "nv"), np.stack([lat - 4, lat + 4], 1)),
            "hyam": ("lev", lev / 1000),
            "hybm": ("lev", 1 - lev / 1000),
            "ps": (("time", "lat", "lon"), np.full((3, 16, 24), 1e5, "float32")),
        },
        {
            "time": ("time", time, {"bounds": "time_bnds"}),
            "lev": ("lev", lev, terms),
            "lat": ("lat", lat, {"units": "degrees_north", "bounds": "lat_bnds"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
        },
    )


@pytest.fixture(scope="module")
def path(dataset, tmp_path_factory):
    made = tmp_path_factory.mktemp("made") / "run.idlat"
    dataset.idlat.compress(made, importance="gradient()", quality=60)
    return made


@pytest.mark.parametrize("chunks", [None, {}])
def test_the_fields_come_back_with_what_they_name(dataset, path, chunks) -> None:
    with xr.open_dataset(path, engine="idlat", chunks=chunks) as back:
        assert set(back.data_vars) == {"T", "q"}
        assert set(back.coords) == {"time", "z", "y", "x", "time_bnds", "lat_bnds", "hyam", "hybm", "ps"}
        for name in ("time_bnds", "lat_bnds", "hyam", "hybm", "ps"):
            np.testing.assert_array_equal(back[name], dataset[name])
        assert back.z.attrs == dataset.lev.attrs
        assert back.y.attrs == dataset.lat.attrs
        assert (back.T.chunks is None) == (chunks is None)
        assert float(abs(back.T.mean("time") - dataset.T.values.mean(0)).max()) < 1


def test_the_file_that_is_written_is_the_dataset_again(dataset, path, tmp_path) -> None:
    with idlat.open_archive(path) as archive:
        idlat.write_field(archive["T"].decode(), tmp_path / "back.nc")
    with xr.open_dataset(tmp_path / "back.nc") as back:
        assert back.T.dims == dataset.T.dims
        for name in ("time_bnds", "lat_bnds", "hyam", "hybm", "ps", "time", "lev", "lat", "lon"):
            np.testing.assert_array_equal(back[name], dataset[name])


def test_a_dataset_that_xarray_opened(dataset, tmp_path) -> None:
    units = {"units": "days since 2026-01-01", "dtype": "float64"}
    encoding = {"time": units, "time_bnds": units}
    dataset.to_netcdf(tmp_path / "run.nc", engine="h5netcdf", encoding=encoding)
    for coords in (True, "all"):
        with xr.open_dataset(tmp_path / "run.nc", decode_coords=coords, chunks={}) as opened:
            archive = opened.idlat.compress(tmp_path / "run.idlat", quality=40, mode="w")
            assert archive.variables == ("T", "q")
            back = archive.to_xarray()
            np.testing.assert_array_equal(back.lat_bnds, dataset.lat_bnds)
            np.testing.assert_array_equal(back.time_bnds, dataset.time_bnds)


def test_parts_by_label(path) -> None:
    with idlat.open_archive(path) as archive:
        stored, whole = archive["T"], archive.decode("T")
        part = stored.sel(time="2026-01-02", y=slice(-20, 20)).decode()
        xr.testing.assert_equal(part, whole.sel(time="2026-01-02").squeeze().sel(y=slice(-20, 20)))
        near = stored.sel(method="nearest", lat=21, lon=89.0, lev=510).decode()
        xr.testing.assert_equal(near, whole.sel(y=21, x=89, z=510, method="nearest"))
        down = stored.sel(lev=slice(800, 300)).decode()
        xr.testing.assert_equal(down, whole.sel(z=slice(800, 300)))
        for labels, message in [
            ({"lat": 21}, "is no label of that axis"),
            ({"depth": 3}, "has no axis 'depth'"),
            ({"lat": [-60.0, 60.0]}, r"takes one label or a slice.*to_xarray\(\).sel"),
            ({"lat": slice(200, 300)}, "selects nothing: the axis runs from"),
            ({"lev": slice(300, 800)}, "lev=slice.300, 800, None. selects nothing.* and so should a slice"),
        ]:
            with pytest.raises(ArchiveError, match=message):
                stored.sel(**labels)


def test_what_dataarrays_take_of_one(dataset, tmp_path) -> None:
    archive = dataset.T.idlat.compress(tmp_path / "T.idlat", quality=40)
    assert archive["T"].isel(z=slice(0, 8), time=2).decode().shape == (8, 16, 24)
    assert dataset.T.idlat.importance("value > 285").dims == dataset.T.dims
