"""Files are known by their content, whatever they are called; and by the name that the caller gives."""

import gzip

import h5py
import netCDF4
import numpy as np
import pytest
import SimpleITK
import xarray as xr

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError
from support.fields.field_examples import field

SUFFIXES = [".npy", ".nc", ".h5", ".zarr", ".nrrd", ".vti", ".vtk", ".mha", ".vtkhdf"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["run", "run.0001", "run.foo", "wrfout_d01_2020-01-01_00:00:00"])
def test_content_tells(tmp_path, suffix, name):
    given = field((3, 4, 5))
    path = idlat.write_field(given, tmp_path / f"p{suffix}").rename(tmp_path / name)
    found = idlat.open_field(path)
    np.testing.assert_array_equal(found.values, given.values)
    assert len(idlat.list_variables(path)) == 1


@pytest.mark.parametrize("suffix", SUFFIXES[:3])
@pytest.mark.parametrize("wrong", [".dat", ".raw", ".nrrd", ".vti"])
def test_content_counts_more_than_a_wrong_suffix(tmp_path, suffix, wrong):
    path = idlat.write_field(field(), tmp_path / f"p{suffix}").rename(tmp_path / f"p{wrong}")
    np.testing.assert_array_equal(idlat.open_field(path).values, field().values)


def test_a_described_raw_file_is_raw_whatever_it_begins_with(tmp_path):
    content = b"\x93NUMPY" + bytes(18)
    (tmp_path / "a.raw").write_bytes(content)
    assert idlat.open_field(tmp_path / "a.raw", shape=(2, 3, 4), dtype="u1").values.tobytes() == content
    (tmp_path / "plain").write_bytes(bytes(24))
    assert idlat.open_field(tmp_path / "plain", shape=(2, 3, 4), dtype="u1").shape == (2, 3, 4)
    (tmp_path / "packed").write_bytes(gzip.compress(bytes(24)))
    assert idlat.open_field(tmp_path / "packed", shape=(2, 3, 4), dtype="u1").shape == (2, 3, 4)


@pytest.mark.parametrize("model", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF4", "NETCDF4_CLASSIC"])
def test_a_weather_models_name(tmp_path, model):
    path = tmp_path / "wrfout_d01_2020-01-01_00:00:00"
    values = np.random.default_rng(0).normal(size=(1, 3, 4, 5)).astype("f4")
    dims = ("Time", "bottom_top", "south_north", "west_east")
    with netCDF4.Dataset(path, "w", format=model) as file:
        for dim, size in zip(dims, values.shape, strict=True):
            file.createDimension(dim, size)
        variable = file.createVariable("T", "f4", dims)
        variable[:] = values
        variable.units = "K"
    found = idlat.open_field(path)
    assert (found.name, found.attrs["units"]) == ("T", "K")
    assert found.encoding["idlat_format"] == ("netcdf4" if model.startswith("NETCDF4") else "netcdf3")
    np.testing.assert_array_equal(found.values, values)


def test_hdf5_after_a_users_block(tmp_path):
    with h5py.File(tmp_path / "run", "w", userblock_size=1024) as file:
        file["p"] = field().values
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "run").values, field().values)


def test_what_simpleitk_writes_without_a_suffix(tmp_path):
    values = field().values.astype("f4")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(tmp_path / "a.mha"))
    (tmp_path / "a.mha").rename(tmp_path / "scan")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "scan").values, values)


def test_a_named_format_is_taken_at_its_word(tmp_path):
    path = idlat.write_field(field(), tmp_path / "p.npy").rename(tmp_path / "p.dat")
    np.testing.assert_array_equal(idlat.open_field(path, format="npy").values, field().values)
    np.testing.assert_array_equal(idlat.open_field(path, format=".npy").values, field().values)
    np.testing.assert_array_equal(idlat.open_field(path, format="NumPy").values, field().values)
    raw = idlat.open_field(path, format="raw", shape=(1, 1, path.stat().st_size), dtype="u1")
    assert raw.values.tobytes() == path.read_bytes()
    with pytest.raises(FieldError, match="no NetCDF file"):
        idlat.open_field(path, format="netcdf")
    with pytest.raises(FieldError, match="format 'grib' is unknown: expected one of npy, raw"):
        idlat.open_field(path, format="grib")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GRIB" + bytes(40), "is GRIB: convert it to NetCDF"),
        (gzip.compress(bytes(40), mtime=0), "is compressed by gzip: unpack it"),
        (b"\x0e\x03\x13\x01" + bytes(40), "is HDF4"),
        (b"something else", "unknown format '.foo'"),
        (b"", "unknown format '.foo'"),
        (b"PK\x03\x04" + bytes(40), "is a zip file, of which only a Zarr store is read"),
        (bytes(128) + b"DICM" + bytes(40), "is DICOM"),
        (bytes(344) + b"n+1\0" + bytes(40), "is NIfTI"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, content, message):
    (tmp_path / "a.foo").write_bytes(content)
    with pytest.raises(FieldError, match=message):
        idlat.open_field(tmp_path / "a.foo")


def test_every_command_takes_a_format(tmp_path, capsys):
    values = np.linspace(0, 1, 9 * 10 * 11, dtype="f4").reshape(9, 10, 11)
    source, archive = str(tmp_path / "a.xyz"), str(tmp_path / "a.idlat")
    (tmp_path / "a.xyz").write_bytes(b"head" + values.tobytes())
    how = ["--format", "raw", "--offset", "4", "--shape", "9,10,11", "--dtype", "float32"]
    for command in (
        ["compress", source, "-o", archive],
        ["evaluate", archive, source],
        ["verify", archive, source],
        ["importance", source, "value > 0.5", "-o", str(tmp_path / "map.npy")],
        ["analyze", "clusters", archive, "--field", source, "-o", str(tmp_path / "clusters")],
    ):
        assert run([*command, *how]) == 0, capsys.readouterr().err
    assert np.load(tmp_path / "map.npy").shape == values.shape


def test_an_importance_map_without_a_suffix(tmp_path, capsys):
    idlat.write_field(field((9, 10, 11)), tmp_path / "p.npy")
    np.save(tmp_path / "map.npy", np.full((9, 10, 11), 0.5, "f4"))
    (tmp_path / "map.npy").rename(tmp_path / "map")
    command = ["compress", str(tmp_path / "p.npy"), "-o", str(tmp_path / "p.idlat")]
    assert run([*command, "--importance", str(tmp_path / "map")]) == 0, capsys.readouterr().err


def test_xarray_writes_and_content_tells_netcdf_from_hdf5(tmp_path):
    xr.Dataset({"p": field()}).to_netcdf(tmp_path / "a", engine="h5netcdf")
    assert idlat.open_field(tmp_path / "a").encoding["idlat_format"] == "netcdf4"
    with h5py.File(tmp_path / "b", "w") as file:
        file["p"] = field().values
    assert idlat.open_field(tmp_path / "b").encoding["idlat_format"] == "hdf5"
