"""Appending steps and variables: the archive that one call would have written, and never a broken one."""

from __future__ import annotations

import asyncio
import errno
import json

import fsspec
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError, FieldError, IdlatError, OutputError, OutputExistsError
from support.models.linear_model import LinearModel

MAP = "value > 11"


@pytest.fixture
def series(make_field):
    """Four steps of two chunks."""
    times = np.array(["2020-01-01", "2020-01-02", "2020-01-03T06", "2020-01-09"], "datetime64[ns]")
    return make_field((12, 16, 80), steps=4).assign_coords(time=times, x=np.arange(80.0))


def part(series, start, stop):
    return series.isel(time=slice(start, stop))


def killing(after):
    """A model that is interrupted, as by a signal, after some analyses."""
    model, calls = LinearModel(), []

    def analyse(*args):
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return LinearModel.analyse(model, *args)

    model.analyse = analyse
    return model


def test_steps_follow_those_that_are_there(tmp_path, series, model):
    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, MAP, model, keep_importance=True)
    before = idlat.open_archive(path, model).decode()
    archive = idlat.compress(part(series, 2, 4), path, model=model, mode="a")
    decoded = archive.decode()
    assert decoded.shape == series.shape
    xr.testing.assert_equal(decoded.coords.to_dataset(), series.coords.to_dataset())
    np.testing.assert_array_equal(decoded[:2], before)
    assert abs(decoded - series).max() < 3
    assert idlat.verify(archive, series).ok
    assert not idlat.verify(archive, series.copy(data=series.values[::-1])).ok
    stated = archive.info().variables[0].errors
    found = idlat.evaluate(archive, series)
    assert (stated.wpsnr, stated.psnr) == pytest.approx((found.wpsnr, found.psnr))
    assert stated.max_error == pytest.approx(found.max_error)
    with xr.open_dataset(path, engine="idlat") as dataset:
        xr.testing.assert_equal(dataset.time, series.time)
    assert not (path / "appending.json").exists()
    assert sorted(p.name for p in path.iterdir()) == ["model", "speed", "time_", "x", "zarr.json"]


def test_again_and_again(tmp_path, series, model):
    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 1), path, model=model)
    for step in range(1, 4):
        idlat.compress(part(series, step, step + 1), path, model=model, mode="a")
    archive = idlat.open_archive(path, model)
    assert [p.steps for p in archive.record.variables[0].parts] == [1, 1, 1, 1]
    xr.testing.assert_equal(archive.decode().time, series.time)
    assert idlat.verify(archive, series).ok


@pytest.mark.parametrize("time", [True, False])
def test_single_steps_become_a_series(tmp_path, series, model, time):
    steps = [series.isel(time=i, drop=not time) for i in range(3)]
    path = tmp_path / "a.idlat"
    for number, step in enumerate(steps):
        archive = idlat.compress(step, path, model=model, mode="a" if number else "w-")
    decoded = archive.decode()
    assert decoded.dims == ("time", "z", "y", "x")
    assert ("time" in decoded.coords) == time
    assert abs(decoded.values - series.values[:3]).max() < 3
    assert archive.decode(time=1).shape == (12, 16, 80)


def masked(series, *steps):
    values = series.values.copy()
    for step in steps:
        values[step, :3, :4, 60:70] = np.nan
    return series.copy(data=values)


@pytest.mark.parametrize(
    ("steps", "masks"),
    [
        ((0, 1, 2, 3), [(0,), (0,)]),
        ((2, 3), [(-1,), (0,)]),
        ((0, 1), [(0,), (-1,)]),
        ((0, 3), [(0, -1), (-1, 0)]),
        ((), [(-1,), (-1,)]),
    ],
    ids=str,
)
def test_missing_values_in_some_steps(tmp_path, series, model, steps, masks):
    field = masked(series, *steps)
    path = tmp_path / "a.idlat"
    idlat.compress(part(field, 0, 2), path, model=model)
    archive = idlat.compress(part(field, 2, 4), path, model=model, mode="a")
    np.testing.assert_array_equal(np.isnan(archive.decode()), np.isnan(field))
    assert [part.masks for part in archive.record.variables[0].parts] == masks
    assert len(archive.record.masks) == (1 if steps else 0)
    assert idlat.verify(archive, field).ok


