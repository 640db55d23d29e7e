"""Variables in the groups of NetCDF files, and which of a file's variables is its field."""

import netCDF4
import numpy as np
import pytest
import zarr

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError

VALUES = np.random.default_rng(0).normal(size=(4, 5, 6)).astype("f4")


@pytest.fixture
def forecast(tmp_path):
    with netCDF4.Dataset(tmp_path / "run.nc", "w") as file:
        file.title = "a forecast"
        for dim, size in {"z": 4, "y": 5}.items():
            file.createDimension(dim, size)
        height = file.createVariable("z", "f8", ("z",))
        height[:], height.units = 100.0 * np.arange(4), "m"
        outer = file.createGroup("forecast")
        outer.createDimension("x", 6)
        inner = outer.createGroup("atm")
        inner.source = "model"
        for group, factor in ((inner, 1), (outer, 2)):
            variable = group.createVariable("T", "f4", ("z", "y", "x"))
            variable[:], variable.units = factor * VALUES, "K"
        inner.createVariable("only", "f4", ("z", "y", "x"))[:] = 3 * VALUES
    return tmp_path / "run.nc"


def test_groups_are_listed_and_read(forecast):
    assert idlat.list_variables(forecast) == ["forecast/T", "forecast/atm/T", "forecast/atm/only"]
    for name, factor in {"forecast/T": 2, "/forecast/atm/T": 1, "atm/T": 1, "only": 3}.items():
        field = idlat.open_field(forecast, name)
        np.testing.assert_array_equal(field.values, factor * VALUES)
        np.testing.assert_array_equal(field["z"].values, 100.0 * np.arange(4))
        assert field["z"].attrs["units"] == "m"
    with pytest.raises(
        FieldError, match="several variables are called 'T': name one of forecast/T, forecast"
    ):
        idlat.open_field(forecast, "T")
    with pytest.raises(FieldError, match="there is no variable 'ocean/T'; there are: forecast/T"):
        idlat.open_field(forecast, "ocean/T")


def test_a_group_through_an_archive(forecast, tmp_path, capsys):
    archive = str(tmp_path / "T.idlat")
    assert (
        run(["compress", str(forecast), "--variable", "forecast/atm/T", "-o", archive, "--quality", "99"])
        == 0
    )
    assert run(["evaluate", archive, str(forecast), "--variable", "forecast/atm/T"]) == 0
    assert run(["decompress", archive, "-o", str(tmp_path / "T.vti")]) == 0
    found = idlat.open_field(tmp_path / "T.vti")
    assert np.corrcoef(found.values.ravel(), VALUES.ravel())[0, 1] > 0.97


def test_groups_come_back(forecast, tmp_path):
    archive = str(tmp_path / "T.idlat")
    command = ["compress", str(forecast), "--variable", "forecast/atm/T", "-o", archive, "--quality", "99"]
    assert run(command) == 0
    for suffix in (".nc", ".h5", ".zarr"):
        assert run(["decompress", archive, "-o", str(tmp_path / f"T{suffix}")]) == 0
        assert idlat.list_variables(tmp_path / f"T{suffix}") == ["forecast/atm/T"]
    with netCDF4.Dataset(tmp_path / "T.nc") as file:
        assert file.title == "a forecast"
        inner = file["forecast"]["atm"]
        assert inner.source == "model"
        assert (inner["T"].dimensions, inner["T"].units) == (("z", "y", "x"), "K")
        assert np.corrcoef(inner["T"][:].ravel(), VALUES.ravel())[0, 1] > 0.97
        np.testing.assert_array_equal(inner["z"][:], 100.0 * np.arange(4))


