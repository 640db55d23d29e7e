"""Times with a zone: the same instants come back, in UTC."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import idlat
from idlat.fields import as_field


def _field(times):
    values = np.arange(2 * 4 * 5 * 6, dtype="f4").reshape(2, 4, 5, 6)
    return xr.DataArray(values, {"time": times}, ("time", "z", "y", "x"), name="u")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "Asia/Kolkata"])
@pytest.mark.parametrize("kind", ["index", "objects", "datetimes"])
def test_the_same_instants(zone, kind):
    index = pd.date_range("2024-03-30 23:30", periods=2, freq="1D", tz=zone)
    times = {
        "index": index,
        "objects": np.array(list(index), object),
        "datetimes": np.array([t.to_pydatetime() for t in index], object),
    }[kind]
    found = as_field(_field(times)).time
    assert found.dtype.kind == "M"
    expected = [int(t.astimezone(dt.UTC).timestamp()) for t in index.to_pydatetime()]
    assert found.values.astype("datetime64[s]").astype(int).tolist() == expected


def test_through_an_archive_and_a_file(tmp_path):
    field = _field(pd.date_range("2024-07-01", periods=2, tz="Europe/Paris"))
    decoded = idlat.compress(field, tmp_path / "a.idlat").decode()
    expected = np.array(["2024-06-30T22", "2024-07-01T22"], "datetime64[ns]")
    np.testing.assert_array_equal(decoded.time.values.astype("datetime64[ns]"), expected)
    idlat.write_field(decoded, tmp_path / "a.nc")
    np.testing.assert_array_equal(
        xr.open_dataset(tmp_path / "a.nc").time.values.astype("datetime64[ns]"), expected
    )
    idlat.write_field(field, tmp_path / "b.nc")
    np.testing.assert_array_equal(
        xr.open_dataset(tmp_path / "b.nc").time.values.astype("datetime64[ns]"), expected
    )


def test_a_single_time_beside_the_field():
    field = xr.DataArray(np.zeros((3, 4, 5)), dims=("z", "y", "x"))
    field = field.assign_coords(when=pd.Timestamp("2024-01-01", tz="Asia/Kolkata"))
    assert as_field(field).when.values == np.datetime64("2023-12-31T18:30")


def test_times_without_a_zone_stay():
    field = _field(pd.date_range("2024-01-01", periods=2))
    assert as_field(field).time.identical(field.time)