def test_a_further_variable(tmp_path, series, model, make_field):
    path = tmp_path / "a.idlat"
    idlat.compress(series, path, MAP, model)
    q = make_field((12, 16, 80), 4, "int16", 500, 100).rename("q").assign_coords(x=np.arange(80.0))
    archive = idlat.compress(q, path, model=model, mode="a", transform="asinh")
    assert archive.variables == ("speed", "q")
    assert archive.decode("q").dtype == np.int16
    assert idlat.verify(archive, [series, q]).ok
    with pytest.raises(FieldError, match="more steps of all variables"):
        idlat.compress(series, path, model=model, mode="a")
    archive = idlat.compress([q, series], path, model=model, mode="a")
    assert archive.decode("q").shape[0] == archive.decode("speed").shape[0] == 8


def test_components(tmp_path, series, model):
    wind = xr.concat([series, 2 * series], "component").transpose("time", "component", "z", "y", "x")
    wind = masked(wind, 3)
    path = tmp_path / "a.idlat"
    idlat.compress(wind.isel(time=0), path, "1", model)
    archive = idlat.compress(part(wind, 1, 4), path, model=model, mode="a")
    np.testing.assert_array_equal(np.isnan(archive.decode()), np.isnan(wind))
    assert archive.decode(component=1, time=2).shape == (12, 16, 80)
    assert idlat.verify(archive, wind).ok


def test_values_beyond_the_old_range_come_back(tmp_path, series, model):
    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, model=model, quality=100)
    archive = idlat.compress(part(series, 2, 4) + 20, path, model=model, mode="a")
    assert float(archive.decode(time=3).max()) > float(series.max()) + 15
    assert float(archive.decode(time=0).max()) <= float(series[:2].max())


def test_an_interrupted_append_leaves_the_archive_and_resumes(tmp_path, series, files_of, model):
    path, whole = tmp_path / "a.idlat", tmp_path / "whole.idlat"
    for target in (path, whole):
        idlat.compress(part(masked(series, 3), 0, 2), target, MAP, model, keep_importance=True)
    before, decoded = files_of(path), idlat.open_archive(path, model).decode()
    with pytest.raises(KeyboardInterrupt):
        idlat.compress(part(masked(series, 3), 2, 4), path, model=killing(1), mode="a", workers=1)
    archive = idlat.open_archive(path, model)
    xr.testing.assert_identical(archive.decode(), decoded)
    assert idlat.verify(archive).ok
    with pytest.raises(OutputExistsError, match="--resume"):
        idlat.compress(part(series, 2, 4), path, model=model, mode="a")
    with pytest.raises(ArchiveError, match="started with another field"):
        idlat.compress(part(series, 0, 1), path, model=model, mode="a+resume")
    for _ in range(2):  # what is appended already is not appended twice
        idlat.compress(part(masked(series, 3), 2, 4), path, model=model, mode="a+resume")
    idlat.compress(part(masked(series, 3), 2, 4), whole, model=model, mode="a")
    assert files_of(path) == files_of(whole)
    assert before.keys() < files_of(path).keys() | {"time/c/0", "time/zarr.json"}


def test_an_interrupted_append_can_be_dropped(tmp_path, series, files_of, model):
    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, MAP, model)
    before = files_of(path)
    with pytest.raises(KeyboardInterrupt):
        idlat.compress(part(masked(series, 3), 2, 4), path, model=killing(1), mode="a", workers=1)
    failing = LinearModel()
    failing.analyse = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        idlat.compress(part(series, 2, 3), path, model=failing, mode="a+w")
    assert unformatted(files_of(path)) == unformatted(before)
    assert idlat.compress(part(series, 2, 3), path, model=model, mode="a").decode().shape[0] == 3


