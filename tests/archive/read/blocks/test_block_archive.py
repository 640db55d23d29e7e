"""The blocks of a parallel run as one archive: in Python, in xarray and on the command line."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.cli.app import run
from idlat.errors import ArchiveError, Remark

SHAPE = (12, 20, 32)
SPLIT = 16


@pytest.fixture(scope="module")
def series(make_field):
    field = make_field(SHAPE, steps=3)
    return field.assign_coords(x=("x", np.arange(32) / 2.0, {"units": "m"}))


def write(path, series, steps, halo=0, side=0) -> None:
    """Write steps of the left block (side 0) or of the right one."""
    writer = idlat.StreamWriter(path, series.isel(time=0), "value > 11", max_error=0.1, halo=halo, mode="a")
    start, stop = (0, SPLIT + halo) if side == 0 else (SPLIT - halo, 32)
    for step in steps:
        writer.append(step, series.values[step, :, :, start:stop], (0, 0, side * SPLIT), time=0.5 * step)


@pytest.fixture(scope="module", params=[0, 4])
def written(request, tmp_path_factory, series):
    path = tmp_path_factory.mktemp("blocks") / "run.idlat"
    write(path, series, range(2), request.param, 0)
    write(path, series, range(3), request.param, 1)
    return path


@pytest.fixture
def blocks(written, tmp_path):
    """The path of two blocks, of which the right one is a step ahead."""
    return shutil.copytree(written, tmp_path / "run.idlat")


def test_they_are_one_archive(blocks, series) -> None:
    with idlat.open_blocks(blocks) as archive:
        assert list(archive) == ["speed"]
        assert "speed" in repr(archive).splitlines()[1]
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
    ahead = blocks / "z0_12-y0_20-x16_32.idlat" / "speed"  # its third step is no step of all yet
    kinds = "latents", "second", "residual", "step"
    further = [f for kind in kinds for f in ahead.glob(f"{kind}/c/2/**/*")]
    unfinished = sum(f.stat().st_size for f in further if f.is_file())
    assert unfinished > 0
    assert info.bytes_streams == sum(each.bytes_streams for each in members) - unfinished
    assert info.bytes_archive == sum(f.stat().st_size for f in blocks.rglob("*") if f.is_file())
    (speed,) = info.variables
    assert speed.shape == (2, *SHAPE)
    assert 0 < speed.errors.max_error <= 0.1
    assert speed.importance == "value > 11.0"


def test_steps_that_only_some_have_do_not_count_in_an_evaluation(blocks, series, tmp_path) -> None:
    even = tmp_path / "even.idlat"
    halo = idlat.open_blocks(blocks).info().halo
    for side in (0, 1):
        write(even, series, range(2), halo, side)
    field = series.isel(time=slice(0, 2))
    ahead, same = (idlat.evaluate(path, field) for path in (blocks, even))
    assert (ahead.bytes_streams, ahead.lsr) == (same.bytes_streams, same.lsr)
    # What is left is the record of the step, among the metadata.
    assert 0 <= ahead.bytes_archive - same.bytes_archive < 5000


def test_one_block_that_is_the_whole_grid_opens_as_well(tmp_path, series) -> None:
    writer = idlat.StreamWriter(tmp_path / "run.idlat", series.isel(time=0), max_error=0.1)
    for step in range(2):
        writer.append(step, series.values[step])
    with idlat.open_blocks(tmp_path / "run.idlat") as blocks, idlat.open_archive(blocks.path) as archive:
        np.testing.assert_array_equal(blocks.decode(z=slice(2, 9)), archive.decode(z=slice(2, 9)))
        assert (blocks.info().blocks, blocks.steps) == (1, 2)
        assert blocks.info().bytes_archive == archive.info().bytes_archive
        assert idlat.verify(blocks).ok
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
        assert idlat.verify(archive, progress=lambda *each: told.append(each)).ok
    assert told == [("verify", 1, 2), ("verify", 2, 2)]
    victim = sorted(blocks.glob("*-x16_32.idlat/speed/latents/c/1/**/*"))[-1]
    victim.write_bytes(victim.read_bytes()[:-1])
    with idlat.open_blocks(blocks) as archive:
        (fault,) = idlat.verify(archive).faults
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


def test_evaluate_and_verify_compare_them_with_their_field(tmp_path, series, capsys) -> None:
    for halo in (0, 4):
        run_path = tmp_path / f"halo{halo}.idlat"
        for side in (0, 1):
            write(run_path, series, range(3), halo, side)
        idlat.write_field(series, tmp_path / "run.nc", overwrite=True)
        assert run(["evaluate", str(run_path), str(tmp_path / "run.nc"), "--scores", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        with idlat.open_archive(run_path) as archive:
            whole = archive.decode().values.astype(float)
        errors = whole - series.values
        assert told["max_error"] == pytest.approx(np.abs(errors).max())
        assert 0.5 < told["error_over_bound"] <= 1
        spans = np.ptp(series.values.astype(float), axis=(1, 2, 3))
        squares = (errors / spans[:, None, None, None]) ** 2
        assert told["psnr"] == pytest.approx(-10 * np.log10(squares.mean()))
        inside = series.values > 11  # the importance of a block is that of its voxels
        assert told["wpsnr"] == pytest.approx(-10 * np.log10(squares[inside].mean()))
        assert told["bytes_archive"] == sum(f.stat().st_size for f in run_path.rglob("*") if f.is_file())
        assert told["scores"]["ssim"] > 0.9
        assert run(["verify", str(run_path), str(tmp_path / "run.nc")]) == 0
        capsys.readouterr()
        idlat.write_field(series + np.float32(0.01), tmp_path / "other.nc", overwrite=True)
        assert run(["verify", str(run_path), str(tmp_path / "other.nc")]) == 2
        assert "compressed from other values" in capsys.readouterr().err


def test_importance_is_that_of_each_block(tmp_path, series) -> None:
    """An expression that is relative to a block, as it was when written."""
    writer = idlat.StreamWriter(tmp_path / "run.idlat", series.isel(time=0), "value > 90%", quality=60)
    for side in (0, 1):
        values = series.values[0, :, :, side * SPLIT : (side + 1) * SPLIT]
        writer.append(0, values, (0, 0, side * SPLIT))
    with idlat.open_archive(tmp_path / "run.idlat") as archive:
        found = idlat.evaluate(archive, series.isel(time=[0]))
        errors = archive.decode().values[0] - series.values[0].astype(float)
        kept = idlat.archive.recompute_importance(archive, series.isel(time=[0]))
    inside = np.zeros(SHAPE, bool)
    for part in (slice(0, SPLIT), slice(SPLIT, 32)):
        block = series.values[0, :, :, part]
        inside[:, :, part] = block > np.percentile(block, 90)
    span = np.ptp(series.values[0].astype(float))
    assert found.wpsnr == pytest.approx(-10 * np.log10(((errors / span) ** 2)[inside].mean()), abs=0.1)
    assert kept.shape == (1, 1, 2, 2)
    assert float(kept.sum()) > 0


def test_isosurfaces_and_coarse_views_cross_the_borders(tmp_path, series, capsys) -> None:
    path = tmp_path / "run.idlat"
    for side in (0, 1):
        write(path, series, [0], 0, side)
    with idlat.open_archive(path) as archive:
        (moved,) = idlat.archive.isosurface_distances(archive, series.isel(time=[0]), [11.0])
        assert moved.hausdorff < 2
        means = archive.decode(coarse=16)
        whole = archive.decode().values[0].astype(float)
    np.testing.assert_allclose(means[0, 0, 0], [whole[:, :16, :16].mean(), whole[:, :16, 16:].mean()], 1e-6)
    assert run(["decompress", str(path), "--coarse", "16", "-o", str(tmp_path / "small.nc")]) == 0
    assert idlat.open_field(tmp_path / "small.nc").shape == (1, 1, 2, 2)


def test_missing_values_and_losses_of_a_block_are_seen(tmp_path, series) -> None:
    field = series.isel(time=0)
    values = field.values.copy()
    values[:, :, 14:24] = np.nan
    writer = idlat.StreamWriter(tmp_path / "run.idlat", field, max_error=0.1)
    for side in (0, 1):
        writer.append(0, values[:, :, side * SPLIT : (side + 1) * SPLIT], (0, 0, side * SPLIT))
    given = series.isel(time=[0]).copy(data=values[None])
    with idlat.open_archive(tmp_path / "run.idlat") as archive:
        decoded = archive.decode()
        np.testing.assert_array_equal(np.isnan(decoded), np.isnan(given))
        means = archive.decode(coarse=8).values[0]
        assert np.isnan(means[:, :, 2]).all()
        np.testing.assert_allclose(means[0, 0, 1], np.nanmean(decoded.values[0, :8, :8, 8:16]), 1e-6)
        assert not np.isnan(means[:, :, [0, 1, 3]]).any()
        assert idlat.evaluate(archive, given).max_error <= 0.1
    for chunk in (tmp_path / "run.idlat").glob("*-x16_32.idlat/speed/latents/c/**/0"):
        if chunk.is_file():
            chunk.unlink()
    idlat.repair(next((tmp_path / "run.idlat").glob("*-x16_32.idlat")))
    with idlat.open_archive(tmp_path / "run.idlat") as archive:
        assert all("x16_32.idlat/speed/latents" in each for each in archive.info().lost)
        assert np.isnan(archive.decode(x=slice(SPLIT, 32))).all()
        assert not np.isnan(archive.decode(x=slice(0, 14))).any()
        assert np.isnan(archive.decode(coarse=16).values[..., 1]).all()
        assert idlat.evaluate(archive, given).max_error <= 0.1  # of what is left


def test_export_writes_one_image_of_all_blocks(blocks, series, tmp_path) -> None:
    assert run(["export", str(blocks), "-o", str(tmp_path / "vtk")]) == 0
    assert sorted(each.name for each in (tmp_path / "vtk").iterdir()) == [
        *("run.pvd", "run_0000.vti", "run_0001.vti")
    ]
    back = idlat.open_field(tmp_path / "vtk" / "run_0001.vti")
    assert np.abs(back.values.reshape(SHAPE) - series.values[1]).max() <= 0.1


def test_analysis_makes_latents_in_one_unit(blocks, tmp_path, capsys, monkeypatch) -> None:
    """Blocks are coded each in its own unit, so their own latents would not compare."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    out = tmp_path / "clusters"
    assert run(["analyze", "clusters", str(blocks), "-o", str(out), "--clusters", "2", "--block", "8"]) == 0
    assert "latents of its 2 blocks are made anew" in capsys.readouterr().err
    assert run(["analyze", "project", str(blocks), "-o", str(out), "--block", "8", "--perplexity", "5"]) == 0
    tracked = ["analyze", "track", str(blocks), "-o", str(out), "--cluster", "1"]
    assert run([*tracked, "--clusters-file", str(out / "clusters.json")]) == 0
    with idlat.open_archive(blocks) as archive:
        decoded = archive.decode()
        with pytest.raises(ArchiveError, match="each in a unit of their own"):
            archive.latents()
    alone = idlat.compress(decoded, "memory://blocks/alone.idlat", "value > 11", mode="w")
    with pytest.warns(Remark, match="of its 2 blocks are made anew"):
        whole = idlat.archive.with_latents(idlat.open_archive(blocks))
    with whole:
        assert whole.latents(8).shape == alone.latents(8).shape
        xr.testing.assert_identical(whole.decode(), decoded)  # the values that are stored, not coded again
        assert whole.importance() is not None
        assert whole.record.variable("speed").errors.max_error <= 0.1
        (made,) = Path(tempfile.gettempdir()).glob("idlat-blocks-*")
    assert not made.exists()


