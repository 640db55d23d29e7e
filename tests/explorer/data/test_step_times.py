"""What the steps are called: as their file writes their times."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
import xarray as xr

from idlat.explorer.data.step_times import shown_times
from idlat.fields import open_field

HOURS = "hours since 2004-09-13"


@pytest.mark.parametrize(
    ("numbers", "units", "shown"),
    [
        ([0, 6], HOURS, ["2004-09-13 00:00", "2004-09-13 06:00"]),
        ([0, 24], HOURS, ["2004-09-13", "2004-09-14"]),
        ([0, 0.5 / 60], HOURS, ["2004-09-13 00:00:00", "2004-09-13 00:00:30"]),
        ([0.0, 1500.0], "s", ["0 s", "1500 s"]),
        ([0.1, 0.2], "1", ["0.1", "0.2"]),
        ([0.1, 0.2], None, ["0.1", "0.2"]),
    ],
)
def test_times_of_a_file_are_shown_with_their_units(tmp_path, numbers, units, shown):
    with netCDF4.Dataset(tmp_path / "v.nc", "w") as file:
        for name, length in {"time": 2, "z": 4, "y": 5, "x": 6}.items():
            file.createDimension(name, length)
        time = file.createVariable("time", "f8", ("time",))
        time[:] = numbers
        if units is not None:
            time.units = units
        file.createVariable("speed", "f4", ("time", "z", "y", "x"))[:] = np.arange(240).reshape(2, 4, 5, 6)
    with open_field(tmp_path / "v.nc") as field:
        template = field if isinstance(field, xr.DataArray) else field["speed"]
        assert shown_times(template) == shown


def test_steps_without_a_time_are_only_counted():
    assert shown_times(xr.DataArray(np.zeros((2, 3)), dims=("time", "x"))) == []
