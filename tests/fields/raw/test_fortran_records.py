"""NetCDF 3 files whose time grows: the records of all variables lie in turns."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

import idlat


@pytest.fixture(params=["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"])
def records(request, tmp_path):
    """A file with record variables of every rank and item size, as netCDF4 writes it."""
    rng = np.random.default_rng(0)
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=request.param) as file:
        for name, size in {"time": None, "z": 3, "y": 4, "x": 5}.items():
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time[:] = [0.5, 6.25, 7.0]
        time.units = "hours since 2020-01-01"
        for code in ("i1", "i2", "i4", "f4", "f8"):
            file.createVariable(f"at_{code}", code, ("time",))[:] = rng.integers(-99, 99, 3)
            shape = ("time", "z", "y", "x")
            variable = file.createVariable(code, code, shape)
            variable[:] = rng.integers(-99, 99, (3, 3, 4, 5))
            variable.coordinates = f"at_{code}"
    return tmp_path / "a.nc"


@pytest.mark.parametrize("code", ["i1", "i2", "i4", "f4", "f8"])
def test_records_are_what_netcdf4_reads(records, code):
    field = idlat.open_field(records, code)
    with netCDF4.Dataset(records) as file:
        np.testing.assert_array_equal(field.values, file[code][:])
        np.testing.assert_array_equal(field[f"at_{code}"].values, file[f"at_{code}"][:])
        seconds = (field["time"].values - np.datetime64("2020-01-01")) / np.timedelta64(1, "s")
        np.testing.assert_array_equal(seconds, 3600 * file["time"][:])


@pytest.mark.parametrize("code", ["i1", "f8"])
def test_one_record_at_a_time(records, code):
    field = idlat.open_field(records, code)
    with netCDF4.Dataset(records) as file:
        for step in range(3):
            np.testing.assert_array_equal(field[step, 1:].values, file[code][step, 1:])
