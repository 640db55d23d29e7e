"""Writing from a running simulation: what readers see meanwhile, what a kill costs, and what blocks are."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import textwrap
import time as clock

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError, FieldError, IdlatError, OutputExistsError


@pytest.fixture
def series(make_field):
    field = make_field((16, 24, 32), steps=4)
    return field.assign_coords(
        x=("x", np.arange(32) / 2.0, {"units": "m"}),
        lat=(("y", "x"), np.add.outer(np.arange(24.0), np.arange(32))),
    )


def values(series, step, box=((0, 16), (0, 24), (0, 32))):
    return series.values[(step, *(slice(*ends) for ends in box))]


def cut(shape, parts):
    """Boxes that tile a grid, so many along each axis."""
    edges = [np.linspace(0, n, k + 1).astype(int).tolist() for n, k in zip(shape, parts, strict=True)]
    return list(itertools.product(*(list(itertools.pairwise(each)) for each in edges)))


def with_halo(box, shape, halo):
    return tuple((max(a - halo, 0), min(b + halo, n)) for (a, b), n in zip(box, shape, strict=True))


def test_readers_see_each_step_once_it_is_finished(tmp_path, series) -> None:
    path = tmp_path / "run.idlat"
    writer = idlat.StreamWriter(path, series.isel(time=0), "value > 11", max_error=(0.05, 0.5))
    for step in range(4):
        report = writer.append(step, values(series, step), time=0.25 * step)
        assert report.bytes_original == 16 * 24 * 32 * 4
        assert 0 < report.bytes_streams < report.bytes_original
        assert 0 < report.max_error["speed"] <= 0.5
        with idlat.open_archive(path) as archive:
            seen = archive.decode()
            assert archive.record.importance.text == "value > 11.0"
        assert seen.shape == (step + 1, 16, 24, 32)
        np.testing.assert_allclose(seen.time, 0.25 * np.arange(step + 1))
        error = np.abs(seen.values - series.values[: step + 1])
        assert error.max() <= 0.5
        assert error[series.values[: step + 1] > 11].max() <= 0.05
    xr.testing.assert_equal(seen.x, series.x)
    assert idlat.verify(path).ok


def test_the_bytes_reported_are_those_of_the_archive(tmp_path, series) -> None:
    writer = idlat.StreamWriter(tmp_path / "run.idlat", series.isel(time=0), max_error=0.1)
    reported = sum(writer.append(step, values(series, step)).bytes_streams for step in range(3))
    info = idlat.open_archive(tmp_path / "run.idlat").info()
    assert reported <= info.bytes_streams  # which counts tables and documents, too
    objects = [
        f for f in (tmp_path / "run.idlat" / "speed").rglob("*") if f.is_file() and f.suffix != ".json"
    ]
    assert reported == sum(f.stat().st_size for f in objects)


def test_values_beyond_the_first_steps_range_are_right(tmp_path, series) -> None:
    path = tmp_path / "run.idlat"
    writer = idlat.StreamWriter(path, series.isel(time=0), max_error=0.01)
    grown = [values(series, 0), 30 * values(series, 1), -1e4 * values(series, 2), values(series, 3) * 0]
    for step, each in enumerate(grown):
        writer.append(step, each)
    back = idlat.open_archive(path).decode().values
    for step, each in enumerate(grown):
        assert np.abs(back[step].astype(float) - each).max() <= 0.01


@pytest.mark.parametrize("halo", [0, 4])
def test_blocks_are_read_as_one_field(tmp_path, series, halo) -> None:
    path, shape = tmp_path / "run.idlat", (16, 24, 32)
    boxes = cut(shape, (1, 2, 2))
    writers = [idlat.StreamWriter(path, series.isel(time=0), max_error=0.1, halo=halo) for _ in boxes]
    for step in range(3):
        for writer, box in zip(writers, boxes, strict=True):
            writer.append(
                step, values(series, step, with_halo(box, shape, halo)), [a for a, _ in box], time=step
            )
    with xr.open_dataset(path, engine="idlat") as found:
        assert found.speed.shape == (3, *shape)
        assert np.abs(found.speed.values - series.values[:3]).max() <= 0.1
        xr.testing.assert_equal(found.x, series.x)
        xr.testing.assert_equal(found.lat.variable, series.lat.variable)
        assert found.x.attrs == {"units": "m"}
        part = found.speed.isel(time=1, y=slice(5, 20), x=[3, 30], z=2).values
        np.testing.assert_array_equal(part, found.speed.values[1, 2, 5:20][:, [3, 30]])
    with xr.open_dataset(path, engine="idlat", chunks={}) as lazily:
        assert np.abs(lazily.speed.mean() - series[:3].mean()).compute() < 0.1
    with pytest.raises(ArchiveError, match="holds the blocks of a parallel run"):
        idlat.compress(series, path, mode="a")


def test_a_step_is_finished_once_every_block_has_it(tmp_path, series) -> None:
    path, (left, right) = tmp_path / "run.idlat", cut((16, 24, 32), (1, 1, 2))
    writer = idlat.StreamWriter(path, series.isel(time=0), max_error=0.1)
    writer.append(0, values(series, 0, left), (0, 0, 0))
    with pytest.raises(ArchiveError, match="have not finished their first step"):
        xr.open_dataset(path, engine="idlat")
    writer.append(0, values(series, 0, right), (0, 0, 16))
    writer.append(1, values(series, 1, right), (0, 0, 16))
    with xr.open_dataset(path, engine="idlat") as found:
        assert found.sizes["time"] == 1


def test_halos_keep_missing_values_integers_and_vectors(tmp_path) -> None:
    rng, shape = np.random.default_rng(0), (8, 16, 24)
    vectors = rng.normal(size=(3, *shape)).cumsum(-1).astype("float32")
    vectors[:, 3, 4:9, 10:14] = np.nan
    counts = (100 * np.abs(rng.normal(size=shape)).cumsum(-1)).astype("int16")
    like = xr.Dataset({"u": (("component", "z", "y", "x"), vectors), "n": (("z", "y", "x"), counts)})
    path = tmp_path / "run.idlat"
    writer = idlat.StreamWriter(path, like, max_error=2, halo=4)
    for box in cut(shape, (1, 2, 2)):
        at = tuple(slice(*ends) for ends in with_halo(box, shape, 4))
        writer.append(0, {"u": vectors[(slice(None), *at)], "n": counts[at]}, [a for a, _ in box])
    with xr.open_dataset(path, engine="idlat") as found:
        u, n = found.u.values[0], found.n.values[0]
    np.testing.assert_array_equal(np.isnan(u), np.isnan(vectors))
    assert np.nanmax(np.abs(u - vectors)) <= 2
    assert n.dtype == np.int16
    assert np.abs(n.astype(int) - counts).max() <= 2


RUN = textwrap.dedent(
    """
    import sys, numpy as np, xarray as xr, idlat
    path, first = sys.argv[1], int(sys.argv[2])
    z, y, x = np.meshgrid(*(np.arange(n) / 9 for n in (16, 24, 32)), indexing="ij")
    like = xr.DataArray(np.zeros((16, 24, 32), "float32"), dims=("z", "y", "x"), name="p")
    writer = idlat.StreamWriter(path, like, max_error=0.01, mode="a" if first else "w-")
    for step in range(max(first - 2, 0), first + 400 if not first else first + 2):
        values = (np.sin(z + 0.1 * step) * np.cos(x + y)).astype("float32")
        print(step, writer.append(step, values) is not None, flush=True)
    """
)


@pytest.mark.parametrize("sent", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_kill_costs_the_step_under_way_at_most(tmp_path, sent) -> None:
    path = tmp_path / "run.idlat"
    command = [sys.executable, "-c", RUN, path, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        done = -1
        for line in run.stdout:
            done = int(line.split()[0])
            if done == 3:
                clock.sleep(0.05)
                run.send_signal(sent)
    with idlat.open_archive(path) as archive:
        steps = archive.record.variables[0].steps
        assert steps >= done + 1 >= 4
        z, y, x = np.meshgrid(*(np.arange(n) / 9 for n in (16, 24, 32)), indexing="ij")
        for step in range(steps):
            expected = np.sin(z + 0.1 * step) * np.cos(x + y)
            assert np.abs(archive.decode(time=step).values - expected).max() <= 0.010001
    again = subprocess.run(
        [sys.executable, "-c", RUN, path, str(steps)], capture_output=True, text=True, check=True
    )
    assert again.stdout.split() == [
        str(steps - 2), "False", str(steps - 1), "False", str(steps), "True", str(steps + 1), "True"
    ]  # fmt: skip
    assert idlat.open_archive(path).decode().sizes["time"] == steps + 2
    assert idlat.verify(path).ok


def test_what_does_not_fit_is_one_line_and_leaves_what_is_stored(tmp_path, series) -> None:
    path, like = tmp_path / "run.idlat", series.isel(time=0)
    writer = idlat.StreamWriter(path, like, max_error=0.1)
    writer.append(0, values(series, 0))
    for block, offset, message in [
        (values(series, 0)[:, :, :8], (0, 0, 28), "leaves the grid, which has 32 along x"),
        (values(series, 0).astype("float64"), (0, 0, 0), "is float64, `like` is float32"),
        (values(series, 0)[0], (0, 0, 0), "should have the axes"),
        (values(series, 0), (0, 0), "offset should be three numbers"),
    ]:
        with pytest.raises(FieldError, match=message):
            writer.append(1, block, offset)
    with pytest.raises(IdlatError, match="step 2 was given, expected 1"):
        writer.append(2, values(series, 2))
    with pytest.raises(OutputExistsError, match="exists"):
        idlat.StreamWriter(path, like).append(0, values(series, 0))
    with pytest.raises(OutputExistsError, match="is an archive already"):
        idlat.StreamWriter(path, like).append(0, values(series, 0)[:8], (0, 0, 0))
    with pytest.raises(IdlatError, match="halo should be 0 or 4"):
        idlat.StreamWriter(path, like, halo=3)
    with pytest.raises(IdlatError, match="knows no range yet"):
        idlat.StreamWriter(path, like, max_error="0.1%")
    assert idlat.open_archive(path).decode().sizes["time"] == 1


def test_blocks_of_another_run_are_refused(tmp_path, series) -> None:
    path, like = tmp_path / "run.idlat", series.isel(time=0)
    idlat.StreamWriter(path, like, max_error=0.1).append(0, values(series, 0)[:8], (0, 0, 0))
    with pytest.raises(OutputExistsError, match="which overlaps"):
        idlat.StreamWriter(path, like, max_error=0.1).append(0, values(series, 0)[:10], (4, 0, 0))
    with pytest.raises(OutputExistsError, match="blocks of another run"):
        idlat.StreamWriter(path, like.isel(x=slice(0, 20)), max_error=0.1).append(
            0, values(series, 0)[:8, :, :20], (8, 0, 0)
        )
    (path / "blocks.json").write_text("{}")
    with pytest.raises(ArchiveError, match="is no index of blocks"):
        xr.open_dataset(path, engine="idlat")


def test_maps_of_other_kinds_are_given_with_each_step(tmp_path, series) -> None:
    path = tmp_path / "run.idlat"
    writer = idlat.StreamWriter(path, series.isel(time=0), max_error=(0.01, 1.0))
    what_matters = np.zeros((16, 24, 32), "float32")
    what_matters[:8] = 1
    for step in range(2):
        writer.append(step, values(series, step), importance=what_matters)
    error = np.abs(idlat.open_archive(path).decode().values - series.values[:2])
    assert error[:, :8].max() <= 0.01
