"""Checks against the field of an archive that was appended to: each part's map is that of its own steps."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.importance import ImportanceRequest


@pytest.fixture
def series() -> xr.DataArray:
    z, y, x = np.indices((24, 20, 16)) / 24
    steps = np.stack([np.sin(6 * x + 0.3 * t) * np.cos(5 * y) + z for t in range(5)]).astype(np.float32)
    steps[0, 5, 5, 5] = 1e6  # the largest gradient of all, in the first part
    return xr.DataArray(steps, dims=("time", "z", "y", "x"), name="T", coords={"time": np.arange(5.0)})


@pytest.mark.parametrize("importance", ["gradient()", "value > 60%", "rarity()", "correlation()"])
def test_errors_are_those_that_the_archive_states(series, importance, tmp_path):
    path = tmp_path / "a.idlat"
    idlat.compress(series[:2], path, importance, workers=1)
    idlat.compress(series[2:4], path, mode="a", workers=1)
    if importance != "correlation()":  # which needs two steps
        idlat.compress(series[4:], path, mode="a", workers=1)
    with idlat.open_archive(path) as archive:
        (record,) = archive.record.variables
        field = series[: record.steps]
        assert idlat.verify(archive, field, workers=2).faults == ()
        assert record.errors.wpsnr == pytest.approx(idlat.evaluate(archive, field).wpsnr, abs=1e-6)


def test_further_variables_go_by_part_too(series, tmp_path):
    path, other = tmp_path / "a.idlat", (series**2).rename("P")
    for part, mode in ((slice(0, 3), "w"), (slice(3, 5), "a")):
        request = ImportanceRequest("rarity(P)", {"P": other[part]})
        idlat.compress(series[part], path, request, mode=mode, workers=1)
    asked = ImportanceRequest(beside={"P": other})
    assert idlat.verify(path, series, asked, workers=1).faults == ()


def test_parts_come_from_a_cluster_too(series, tmp_path):
    """Maps of parts travel without what they keep."""
    import cloudpickle

    from idlat.archive.check.match_original import original_inputs

    idlat.compress(series[:2], tmp_path / "a", "gradient()", workers=1)
    idlat.compress(series[2:], tmp_path / "a", mode="a", workers=1)
    with idlat.open_archive(tmp_path / "a") as archive:
        (source,) = original_inputs(archive, series, None, archive.record.variables)
        here = [source.importance_of(step)[:, :, :] for step in range(5)]
        there = cloudpickle.loads(cloudpickle.dumps(source.importance))
        np.testing.assert_array_equal([there.step(step)[:, :, :] for step in range(5)], here)
    assert np.max(here[2:]) == 1.0  # of its own part
