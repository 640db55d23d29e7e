"""The explorer's data on archives of the presets `paper` and `baseline`: one quality, blocks as cells."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from idlat.archive import compress, register_model
from idlat.explorer.data import Blocks, Dataset, TreeEditor, Workbench
from idlat.explorer.data.saving.explorer_state import ExplorerState
from idlat.explorer.data.saving.html_report import Report
from idlat.explorer.data.saving.report_commands import compress_command
from support.models.paper_networks import random_block_model


@pytest.fixture(scope="module", params=["paper", "baseline"])
def dataset(request, tmp_path_factory, wave):
    folder = tmp_path_factory.mktemp(request.param)
    field = xr.DataArray(wave((48, 64, 80)), dims=("z", "y", "x"), name="speed")
    field.to_netcdf(folder / "field.nc", engine="h5netcdf")
    model = random_block_model(request.param)
    register_model(model)
    compress(field, folder / "run.idlat", "isosurface(0.5, decay=0.2)", model).close()
    with Dataset.open(folder / "run.idlat", folder / "field.nc") as opened:
        yield opened


def test_there_is_one_quality(dataset):
    assert not dataset.adjustable
    assert dataset.quality is None


def test_blocks_cluster_and_have_figures(dataset):
    blocks = Blocks.of(dataset, 0)
    assert blocks.count == 3 * 4 * 5
    editor = TreeEditor(blocks)
    assert len(editor.split(0, 2)) == 2
    for name in ("importance", "mean", "error", "rate"):
        assert np.isfinite(blocks.attribute(name)).all()
    assert editor.describe(0)["size"] == blocks.count


def test_a_map_is_tried_and_saved(dataset, tmp_path):
    bench = Workbench(dataset)
    found = bench.estimate("value > 0.5", 80.0, 0)
    assert found.gain == 0.0
    assert found.bytes > 0
    path = bench.save("value > 0.5", 80.0, tmp_path / "again.idlat")
    with Dataset.open(path) as again:
        assert again.expression == "value > 0.5"


def test_the_commands_name_the_model_and_no_quality(dataset):
    words = compress_command(dataset, "value > 0.5", 80.0, "again.idlat").split()
    assert "--quality" not in words
    assert words[words.index("--model") + 1] == "model.safetensors"


def test_a_report_is_written(dataset, tmp_path):
    editor = TreeEditor(Blocks.of(dataset, 0))
    Report(editor=editor, state=ExplorerState(), pictures=()).write(tmp_path / "report.html")
    assert "one, set in training" in (tmp_path / "report.html").read_text()
