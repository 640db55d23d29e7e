"""The blocks of a parallel run as one archive: in Python, in xarray and on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.cli.app import run
from idlat.errors import ArchiveError

SHAPE = (12, 20, 32)
SPLIT = 16


@pytest.fixture
def series(make_field):
    field = make_field(SHAPE, steps=3)
    return field.assign_coords(x=("x", np.arange(32) / 2.0, {"units": "m"}))


def write(path, series, steps, halo=0, side=0) -> None:
    """Write steps of the left block (side 0) or of the right one."""
    writer = idlat.StreamWriter(path, series.isel(time=0), "value > 11", max_error=0.1, halo=halo, mode="a")
    start, stop = (0, SPLIT + halo) if side == 0 else (SPLIT - halo, 32)
    for step in steps:
        writer.append(step, series.values[step, :, :, start:stop], (0, 0, side * SPLIT), time=0.5 * step)


@pytest.fixture(params=[0, 4])
def blocks(request, tmp_path, series):
    """The path of two blocks, of which the right one is a step ahead."""
    write(tmp_path / "run.idlat", series, range(2), request.param, 0)
    write(tmp_path / "run.idlat", series, range(3), request.param, 1)
    return tmp_path / "run.idlat"


def test_they_are_one_archive(blocks, series) -> None:
    with idlat.open_blocks(blocks) as archive:
        assert list(archive) == ["speed"]
        assert archive.steps == 2
        assert archive["speed"].shape == (2, *SHAPE)
        whole = archive.decode()
        assert np.abs(whole.values - series.values[:2]).max() <= 0.1
        xr.testing.assert_equal(whole.x, series.x)
        part = archive.decode("speed", time=-1, x=slice(10, 22), z=3)
        assert part.dims == ("y", "x")
        np.testing.assert_array_equal(part, whole[1, 3, :, 10:22])
        xr.testing.assert_identical(archive.to_xarray().speed.load(), whole)


def test_what_it_says_of_itself(blocks) -> None:
    with idlat.open_blocks(blocks) as archive:
        info = archive.info()
        members = [each.info() for each in archive.archives.values()]
    assert (info.grid, info.blocks, info.steps, info.further) == (SHAPE, 2, 2, 1)
    assert info.bytes_original == 2 * np.prod(SHAPE) * 4
    assert info.bytes_streams == sum(each.bytes_streams for each in members)
    assert info.bytes_archive == sum(f.stat().st_size for f in blocks.rglob("*") if f.is_file())
    (speed,) = info.variables
    assert speed.shape == (2, *SHAPE)
    assert 0 < speed.max_error <= 0.1
    assert info.importance == "value > 11.0"


def test_one_block_that_is_the_whole_grid_opens_as_well(tmp_path, series) -> None:
    writer = idlat.StreamWriter(tmp_path / "run.idlat", series.isel(time=0), max_error=0.1)
    for step in range(2):
        writer.append(step, series.values[step])
    with idlat.open_blocks(tmp_path / "run.idlat") as blocks, idlat.open_archive(blocks.path) as archive:
        np.testing.assert_array_equal(blocks.decode(z=slice(2, 9)), archive.decode(z=slice(2, 9)))
        assert (blocks.info().blocks, blocks.steps) == (1, 2)
        assert blocks.info().bytes_archive == archive.info().bytes_archive
        assert blocks.verify().ok
    fields = [
        xr.DataArray(np.zeros((8, 8, n), "float32"), dims=("z", "y", "x"), name=f"v{n}") for n in (8, 9)
    ]
    idlat.compress(fields, tmp_path / "staggered.idlat")
    with pytest.raises(ArchiveError, match="was not written in blocks"):
        idlat.open_blocks(tmp_path / "staggered.idlat")
    with pytest.raises(ArchiveError, match="is no index of blocks"):
        idlat.open_blocks(tmp_path / "absent.idlat")


def test_a_missing_part_is_one_line(blocks) -> None:
    with idlat.open_blocks(blocks) as archive:
        for indices, message in [
            ({"variable": "u"}, "has no variable 'u'; it has: speed"),
            ({"time": 2}, "time 2 is outside the archive, which has 0 to 1"),
            ({"x": slice(10, 40)}, "leaves the field, whose x runs from 0 to 32"),
        ]:
            with pytest.raises(ArchiveError, match=message):
                archive.decode(**indices)


def test_damage_in_a_block_is_found(blocks) -> None:
    with idlat.open_blocks(blocks) as archive:
        told = []
        assert archive.verify(progress=lambda *each: told.append(each)).ok
    assert told == [("verify", 1, 2), ("verify", 2, 2)]
    victim = sorted(blocks.glob("*-x16_32.idlat/speed/latents/c/1/**/*"))[-1]
    victim.write_bytes(victim.read_bytes()[:-1])
    with idlat.open_blocks(blocks) as archive:
        (fault,) = archive.verify().faults
        assert "x16_32.idlat: chunk speed/latents/c/1/" in fault
        archive.decode(time=0)
        archive.decode(x=slice(0, 8))  # of the other block
        with pytest.raises(ArchiveError, match=r"x16_32\.idlat: chunk speed/latents/c/1/"):
            archive.decode(time=1)


def test_commands_take_them_for_one(blocks, series, tmp_path, capsys) -> None:
    assert run(["info", str(blocks), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 2
    assert run(["info", str(blocks)]) == 0
    assert "2, and 1 that not all blocks have yet" in capsys.readouterr().out
    assert run(["verify", str(blocks)]) == 0
    assert "whole" in capsys.readouterr().out
    assert run(["decompress", str(blocks), "--region", "0:8,:,10:22", "-o", str(tmp_path / "part.nc")]) == 0
    back = idlat.open_field(tmp_path / "part.nc")
    assert back.shape == (2, 8, 20, 12)
    assert np.abs(back.values - series.values[:2, :8, :, 10:22]).max() <= 0.1
    np.testing.assert_array_equal(back.x, np.arange(10, 22) / 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["evaluate", "run.idlat", "run.nc"],
            "holds the blocks of a parallel run: open it by idlat.open_blocks",
        ),
        (["verify", "run.idlat", "run.nc"], "give no field, or decompress it first"),
        (["decompress", "run.idlat", "--coarse", "-o", "small.nc"], "leave out --coarse and --scheduler"),
        (["decompress", "run.idlat", "--time", "5", "-o", "late.nc"], "time 5 is outside the archive"),
    ],
)
def test_what_commands_cannot_do_with_them_is_one_line(
    words, message, tmp_path, series, capsys, monkeypatch
) -> None:
    for side in (0, 1):
        write(tmp_path / "run.idlat", series, [0], side=side)
    idlat.write_field(series, tmp_path / "run.nc")
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert sorted(each.name for each in tmp_path.iterdir() if each.name[0] != ".") == ["run.idlat", "run.nc"]
