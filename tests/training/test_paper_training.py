"""Training of the presets `paper` and `baseline`: their maps, exact resume, better with time."""

from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from idlat.errors import IdlatError
from idlat.model import BlockConfig, find_preset, load_model
from idlat.training import Schedule, train
from idlat.training.block_recipes import PaperRecipe
from idlat.training.paper_maps import PAPER_FAMILIES
from idlat.training.sampling import BlockSampler, volumes
from idlat.training.trainer import Trainer
from idlat.training.training_recipe import recipe_of

TINY = BlockConfig(channels=4, conditions=4)


def field() -> xr.DataArray:
    z, y, x = np.meshgrid(*(np.arange(n) / 5 for n in (30, 34, 36)), indexing="ij")
    values = (np.sin(z + y) * np.cos(x) + 0.3 * np.sin(2 * x - z)).astype(np.float32)
    return xr.DataArray(values, dims=("z", "y", "x"), name="f")


def trainer(path: Path, steps: int, preset: str = "paper") -> Trainer:
    config = BlockConfig(preset=preset, channels=4, conditions=4)
    schedule = Schedule(steps=steps, batch=2, warm_up=10, integer_share=0.5, families=tuple(PAPER_FAMILIES))
    return Trainer(
        recipe_of(find_preset(preset)).begin(config, 0), BlockSampler(volumes(field()), 1, 16), schedule, path
    )


@pytest.mark.parametrize("name", sorted(PAPER_FAMILIES))
def test_maps_lie_between_0_and_1(name: str) -> None:
    function, share = PAPER_FAMILIES[name]
    rng = np.random.default_rng(3)
    assert share == 0.2
    for block in (rng.normal(size=(24,) * 3).astype(np.float32), np.zeros((24,) * 3, np.float32)):
        drawn = [function(rng, block) for _ in range(20)]
        assert all(each.shape == block.shape and each.dtype == np.float32 for each in drawn)
        assert min(each.min() for each in drawn) >= 0
        assert max(each.max() for each in drawn) <= 1


def test_a_few_uniform_maps_are_zero() -> None:
    rng = np.random.default_rng(0)
    values = [PAPER_FAMILIES["uniform"][0](rng, np.zeros((1, 1, 1), np.float32))[0, 0, 0] for _ in range(500)]
    assert 0.05 < np.mean(np.array(values) == 0) < 0.15


def test_a_block_is_24_voxels_wide_and_knows_its_span(tmp_path: Path) -> None:
    run = trainer(tmp_path / "c", 2)
    batch = run.batch(0)
    assert batch.x.shape == batch.importance.shape == (2, 1, 24, 24, 24)
    values = volumes(field())[0].read((slice(None),) * 3)
    assert float(batch.number[0]) == pytest.approx(float(values.max() - values.min()), rel=1e-5)


@pytest.mark.parametrize("preset", ["paper", "baseline"])
def test_a_resumed_run_equals_an_uninterrupted_one(preset: str, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole = trainer(tmp_path / "whole", 5, preset)
        whole.run()
        first = trainer(tmp_path / "part", 5, preset)
        with pytest.raises(KeyboardInterrupt):
            first.run(report=_stop_at(2), every=0, save_every=0)
        second = trainer(tmp_path / "part", 5, preset)
        second.resume()
        assert 0 < second.step < 5
        second.run()
    finally:
        torch.set_num_threads(threads)
    freeze = whole.recipe.model_class.from_network
    assert freeze(second.raw).sha256 == freeze(whole.raw).sha256


def _stop_at(step: int):  # type: ignore[no-untyped-def]
    def report(entry) -> None:  # type: ignore[no-untyped-def]
        if entry.step == step:
            raise KeyboardInterrupt

    return report


def plain_error(run: Trainer) -> float:
    """Mean squared error of the cores of 16 fixed blocks under an even map."""
    network, halo = run.raw, 4
    blocks = torch.cat([run.batch(step).x for step in range(1000, 1008)])
    with torch.inference_mode():
        decoded = network.decode(*network.encode(blocks, torch.ones_like(blocks)))
    inner = (..., *(slice(halo, -halo),) * 3)
    return float((decoded[inner] - blocks[inner]).square().mean())


@pytest.mark.parametrize("preset", [pytest.param("paper", marks=pytest.mark.slow), "baseline"])
def test_training_improves(preset: str, tmp_path: Path) -> None:
    run = trainer(tmp_path / "c", 40, preset)
    before = plain_error(run)
    run.run()
    after = plain_error(run)
    assert after < 0.8 * before


def test_train_takes_the_weights_of_the_objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PaperRecipe, "config", TINY)
    monkeypatch.setattr(PaperRecipe, "batch_size", 2)
    path = tmp_path / "m.safetensors"
    trained = train([field()], path, preset_name="paper", steps=2, importance_range=3, distortion_weight=10)
    config = load_model(path).config
    assert (config.importance_range, config.distortion_weight) == (3, 10)
    assert trained.sha256 == load_model(path).sha256


def test_the_default_preset_takes_no_such_weights(tmp_path: Path) -> None:
    with pytest.raises(IdlatError, match="takes neither --importance-range nor"):
        train([field()], tmp_path / "m.safetensors", steps=2, distortion_weight=10)
