"""Training's choice of blocks on a Dask cluster: the same blocks, hence the same model, as in one process."""

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import IdlatError
from idlat.parallel import executor_of

pytest.importorskip("torch", reason="needs the extra idlat[train]")
pytest.importorskip("lightning_fabric", reason="needs the extra idlat[train]")

from idlat.training import train
from idlat.training.sampling import BlockSampler, volumes


@pytest.fixture
def series(tmp_path):
    """The path of a file of two steps, part rough, with missing values."""
    values = np.zeros((2, 40, 44, 90), np.float32)
    values[..., 45:] = np.random.default_rng(0).gamma(2, size=(2, 40, 44, 45))
    values[0, 5:9] = np.nan
    np.save(tmp_path / "rough.npy", values)
    return tmp_path / "rough.npy"


def test_the_same_blocks_are_chosen(series, cluster):
    alone = BlockSampler(volumes(idlat.open_field(series)), seed=3)
    told = []
    with executor_of(None, cluster.scheduler_address) as executor:
        sources = volumes(idlat.open_field(series), (), executor)
        there = BlockSampler(sources, 3, workers=executor, progress=lambda *each: told.append(each))
    assert [each.normalisation for each in sources] == [each.normalisation for each in alone.sources]
    assert (there.low, there.high) == (alone.low, alone.high)
    assert told == [("sample", done, len(told)) for done in range(1, len(told) + 1)]
    assert len(told) == 8  # 64 blocks of each step, 16 a task
    np.testing.assert_array_equal(there.draw(2, 1).block, alone.draw(2, 1).block)


@pytest.mark.slow
def test_train_makes_the_same_model(series, cluster, tmp_path):
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        made = [
            train(
                [idlat.open_field(series)], tmp_path / f"{name}.safetensors", preset_name="paper", steps=2,
                batch=2, scheduler=scheduler,
            )
            for name, scheduler in (("alone", None), ("there", cluster.scheduler_address))
        ]  # fmt: skip
    finally:
        torch.set_num_threads(threads)
    assert made[0].sha256 == made[1].sha256


def test_a_field_without_values_is_refused_from_there(cluster, tmp_path):
    empty = xr.DataArray(np.full((4, 4, 4), np.nan), dims=("z", "y", "x"), name="empty")
    with pytest.raises(IdlatError, match="empty has no valid value"):
        train([empty], tmp_path / "m.safetensors", scheduler=cluster.scheduler_address)
    assert not list(tmp_path.glob("*.safetensors"))


def test_an_unreachable_scheduler_leaves_nothing(series, tmp_path):
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "500ms"}),
        pytest.raises(IdlatError, match="cannot be reached"),
    ):
        train([idlat.open_field(series)], tmp_path / "m.safetensors", scheduler="tcp://127.0.0.1:1")
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["rough.npy"]
