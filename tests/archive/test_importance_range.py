"""The archive's own range a of the weight e^{aI+g}: what it does, where it is kept, and who refuses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.write import variable_encoder
from idlat.errors import ArchiveError, IdlatError, ModelError
from support.fields.smooth_field import smooth
from support.models.paper_networks import random_block_model

MAP = "box(x=0:16)"


def rough(seed: int = 0) -> xr.DataArray:
    noise = np.random.default_rng(seed).normal(size=(16, 24, 64))
    return xr.DataArray(
        (smooth((16, 24, 64), seed) + noise).astype(np.float32), dims=("z", "y", "x"), name="p"
    )


def halves(archive: idlat.Archive, field: xr.DataArray) -> tuple[float, float]:
    """Root mean square errors where the importance is 1 and where it is 0, away from the border."""
    error = (archive.decode() - field).values.astype(np.float64)
    return float(np.sqrt((error[..., :12] ** 2).mean())), float(np.sqrt((error[..., 28:] ** 2).mean()))


def test_a_larger_range_takes_bytes_from_what_does_not_matter(tmp_path: Path) -> None:
    field = rough()
    found = {}
    for a in (0, 7, 14, 16):
        with idlat.compress(field, tmp_path / f"{a}", MAP, quality=65, importance_range=a) as archive:
            info = archive.info()
            assert info.importance_range == a
            found[a] = (*halves(archive, field), info.bytes_streams)
    inside, outside, size = (np.array(each) for each in zip(*found.values(), strict=True))
    assert inside.max() < 1.25 * inside.min()  # the quality is that of what matters
    assert (np.diff(outside[:3]) > 0).all()
    assert (np.diff(size[:3]) < 0).all()
    assert size[3] <= size[2]
    assert outside[2] > 2 * outside[1]


def test_without_a_map_it_changes_nothing(tmp_path: Path) -> None:
    values = [
        idlat.compress(rough(), tmp_path / f"{a}", importance_range=a).decode().values for a in (None, 7, 14)
    ]
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_allclose(values[0], values[2], atol=1e-5)


def test_seven_is_what_is_done_unless_told(tmp_path: Path) -> None:
    field = rough()
    idlat.compress(field, tmp_path / "a", MAP)
    again = idlat.compress(field, tmp_path / "a", MAP, importance_range=7, mode="resume")
    assert again.record.importance_range == 7


def test_targets_are_met_under_it(tmp_path: Path) -> None:
    archive = idlat.compress(rough(), tmp_path / "a", MAP, psnr=40, importance_range=14)
    assert idlat.evaluate(archive, rough()).wpsnr == pytest.approx(40, abs=0.11)


def test_an_append_keeps_it(tmp_path: Path) -> None:
    steps = xr.concat([rough(0), rough(1)], "time")
    idlat.compress(steps[:1], tmp_path / "a", MAP, quality=65, importance_range=14)
    with pytest.raises(IdlatError, match="leave out --importance-range"):
        idlat.compress(steps[1:], tmp_path / "a", mode="a", importance_range=7)
    with idlat.compress(steps[1:], tmp_path / "a", mode="a") as archive:
        assert archive.info().importance_range == 14
        for step in range(2):
            error = (archive.decode(time=step) - steps[step]).values
            assert error[..., 28:].std() > 20 * error[..., :12].std()
        assert idlat.verify(archive, steps).ok


def test_a_resumed_job_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = xr.concat([rough(0), rough(1)], "time")
    idlat.compress(steps, tmp_path / "whole", MAP, importance_range=12).close()
    real, calls = variable_encoder.seal_object, []

    def stopped(*given: object) -> bytes:
        calls.append(given)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return real(*given)

    with monkeypatch.context() as late:
        late.setattr(variable_encoder, "seal_object", stopped)
        with pytest.raises(KeyboardInterrupt):
            idlat.compress(steps, tmp_path / "a", MAP, importance_range=12, workers=1)
    with pytest.raises(ArchiveError, match="cannot be resumed"):
        idlat.compress(steps, tmp_path / "a", MAP, importance_range=11, mode="resume")
    idlat.compress(steps, tmp_path / "a", MAP, importance_range=12, mode="resume").close()
    contents = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "whole", tmp_path / "a")
    ]
    assert contents[0] == contents[1]


@pytest.mark.parametrize("a", [-1, 16.5, float("nan"), float("inf")])
def test_another_range_is_one_clear_line(tmp_path: Path, a: float) -> None:
    with pytest.raises(IdlatError, match="--importance-range goes from 0 to 16, got") as error:
        idlat.compress(rough(), tmp_path / "a", MAP, importance_range=a)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("preset", ["learned", "paper", "baseline"])
def test_trained_models_refuse_another(tmp_path: Path, preset: str) -> None:
    model = "learned" if preset == "learned" else random_block_model(preset)
    with pytest.raises(ModelError, match=f"preset {preset} was trained for the importance range 7"):
        idlat.compress(rough(), tmp_path / "a", MAP, model, importance_range=14)
    assert not (tmp_path / "a").exists()
    assert (
        idlat.compress(rough(), tmp_path / "a", MAP, model, importance_range=7).record.importance_range == 7
    )