def test_the_explorer_shows_the_values_that_are_stored(blocks, series) -> None:
    from idlat.explorer.data import Dataset

    with pytest.warns(Remark, match="made anew"):
        dataset = Dataset.open(blocks, series.isel(time=slice(0, 2)))
    with dataset:
        assert (dataset.shape, dataset.steps) == (SHAPE, 2)
        shown = dataset.volume("reconstruction", 1).values
        away = dataset.volume("difference", 1).values
    with idlat.open_archive(blocks) as archive:
        np.testing.assert_array_equal(shown, archive.decode(time=1))
    assert np.abs(away).max() <= 0.1


def test_a_plot_in_vtk_reads_them(blocks) -> None:
    pytest.importorskip("vtkmodules")
    from idlat.vtk import IdlatSource

    source = IdlatSource()
    source.SetFileName(str(blocks / "blocks.json"))
    source.Update()
    assert source.GetOutputDataObject(0).GetDimensions() == SHAPE[::-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["verify", "run.idlat", "run.nc"], "give the field that was compressed"),
        (["decompress", "run.idlat", "--time", "5", "-o", "late.nc"], "time 5 is outside the archive"),
        (["compress", "run.nc", "--append", "-o", "run.idlat"], "append to them by idlat.StreamWriter"),
        (["repair", "run.idlat"], "the blocks of a parallel run, each an archive: give one of them"),
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
