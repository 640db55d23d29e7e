import h5py
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError
from idlat.fields import fill_values_of

VALUES = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)


@pytest.fixture
def nyx(tmp_path):
    """A file as Nyx writes it for Gimlet."""
    with h5py.File(tmp_path / "nyx.h5", "w") as file:
        file.attrs["format"] = "nyx-lyaf"
        file.create_group("domain").attrs.update({"size": [2.0, 5.0, 12.0], "shape": np.array([4, 5, 6])})
        file.create_group("universe").attrs["hubble"] = 0.675
        for name in ("baryon_density", "temperature"):
            dataset = file.create_dataset(
                f"native_fields/{name}", data=VALUES, chunks=(2, 5, 6), compression="gzip"
            )
            dataset.attrs["units"] = np.bytes_(b"(mean)" if name[0] == "b" else b"K")
        file["derived_fields/HI_number_density"] = VALUES.astype(">f8")
        file["particles"] = np.zeros((7, 3))
    return tmp_path / "nyx.h5"


def test_nyx_there_and_back(nyx):
    assert idlat.list_variables(nyx) == [
        "derived_fields/HI_number_density",
        "native_fields/baryon_density",
        "native_fields/temperature",
    ]
    for name in ("native_fields/temperature", "/native_fields/temperature", "temperature"):
        given = idlat.open_field(nyx, name)
        assert given.name == "temperature"
        assert given.attrs == {"units": "K"}
    np.testing.assert_allclose(given["x"], 1 + 2 * np.arange(6))
    np.testing.assert_allclose(given["z"], 0.25 + 0.5 * np.arange(4))
    idlat.write_field(given, nyx.with_name("back.h5"))
    with h5py.File(nyx.with_name("back.h5")) as back:
        dataset = back["native_fields/temperature"]
        np.testing.assert_array_equal(dataset[:], VALUES)
        assert (dataset.chunks, dataset.compression, dataset.attrs["units"]) == ((2, 5, 6), "gzip", "K")
        assert back.attrs["format"] == "nyx-lyaf"


def test_foreign_byte_order_is_kept(nyx):
    given = idlat.open_field(nyx, "HI_number_density")
    assert given.dtype == np.dtype("=f8")
    idlat.write_field(given, nyx.with_name("back.h5"))
    with h5py.File(nyx.with_name("back.h5")) as back:
        assert back["derived_fields/HI_number_density"].dtype == np.dtype(">f8")


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (None, "choose a variable with --variable .* native_fields/baryon_density"),
        ("density", "there is no variable 'density'; there are"),
        ("native_fields", "there is no variable"),
    ],
)
def test_choosing_a_dataset(nyx, variable, message):
    with pytest.raises(FieldError, match=message):
        idlat.open_field(nyx, variable)


def test_axes_by_label_scale_and_by_request(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        labelled = file.create_dataset("labelled", data=np.zeros((6, 5, 4, 3)))
        for axis, label in enumerate(("x", "y", "z", "component")):
            labelled.dims[axis].label = label
        file["height"] = np.array([1.0, 5.0, 6.0, 7.0])
        file["height"].attrs["units"] = "km"
        file["height"].make_scale("height")
        file.create_dataset("scaled", data=VALUES).dims[0].attach_scale(file["height"])
        file["plain"] = np.arange(6 * 5 * 4 * 3.0).reshape(6, 5, 4, 3)
    assert idlat.open_field(tmp_path / "a.h5", "labelled").sizes == {"component": 3, "z": 4, "y": 5, "x": 6}
    scaled = idlat.open_field(tmp_path / "a.h5", "scaled")
    assert scaled["z"].values.tolist() == [1, 5, 6, 7]
    assert scaled["z"].attrs["units"] == "km"
    assert idlat.open_field(tmp_path / "a.h5", "plain").dims == ("time", "z", "y", "x")
    named = idlat.open_field(tmp_path / "a.h5", "plain", axes=("x", "y", "z", "component"))
    assert named.sizes == {"component": 3, "z": 4, "y": 5, "x": 6}
    idlat.write_field(named, tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as back:
        np.testing.assert_array_equal(back["plain"][:], np.arange(360.0).reshape(6, 5, 4, 3))
        assert [dim.label for dim in back["plain"].dims] == ["x", "y", "z", "component"]
    with pytest.raises(FieldError, match="has 4 axes, the names given are z,y,x"):
        idlat.open_field(tmp_path / "a.h5", "plain", axes=("z", "y", "x"))


def test_netcdfs_files_under_another_suffix(tmp_path):
    times = xr.date_range("2005-08-28", periods=2, freq="6h", use_cftime=False)
    coords = {"time": times, "lev": ("lev", [1000.0, 850.0, 500.0], {"units": "hPa"}), "run": ((), 7)}
    values = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    ds = xr.Dataset({"p": (("time", "lev", "lat", "lon"), values, {"units": "Pa"})}, coords)
    packing = {"scale_factor": 0.5, "dtype": "int16", "_FillValue": np.int16(-1)}
    ds.to_netcdf(tmp_path / "a.nc", engine="h5netcdf", encoding={"p": packing})
    (tmp_path / "a.h5").write_bytes((tmp_path / "a.nc").read_bytes())
    as_netcdf, as_hdf5 = idlat.open_field(tmp_path / "a.nc"), idlat.open_field(tmp_path / "a.h5")
    xr.testing.assert_identical(as_hdf5.load(), as_netcdf.load())
    idlat.write_field(as_hdf5, tmp_path / "b.h5")
    again = idlat.open_field(tmp_path / "b.h5")
    xr.testing.assert_identical(again.load(), as_hdf5)
    assert again.encoding["scale_factor"] == 0.5


def test_integers_keep_their_fill_value(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("n", data=np.array([1, -9, 3], np.int16).reshape(1, 1, 3)).attrs[
            "missing_value"
        ] = np.int16(-9)
    given = idlat.open_field(tmp_path / "a.h5")
    assert (given.dtype, fill_values_of(given)) == (np.int16, (-9,))


def test_large_datasets_come_in_parts(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("big", (3, 600, 256, 256), "f4", chunks=(1, 50, 64, 64))
    given = idlat.open_field(tmp_path / "a.h5")
    assert given.chunksizes["time"] == (1, 1, 1)
    assert given.chunksizes["z"] == (100,) * 6
    assert float(given[1, 7, 3, 3]) == 0


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89HDF\r\n\x1a\n" + bytes(500)])
def test_files_that_are_no_hdf5(tmp_path, content):
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(FieldError, match=r"a\.h5: the HDF5 file is damaged, cut short or none"):
        idlat.open_field(tmp_path / "a.h5")
