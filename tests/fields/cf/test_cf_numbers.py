"""Packed and marked values are those that netCDF4 gives, also from HDF5, and come back so."""

import shutil

import numpy as np
import pytest

import idlat
from idlat.fields import fill_values_of, valid_mask

reference = pytest.importorskip("netCDF4", reason="netCDF4 is not installed")

BASE = np.arange(60).reshape(3, 4, 5)
LAST = BASE > 55

CASES = {
    "unsigned bytes marked by their bits": (
        "i1",
        {"_Unsigned": "true", "_FillValue": np.int8(-1)},
        np.where(LAST, -1, BASE),
    ),
    "unsigned marked as missing": (
        "i2",
        {"_Unsigned": "true", "missing_value": np.int16(-5)},
        np.where(LAST, -5, BASE),
    ),
    "said to be signed, and packed": (
        "i2",
        {"_Unsigned": "false", "scale_factor": np.float32(0.01), "_FillValue": np.int16(-1000)},
        np.where(LAST, -1000, BASE - 30),
    ),
    "unsigned and packed": (
        "i1",
        {"_Unsigned": "true", "scale_factor": np.float32(0.5), "_FillValue": np.int8(-1)},
        (BASE * 4).astype(np.uint8).view(np.int8),
    ),
    "several marks": ("i2", {"missing_value": np.array([3, 7], "i2")}, BASE),
    "several marks of floats": ("f4", {"missing_value": np.array([3, 7], "f4")}, BASE),
    "several marks, packed": ("i2", {"missing_value": np.array([3, 7], "i2"), "scale_factor": 0.1}, BASE),
    "two kinds of marks": ("i2", {"missing_value": np.int16(3), "_FillValue": np.int16(7)}, BASE),
    "a mark of another dtype": ("i2", {"missing_value": np.float32(3)}, BASE),
    "scale and offset of other dtypes": ("i2", {"scale_factor": 0.1, "add_offset": np.float32(3)}, BASE),
    "an integer scale": ("i2", {"scale_factor": np.int32(2)}, BASE),
    "a scale in an array": ("i2", {"scale_factor": np.array([0.5])}, BASE),
    "packed floats": ("f4", {"scale_factor": 0.5, "_FillValue": np.float32(4)}, BASE),
    "offset alone": ("i4", {"add_offset": 100.0}, BASE),
    "big-endian": (">i2", {"scale_factor": 0.5, "_FillValue": np.int16(3)}, BASE),
    "NaN as a mark": ("f4", {"_FillValue": np.float32(np.nan)}, np.where(LAST, np.nan, BASE)),
    "64 bits": ("u8", {"_FillValue": np.uint64(2**64 - 1)}, np.where(LAST, 2**64 - 1, BASE.astype("u8"))),
}


def write(path, dtype, attrs, values, kind):
    """Write a variable with these very numbers in the file."""
    attrs = dict(attrs)
    with reference.Dataset(path, "w", format=kind) as file:
        for name, size in zip("zyx", values.shape, strict=True):
            file.createDimension(name, size)
        order = {"endian": "big"} if dtype[0] == ">" and kind == "NETCDF4" else {}
        dtype = dtype if order else dtype.strip(">")
        fill = attrs.pop("_FillValue", None)
        variable = file.createVariable("v", dtype, ("z", "y", "x"), fill_value=fill, **order)
        variable.set_auto_maskandscale(False)
        variable.setncatts(attrs)
        variable[:] = values.astype(variable.dtype)
    return path


def seen(path):
    """Give netCDF4's values, NaN where it masks them."""
    with reference.Dataset(path) as file:
        return np.ma.filled(file["v"][:].astype(np.float64), np.nan)


def known(path):
    """Give ours, NaN where the field says that they are missing."""
    field = idlat.open_field(path, "v")
    missing = valid_mask(field.values, fill_values_of(field)) != 0
    return np.where(missing, np.nan, field.values.astype(np.float64)), field


@pytest.mark.parametrize(
    ("case", "kind"),
    [(case, "NETCDF4") for case in CASES]
    + [(case, "NETCDF3_CLASSIC") for case in CASES if case != "64 bits"],  # which NetCDF 3 does not have
)
def test_values_are_those_of_netcdf4(tmp_path, case, kind):
    dtype, attrs, values = CASES[case]
    path = write(tmp_path / "a.nc", dtype, attrs, values, kind)
    expected = seen(path)
    found, field = known(path)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    for suffix in (".nc", ".h5", ".zarr"):
        idlat.write_field(field, tmp_path / f"back{suffix}")
        again, _ = known(tmp_path / f"back{suffix}")
        np.testing.assert_allclose(again, expected, rtol=1e-6)
    np.testing.assert_allclose(seen(tmp_path / "back.nc"), expected, rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_the_same_file_as_hdf5(tmp_path, case):
    path = write(tmp_path / "a.nc", *CASES[case], "NETCDF4")
    shutil.copy(path, tmp_path / "a.h5")
    np.testing.assert_array_equal(known(tmp_path / "a.h5")[0], known(path)[0])


def test_a_scale_that_is_text_is_a_number(tmp_path):
    path = write(tmp_path / "a.nc", "i2", {"scale_factor": "0.5", "add_offset": "1e1"}, BASE, "NETCDF4")
    np.testing.assert_array_equal(known(path)[0], BASE * 0.5 + 10)


def test_a_mark_that_is_text_marks_nothing(tmp_path):
    path = write(tmp_path / "a.nc", "f4", {"missing_value": "n/a"}, BASE, "NETCDF4")
    found, field = known(path)
    np.testing.assert_array_equal(found, BASE)
    for suffix in (".nc", ".h5", ".zarr"):
        idlat.write_field(field, tmp_path / f"back{suffix}")
        np.testing.assert_array_equal(known(tmp_path / f"back{suffix}")[0], BASE)
