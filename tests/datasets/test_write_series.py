"""Series on the disk: whole, one job at a time, and made up for after an interruption."""

from __future__ import annotations

import os

import numpy as np
import pytest
import xarray as xr

from idlat.datasets.write_series import Recipe, SeriesWriter
from idlat.errors import OutputBusyError

RECIPE = Recipe("made", 4, 3, 0)


def field(step):
    return xr.DataArray(np.full((4, 4, 4), step, np.float32), dims=("z", "y", "x"), name="f")


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_steps_that_were_moving_to_their_place_are_gone_on_with(tmp_path, monkeypatch, moved):
    folder, real, left = tmp_path / "out", os.replace, [moved]

    def replace(source, target):
        if os.path.dirname(target) == str(folder):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        real(source, target)

    def make():
        with SeriesWriter(folder, RECIPE) as writer:
            done = writer.done
            for step in range(done, 3):
                writer.write(step, field(step))
            writer.finish()
        return done

    with monkeypatch.context() as stopped:
        stopped.setattr(os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            make()
    assert make() == 3
    assert sorted(path.name for path in folder.iterdir()) == RECIPE.file_names()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for step, name in enumerate(RECIPE.file_names()):
        with xr.open_dataset(folder / name) as dataset:
            np.testing.assert_array_equal(dataset.f, field(step))


def test_a_second_job_for_the_same_series_is_refused_and_another_series_is_not(tmp_path):
    with SeriesWriter(tmp_path / "out", RECIPE) as writer:
        with pytest.raises(OutputBusyError, match="another job"):
            SeriesWriter(tmp_path / "out", RECIPE)
        with SeriesWriter(tmp_path / "out", Recipe("other", 4, 1, 0)) as other:
            other.write(0, field(0))
            other.finish()
        for step in range(3):
            writer.write(step, field(step))
        writer.finish()
    assert len(list((tmp_path / "out").iterdir())) == 4