def test_a_damaged_note_of_an_append_can_be_dropped(tmp_path, series, files_of, model):
    path, more = tmp_path / "a.idlat", masked(part(series, 2, 4), 1)
    idlat.compress(part(series, 0, 2), path, MAP, model, keep_importance=True)
    before = files_of(path)
    with pytest.raises(KeyboardInterrupt):
        idlat.compress(more, path, model=killing(1), mode="a", workers=1)
    (path / "appending.json").write_bytes((path / "appending.json").read_bytes()[:-40])
    assert idlat.open_archive(path, model).decode().shape[0] == 2
    for mode in ("a", "a+resume"):
        with pytest.raises(ArchiveError, match=r"appending.json is damaged.*--append --overwrite"):
            idlat.compress(more, path, model=model, mode=mode)
    failing = LinearModel()
    failing.analyse = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        idlat.compress(more, path, model=failing, mode="a+w")
    assert unformatted(files_of(path)) == unformatted(before)


def test_an_older_array_in_a_younger_archive_is_noticed(tmp_path, series):
    """Also one that decoding reads past."""
    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 1), path)
    older = (path / "speed/second/zarr.json").read_bytes()
    idlat.compress(part(series, 1, 2), path, mode="a")
    assert idlat.verify(path).ok
    (path / "speed/second/zarr.json").write_bytes(older)
    (fault,) = idlat.verify(path).faults
    assert "speed/second/zarr.json has room for 1, the record names 2" in fault


@pytest.mark.parametrize("kind", ["steps", "variable"])
def test_an_older_record_in_a_younger_archive_is_noticed(tmp_path, series, model, kind):
    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, MAP, model)
    older = (path / "zarr.json").read_bytes()
    more = part(series, 2, 3) if kind == "steps" else part(series, 0, 2).rename("w")
    idlat.compress(more, path, model=model, mode="a")
    younger = (path / "zarr.json").read_bytes()
    (path / "zarr.json").write_bytes(older)
    if kind == "steps":
        with pytest.raises(ArchiveError, match=r"holds 3 steps, the record 2: zarr.json is an older one"):
            idlat.open_archive(path, model)
    else:
        (fault,) = idlat.verify(path).faults
        assert "does not name w: zarr.json is an older one" in fault
    (path / "zarr.json").write_bytes(younger)
    assert idlat.verify(path).ok


def test_a_kill_at_the_very_end_is_cleared_up(tmp_path, series, model, monkeypatch):
    from idlat.archive.append import append

    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, model=model)

    def killed(self, key):
        raise KeyboardInterrupt

    with monkeypatch.context() as late:
        late.setattr(append.ArchiveStore, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            idlat.compress(part(series, 2, 3), path, model=model, mode="a")
    archive = idlat.compress(part(series, 2, 3), path, model=model, mode="a+resume")
    assert archive.decode().shape[0] == 3
    assert not (path / "appending.json").exists()
    archive = idlat.compress(part(series, 3, 4), path, model=model, mode="a")
    assert idlat.verify(archive, series).ok


def unformatted(files):
    return {name: json.loads(data) if name.endswith(".json") else data for name, data in files.items()}


def test_an_error_beside_another_write_takes_everything_back(tmp_path, series, files_of, model, monkeypatch):
    from idlat.archive.storage.durable_store import DurableStore

    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, MAP, model, keep_importance=True)
    before = files_of(path)
    real, written = DurableStore.set, []

    async def full(self, key, value):
        written.append(key)
        if len(written) == 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        if len(written) == 8:  # under way when the next one fails
            await asyncio.sleep(0.4)
        await real(self, key, value)

    with monkeypatch.context() as disk:
        disk.setattr(DurableStore, "set", full)
        with pytest.raises(OutputError, match="no space is left"):
            idlat.compress(masked(part(series, 2, 4), 1), path, model=model, mode="a", workers=2)
    assert unformatted(files_of(path)) == unformatted(before)


