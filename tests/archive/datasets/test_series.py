"""Time steps coded under the step before: each is read, resumed, appended to and damaged as others are."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.archive.write import variable_encoder
from idlat.errors import ArchiveError, CorruptStreamError, IdlatError
from idlat.model.subband.model import SubbandModel

STEPS = 7


def drifting(steps: int = STEPS, shape: tuple[int, int, int] = (16, 40, 80), seed: int = 0) -> xr.DataArray:
    """Noise that changes by a fifth from step to step, on a wave; a part of it is always missing."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.arange(n) / 5.0 for n in shape), indexing="ij")
    noise, found = rng.normal(size=shape), []
    for step in range(steps):
        noise = 0.98 * noise + 0.2 * rng.normal(size=shape)
        found.append(np.sin(x + 0.1 * step) * np.cos(y) + 0.3 * z + 0.3 * noise)
    values = np.array(found, np.float32)
    values[:, :4, 30:, :7] = np.nan
    return xr.DataArray(values, dims=("time", "z", "y", "x"), name="heat")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def field() -> xr.DataArray:
    return drifting()


@pytest.fixture(scope="module")
def stored(field: xr.DataArray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("series") / "a"
    idlat.compress(field, path, "value > 1", quality=50, key_every=4, workers=1).close()
    return path


def series_of(archive: idlat.Archive) -> int:
    model = archive.decoder().model
    assert isinstance(model, SubbandModel)
    return model.key_every


def test_it_takes_fewer_bytes_at_equal_quality(field: xr.DataArray, stored: Path, tmp_path: Path) -> None:
    alone = idlat.compress(field, tmp_path / "alone", "value > 1", quality=50, key_every=1)
    with idlat.open_archive(stored) as archive:
        assert series_of(archive) == 4
        assert series_of(alone) == 1
        assert archive.info().bytes_streams < 0.85 * alone.info().bytes_streams
        quality = idlat.evaluate(archive, field).wpsnr, idlat.evaluate(alone, field).wpsnr
        assert quality[0] > quality[1] - 1.5


@pytest.mark.parametrize("step", range(STEPS))
def test_any_step_is_read_by_itself(field: xr.DataArray, stored: Path, step: int) -> None:
    with idlat.open_archive(stored) as archive:
        whole = archive.decode()
    with idlat.open_archive(stored) as archive:
        region = archive.decode(time=step, z=slice(3, 9), x=slice(60, 80))
    expected = whole.isel(time=step, z=slice(3, 9), x=slice(60, 80))
    np.testing.assert_array_equal(np.squeeze(region.values), expected.values)


def test_bytes_do_not_depend_on_workers(field: xr.DataArray, stored: Path, tmp_path: Path) -> None:
    idlat.compress(field, tmp_path / "b", "value > 1", quality=50, key_every=4, workers=2).close()
    assert contents(tmp_path / "b") == contents(stored)


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_resumed_job_gives_the_same_bytes(
    field: xr.DataArray, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    real, calls = variable_encoder.seal_object, []

    def stopped(*given: object) -> bytes:
        calls.append(given)
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(variable_encoder, "seal_object", stopped)
        with pytest.raises(KeyboardInterrupt):
            idlat.compress(field, tmp_path / "a", "value > 1", quality=50, key_every=4, workers=1)
    idlat.compress(field, tmp_path / "a", "value > 1", quality=50, key_every=4, mode="resume").close()
    assert contents(tmp_path / "a") == contents(stored)


def test_appended_steps_need_none_of_those_before(field: xr.DataArray, tmp_path: Path) -> None:
    idlat.compress(field[:3], tmp_path / "a", quality=50).close()
    with pytest.raises(IdlatError, match="leave out --key-every"):
        idlat.compress(field[3:], tmp_path / "a", mode="a", key_every=2)
    with idlat.compress(field[3:], tmp_path / "a", mode="a") as archive:
        assert idlat.verify(archive, field).ok
    for position in (tmp_path / "a" / "heat" / "latents" / "c").glob("[012]"):
        shutil.rmtree(position)
    with idlat.open_archive(tmp_path / "a") as archive:
        assert archive.decode(time=5).notnull().any()
        with pytest.raises(ArchiveError, match="is missing"):
            archive.decode(time=2)


def test_a_lost_step_names_itself_and_spares_those_after_the_next_key(stored: Path, tmp_path: Path) -> None:
    shutil.copytree(stored, tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / "heat" / "latents" / "c" / "1")
    with idlat.open_archive(tmp_path / "a") as archive:
        for step in (1, 2, 3):
            with pytest.raises(ArchiveError, match="heat/latents/c/1/0/0/0/0 is missing"):
                archive.decode(time=step)
        for step in (0, 4, 5):
            assert archive.decode(time=step).notnull().any()
    assert not idlat.verify(tmp_path / "a").ok


def test_a_repair_gives_up_what_needs_a_lost_step(stored: Path, tmp_path: Path) -> None:
    shutil.copytree(stored, tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / "heat" / "latents" / "c" / "1")
    assert idlat.repair(tmp_path / "a").lost
    with idlat.open_archive(tmp_path / "a") as archive:
        for step in range(STEPS):
            assert bool(archive.decode(time=step).notnull().any()) == (step not in (1, 2, 3))
    assert not idlat.repair(tmp_path / "a", stored).lost
    assert idlat.verify(tmp_path / "a").ok


def test_vectors_are_coded_under_their_own_component(tmp_path: Path) -> None:
    parts = [drifting(3, (8, 24, 24), seed) for seed in range(2)]
    wind = xr.concat(parts, "component").transpose("time", "component", "z", "y", "x")
    with idlat.compress(wind, tmp_path / "a", quality=55) as archive:
        assert series_of(archive) == 8
        assert idlat.verify(archive, wind).ok
        one = archive.decode(time=2).values
        np.testing.assert_array_equal(np.squeeze(one), archive.decode().values[2])


def test_bounds_hold(field: xr.DataArray, tmp_path: Path) -> None:
    few = field[:3]
    with idlat.compress(few, tmp_path / "a", max_error=0.01) as archive:
        assert series_of(archive) > 1
        assert np.nanmax(np.abs(archive.decode() - few)) <= 0.01
        assert idlat.verify(archive, few).ok


def test_targets_are_met(field: xr.DataArray, tmp_path: Path) -> None:
    archive = idlat.compress(field[:3], tmp_path / "a", ratio=20)
    size = sum(v.bytes_original for v in archive.record.variables)
    assert size / archive.info().bytes_streams == pytest.approx(20, rel=0.02)


def test_zarr_alone_says_what_it_cannot_read(stored: Path) -> None:
    latents = zarr.open_array(stored / "heat" / "latents", mode="r")
    assert np.asarray(latents[4]).any()  # a key step
    with pytest.raises(CorruptStreamError, match="--key-every 1"):
        latents[5]


@pytest.mark.parametrize("every", [0, 65, -3])
def test_another_number_is_one_clear_line(field: xr.DataArray, tmp_path: Path, every: int) -> None:
    with pytest.raises(IdlatError, match="--key-every goes from 1 to 64, got"):
        idlat.compress(field, tmp_path / "a", key_every=every)
    assert not (tmp_path / "a").exists()


def test_models_that_cannot_say_so(field: xr.DataArray, tmp_path: Path) -> None:
    with pytest.raises(IdlatError, match="preset learned codes each time step alone: leave out --key-every"):
        idlat.compress(field, tmp_path / "a", model="learned", key_every=4)