def climate(path):
    """Write a file as climate models do: one field, and much that describes it."""
    with netCDF4.Dataset(path, "w") as file:
        for dim, size in {"time": 2, "lev": 4, "y": 5, "x": 6, "bnds": 2, "vertices": 4}.items():
            file.createDimension(dim, size)

        def add(name, dims, **attrs):
            variable = file.createVariable(name, "f4", dims)
            variable[...] = 1
            variable.setncatts(attrs)
            return variable

        add("time", ("time",), bounds="time_bnds", units="days since 2000-01-01")
        add("time_bnds", ("time", "bnds"))
        add("lev", ("lev",), formula_terms="a: a b: b ps: ps", bounds="lev_bnds")
        add("lev_bnds", ("lev", "bnds"))
        add("lat", ("y", "x"), bounds="lat_vertices")
        add("lon", ("y", "x"))
        add("lat_vertices", ("y", "x", "vertices"))
        add("ps", ("time", "y", "x"))
        add("area", ("y", "x"))
        add("crs", (), grid_mapping_name="latitude_longitude")
        return add(
            "ta",
            ("time", "lev", "y", "x"),
            coordinates="lat lon",
            grid_mapping="crs",
            cell_measures="area: area",
        )


def test_what_describes_a_field_is_not_the_field(tmp_path):
    climate(tmp_path / "a.nc")
    assert idlat.list_variables(tmp_path / "a.nc") == ["ta"]
    assert idlat.open_field(tmp_path / "a.nc").name == "ta"
    for name, shape in {"ps": (2, 1, 5, 6), "area": (1, 5, 6), "lat": (1, 5, 6)}.items():
        assert idlat.open_field(tmp_path / "a.nc", name).shape == shape


def test_nor_in_zarr(tmp_path):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    names = {"ps": ("time", "y", "x"), "lat_vertices": ("y", "x", "v"), "ta": ("time", "y", "x")}
    for name, dims in names.items():
        group.create_array(name, data=np.ones((2, 3, 4), "f4"), dimension_names=dims)
    lat = group.create_array("lat", data=np.ones((2, 3), "f4"), dimension_names=("y", "x"))
    lat.attrs["bounds"] = "lat_vertices"
    group["ta"].attrs["ancillary_variables"] = "ps"
    assert idlat.list_variables(tmp_path / "a.zarr") == ["ta"]
    assert idlat.open_field(tmp_path / "a.zarr").name == "ta"


def test_a_plane_is_the_field_of_a_file_of_nothing_more(tmp_path):
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for dim, size in {"lat": 5, "lon": 6}.items():
            file.createDimension(dim, size)
        file.createVariable("sst", "f4", ("lat", "lon"))[:] = VALUES[0]
    field = idlat.open_field(tmp_path / "a.nc")
    assert (field.name, field.shape) == ("sst", (1, 5, 6))
    np.testing.assert_array_equal(field.values[0], VALUES[0])


def test_nor_in_hdf5(tmp_path):
    climate(tmp_path / "a.h5")
    assert idlat.list_variables(tmp_path / "a.h5") == ["ta"]
    assert idlat.open_field(tmp_path / "a.h5").name == "ta"
    assert idlat.open_field(tmp_path / "a.h5", "area").shape == (1, 5, 6)


@pytest.mark.parametrize("model", ["NETCDF4", "NETCDF3_CLASSIC"])
def test_a_dimension_that_a_variable_has_twice(tmp_path, model, capsys):
    pairs = np.random.default_rng(0).normal(size=(4, 6, 6)).astype("f4")
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=model) as file:
        for dim, size in {"time": 4, "country": 6, "band": 5}.items():
            file.createDimension(dim, size)
        file.createVariable("pairs", "f4", ("time", "country", "country"))[:] = pairs
        file.createVariable("flux", "f4", ("time", "band", "country"))[:] = pairs[:, :5]
    path, archive = str(tmp_path / "a.nc"), str(tmp_path / "a.idlat")
    assert run(["compress", path, "--variable", "pairs", "-o", archive]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "has the dimension 'country' more than once: name its axes with --axes" in message
    np.testing.assert_array_equal(idlat.open_field(path, "flux").values[:, 0], pairs[:, :5])
    field = idlat.open_field(path, "pairs", axes=("time", "y", "x"))
    np.testing.assert_array_equal(field.values[:, 0], pairs)
    command = ["compress", path, "--variable", "pairs", "--axes", "time,y,x", "-o", archive]
    assert run(command) == 0
    assert run(["decompress", archive, "-o", str(tmp_path / "b.nc")]) == 0
    with netCDF4.Dataset(tmp_path / "b.nc") as file:
        assert file["pairs"].shape == pairs.shape