@pytest.mark.parametrize("room", [0, 1500, 3000, 4500, 6000])
@pytest.mark.parametrize("kind", ["steps", "variable"])
def test_a_disk_that_fills_up_and_stays_full_keeps_nothing(
    tmp_path, series, files_of, model, monkeypatch, room, kind
):
    """What is taken away makes room again, as on a disk; nothing else does."""
    from idlat.archive.storage import durable_store

    path = tmp_path / "a.idlat"
    idlat.compress(part(series, 0, 2), path, MAP, model, keep_importance=True)
    before = files_of(path)
    size = sum(map(len, before.values())) + room
    more = masked(part(series, 2, 4), 1) if kind == "steps" else masked(part(series, 0, 2), 1).rename("q")

    def check(content):
        if sum(map(len, files_of(path).values())) + len(content) > size:
            raise OSError(errno.ENOSPC, "No space left on device")

    real, replacing = durable_store.ConfinedStore.set, durable_store._replace

    async def put(self, key, value):
        check(value.to_bytes())
        await real(self, key, value)

    with monkeypatch.context() as disk:
        disk.setattr(durable_store.ConfinedStore, "set", put)
        disk.setattr(
            durable_store, "_replace", lambda file, content: (check(content), replacing(file, content))
        )
        with pytest.raises(OutputError, match="no space is left"):
            idlat.compress(more, path, model=model, mode="a", workers=1)
    assert unformatted(files_of(path)) == unformatted(before)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda s: s.isel(x=slice(0, 72)), {}, "must agree"),
        (lambda s: s.astype("float64"), {}, "must agree"),
        (lambda s: s.assign_coords(x=s.x + 1), {}, "coordinate 'x' is 1, 2"),
        (lambda s: s.drop_vars("x"), {}, "coordinates x"),
        (lambda s: s.rename("q").isel(x=slice(0, 72)).drop_vars("x"), {}, "share one grid"),
        (lambda s: s.rename("q").assign_coords(x=s.x + 1), {}, "coordinate 'x' is 1, 2"),
        (lambda s: s, {"importance": "value > 9"}, "--importance differs"),
        (lambda s: s, {"quality": 70, "keep_importance": True}, "leave out --quality, --keep-importance"),
        (lambda s: s, {"missing": 5.0}, "--missing"),
        (lambda s: s, {"model": LinearModel("other")}, "was written with the model"),
        (lambda s: s, {"mode": "a+"}, "mode 'a\\+' is unknown"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, series, files_of, model, change, options, message):
    path = tmp_path / "a.idlat"
    idlat.compress(series, path, MAP, model)
    before = files_of(path)
    with pytest.raises(IdlatError, match=message):
        idlat.compress(change(series), path, **{"model": model, "mode": "a", **options})
    assert files_of(path) == before


def test_where_there_is_nothing_to_append_to(tmp_path, series, model):
    with pytest.raises(IdlatError, match="does not exist"):
        idlat.compress(series, tmp_path / "absent", model=model, mode="a")
    idlat.compress(series, tmp_path / "a.zip", model=model)
    with pytest.raises(ArchiveError, match=r"a .zip is finished"):
        idlat.compress(series, tmp_path / "a.zip", model=model, mode="a")


def test_a_map_from_an_array_is_asked_for(tmp_path, series, model):
    path = tmp_path / "a.idlat"
    ones = np.ones(series.shape[1:], np.float32)
    idlat.compress(part(series, 0, 2), path, ones, model)
    with pytest.raises(ArchiveError, match="give the map of what is appended"):
        idlat.compress(part(series, 2, 4), path, model=model, mode="a")
    archive = idlat.compress(part(series, 2, 4), path, ones, model, mode="a")
    assert idlat.verify(archive, series).ok


def test_on_another_file_system(series, model):
    memory = fsspec.filesystem("memory")
    if memory.exists("/append"):
        memory.rm("/append", recursive=True)
    idlat.compress(part(series, 0, 2), "memory://append/a", model=model)
    archive = idlat.compress(part(series, 2, 4), "memory://append/a", model=model, mode="a")
    assert idlat.verify(archive, series).ok
