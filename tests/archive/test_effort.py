"""How much the encoder tries: fewer bytes for more of it, and the same decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import idlat
from idlat.cli.app import app
from idlat.errors import IdlatError
from idlat.model.subband.fitting.fit_effort import DEFAULT_EFFORT, EFFORTS
from support.fields.smooth_field import smooth


def field() -> xr.DataArray:
    return xr.DataArray(smooth((48, 40, 56)), dims=("z", "y", "x"), name="speed")


@pytest.mark.parametrize("effort", range(10))
def test_every_effort_decodes_as_well(tmp_path: Path, effort: int) -> None:
    archive = idlat.compress(field(), tmp_path / "a", "value > 0.5", quality=60, effort=effort)
    usual = idlat.compress(field(), tmp_path / "b", "value > 0.5", quality=60)
    assert idlat.verify(archive, field()).ok
    assert idlat.evaluate(archive, field()).wpsnr > idlat.evaluate(usual, field()).wpsnr - 2


def test_more_of_it_saves_bytes_at_equal_quality(tmp_path: Path) -> None:
    sizes = [
        idlat.compress(field(), tmp_path / str(effort), psnr=60, effort=effort).info().bytes_streams
        for effort in (0, 3)
    ]
    assert sizes[1] < 0.99 * sizes[0]


def test_the_default_is_three(tmp_path: Path) -> None:
    archives = [
        idlat.compress(field(), tmp_path / "a", quality=50),
        idlat.compress(field(), tmp_path / "b", quality=50, effort=3),
    ]
    first, second = (archive.info() for archive in archives)
    assert (first.bytes_streams, first.gain) == (second.bytes_streams, second.gain)
    assert DEFAULT_EFFORT == 3
    assert len(EFFORTS) == 10


@pytest.mark.parametrize("effort", [-1, 10])
def test_another_is_one_clear_line(tmp_path: Path, effort: int) -> None:
    with pytest.raises(IdlatError, match=f"--effort goes from 0 to 9, got {effort}"):
        idlat.compress(field(), tmp_path / "a", effort=effort)
    assert not (tmp_path / "a").exists()


def test_an_append_keeps_it(tmp_path: Path) -> None:
    steps = xr.concat([field(), field() + 0.1], "time")
    idlat.compress(steps[:1], tmp_path / "a", effort=1).close()
    with pytest.raises(IdlatError, match="leave out --effort"):
        idlat.compress(steps[1:], tmp_path / "a", mode="a", effort=2)
    archive = idlat.compress(steps[1:], tmp_path / "a", mode="a")
    assert archive.record.settings.effort == 1
    assert idlat.verify(archive, steps).ok


def test_chosen_by_the_command_line(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", field().values)
    given, written = str(tmp_path / "f.npy"), str(tmp_path / "a")
    result = CliRunner().invoke(app, ["compress", given, "-o", written, "--effort", "0", "--key-every", "2"])
    assert result.exit_code == 0, result.output
    with idlat.open_archive(written) as archive:
        assert (archive.record.settings.effort, archive.record.settings.key_every) == (0, 2)
