"""Maps, sampling, and a short run: seeded, resumable, and getting better."""

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.errors import IdlatError, ModelError, OutputError, OutputExistsError
from idlat.model import LearnedModel
from idlat.normalise import fit_normalisation
from idlat.training import Schedule, train
from idlat.training.checkpoint import load_checkpoint
from idlat.training.learned_recipe import LearnedRecipe
from idlat.training.maps import FAMILIES, random_map
from idlat.training.sampling import BlockSampler, read_block, volumes
from idlat.training.trainer import Trainer
from support.models.tiny_network import TINY


def field(shape: tuple[int, ...] = (20, 70, 66), seed: int = 0) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=shape), axis=-1).astype(np.float32)
    return xr.DataArray(values, dims=("time", "z", "y", "x")[-len(shape) :], name="f")


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(FAMILIES)), st.integers(0, 2**32 - 1), st.booleans())
def test_maps_lie_between_0_and_1(name: str, seed: int, constant: bool) -> None:
    block = (
        np.zeros((16, 16, 16), np.float32) if constant else np.random.default_rng(1).normal(size=(16,) * 3)
    )
    result = random_map(np.random.default_rng(seed), block.astype(np.float32), (name,))
    assert result.shape == block.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert result.min() >= 0
    assert result.max() <= 1


def test_blocks_are_normalised_mirrored_and_free_of_missing_values() -> None:
    data = field()
    data[3, 4, 5] = np.nan
    data[3, 4, 6] = -999
    (volume,) = volumes(data, missing=[-999])
    block = read_block(volume, (0, 3, 2), halo=8)
    assert block.shape == (80, 80, 80)
    assert np.isfinite(block).all()
    assert abs(block).max() < 50
    assert np.array_equal(block[7], block[8])


def test_blocks_are_normalised_as_an_archive_normalises() -> None:
    values = np.random.default_rng(3).gamma(2, size=(40, 44, 48)).astype(np.float32)
    (volume,) = volumes(xr.DataArray(values, dims=("z", "y", "x")))
    expected = fit_normalisation(values, float(values.min()), float(values.max())).forward(values)
    assert np.array_equal(volume.read((slice(None),) * 3), expected)


def test_complex_blocks_are_drawn_ten_times_as_often() -> None:
    values = np.zeros((64, 64, 128), np.float32)
    values[:, :, 64:] = np.random.default_rng(0).normal(size=(64, 64, 64))
    sampler = BlockSampler(volumes(xr.DataArray(values, dims=("z", "y", "x"))), seed=0)
    drawn = [sampler.draw(step, 0)[0].std() for step in range(120)]
    split = np.median(
        [read_block(sampler.sources[0], start).std() for _, start in sampler.high + sampler.low]
    )
    assert np.mean(np.array(drawn) > 0.5 * split) > 0.75


def test_a_field_without_values_is_refused() -> None:
    with pytest.raises(IdlatError, match="no valid value"):
        volumes(xr.DataArray(np.full((4, 4, 4), np.nan), dims=("z", "y", "x")))


def trainer(path: Path, steps: int) -> Trainer:
    sampler = BlockSampler(volumes(field()), seed=1)
    schedule = Schedule(steps=steps, batch=1, warm_up=2, integer_share=0.5, halo_share=0.2)
    return Trainer(LearnedRecipe.begin(TINY, 0), sampler, schedule, path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the model of a run that nothing stops."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    run = trainer(tmp_path_factory.mktemp("whole") / "checkpoint", 6)
    run.run()
    torch.set_num_threads(threads)
    return LearnedModel.from_network(run.raw).sha256


@pytest.mark.parametrize("step", range(1, 6))  # integers begin after the third, the halo after the fifth
def test_a_run_that_is_stopped_at_any_step_and_resumed_gives_the_same_model(
    tmp_path: Path, whole: str, step: int
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first = trainer(tmp_path / "part", 6)
        with pytest.raises(KeyboardInterrupt):
            first.run(report=Stop(step), every=0)
        second = trainer(tmp_path / "part", 6)
        second.resume()
        assert second.step == step
        second.run()
    finally:
        torch.set_num_threads(threads)
    assert LearnedModel.from_network(second.raw).sha256 == whole


class Stop:
    """Presses Ctrl-C at the n-th report."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, _: object) -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Ctrl-C acts as in a terminal, whatever started the tests."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_a_checkpoint_stands_before_the_first_step_and_after_the_first_minute(tmp_path: Path) -> None:
    run = trainer(tmp_path / "c", 3)
    seen = []
    run.run(lambda _: seen.append(load_checkpoint(run.checkpoint)["step"]), every=0, first_save=0)
    assert seen == [0, 1, 1]
    assert load_checkpoint(run.checkpoint)["step"] == 3


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EIO, "Input/output")])
def test_a_disk_that_takes_no_checkpoint_is_one_line_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    monkeypatch.setattr(LearnedRecipe, "config", TINY)
    reports: list[object] = []

    def failing(path: Path, content: object) -> None:
        path.touch()
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", failing)
        with pytest.raises(OutputError, match=said):
            train([field()], tmp_path / "m.safetensors", steps=2, report=reports.append)
    assert not reports
    assert not list(tmp_path.iterdir())


def test_a_read_only_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as disk:
        disk.setattr(os, "open", failing)
        with pytest.raises(OutputError, match=r"m\.st: Read-only file system"):
            train([field()], tmp_path / "m.st", steps=2)


def test_a_full_disk_later_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(tmp_path / "c", 3)

    def fills(_: object) -> None:
        def failing(path: Path, content: object) -> None:
            path.touch()
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", failing)

    with pytest.raises(OutputError, match="disk is full"):
        run.run(fills, every=0, first_save=0)
    assert load_checkpoint(run.checkpoint)["step"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_resuming_another_run_is_refused(tmp_path: Path) -> None:
    first = trainer(tmp_path / "c", 2)
    first.run()
    other = trainer(tmp_path / "c", 3)
    with pytest.raises(ModelError, match="another run"):
        other.resume()


def test_train_writes_a_model_and_its_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LearnedRecipe, "config", TINY)
    reports = []
    trained = train([field()], tmp_path / "m.safetensors", steps=2, report=reports.append)
    assert trained.curve.read_bytes().startswith(b"\x89PNG")
    assert LearnedModel(trained.path.read_bytes()).sha256 == trained.sha256
    assert reports[-1].step == trained.steps == 2
    assert not list(tmp_path.glob("*.ckpt*"))
    with pytest.raises(OutputExistsError):
        train([field()], tmp_path / "m.safetensors", steps=2)


def test_training_improves(tmp_path: Path) -> None:
    run = trainer(tmp_path / "c", 30)
    run.run(every=0)
    losses = [entry.loss for entry in run.history]
    assert np.mean(losses[-8:]) < np.mean(losses[:8])
