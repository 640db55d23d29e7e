"""Appends that end at any of their writes and removals: the archive is the former one, or the new one."""

from __future__ import annotations

import errno
import itertools
import json
import shutil
from contextlib import contextmanager

import numpy as np
import pytest

import idlat
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.storage.durable_store import DurableStore
from idlat.errors import OutputError
from support.models.linear_model import LinearModel


@pytest.fixture(params=["steps", "variable"])
def job(request, tmp_path, make_field, files_of, model):
    """An archive of one step, and what is to be appended to it: as small as they can be."""
    times = np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]")
    series = make_field((8, 8, 16), steps=2).assign_coords(time=times, x=np.arange(16.0))
    series.encoding = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 10.0}
    more = series[:1].rename("q") if request.param == "variable" else series[1:]
    values = more.values.copy()
    values[0, :3, :4, 6:10] = np.nan
    more = more.copy(data=values)
    more.encoding = {**series.encoding, "scale_factor": 0.1}  # so that the description changes with the steps
    return Job(tmp_path, series[:1], more, model, files_of)


class Job:
    """One append, done to copies of the same archive."""

    def __init__(self, folder, first, more, model, files_of):
        self.base, self.path, self.whole = (folder / name for name in ("base", "a.idlat", "whole"))
        self.more, self.model, self.files_of = more, model, files_of
        idlat.compress(first, self.base, "value > 11", model, keep_importance=True)
        shutil.copytree(self.base, self.whole)
        self.append(self.whole)
        self.before, self.after = self.seen(self.base), self.seen(self.whole)

    def append(self, path=None, mode="a", model=None):
        return idlat.compress(self.more, path or self.path, model=model or self.model, mode=mode, workers=1)

    def copy(self):
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.base, self.path)

    def seen(self, path):
        """Everything that a reader sees, and whether it is whole."""
        with idlat.open_archive(path, self.model) as archive:
            fields = {name: archive.decode(name) for name in archive.variables}
            assert idlat.verify(archive).faults == ()
        return [
            (name, field.to_dict(data="array"), field.encoding, [c.encoding for c in field.coords.values()])
            for name, field in fields.items()
        ]

    def objects(self, path):
        """The objects of an archive; documents as what they say."""
        content = self.files_of(path).items()
        return {name: json.loads(data) if name.endswith(".json") else data for name, data in content}


@contextmanager
def ending(monkeypatch, at, error, *, late=False):
    """End a job at its write or removal number `at`, once, before or after it is done; count them."""
    done = itertools.count()

    def counted(real):
        def call(self, *args):
            now = isinstance(self.store, DurableStore) and next(done) == at  # in the archive's folder
            if now and not late:
                raise error
            real(self, *args)
            if now:
                raise error

        return call

    with monkeypatch.context() as store:
        for name in ("put", "delete", "delete_folder"):
            store.setattr(ArchiveStore, name, counted(getattr(ArchiveStore, name)))
        yield


def equal(one, other):
    try:
        np.testing.assert_equal(one, other)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("late", [False, True], ids=["not done", "done"])
def test_an_error_at_any_write_takes_everything_back(job, monkeypatch, late):
    """Or, where the new record was in place, the append has succeeded and the next one clears up."""
    refused = succeeded = 0
    for at in itertools.count():
        job.copy()
        try:
            with ending(monkeypatch, at, OSError(errno.ENOSPC, "No space left on device"), late=late):
                job.append()
        except OutputError:
            assert job.objects(job.path) == job.objects(job.base), at
            refused += 1
        else:
            assert equal(job.seen(job.path), job.after), at
            if job.files_of(job.path) == job.files_of(job.whole):
                break
            succeeded += 1
            job.append(mode="a+resume")
            assert job.files_of(job.path) == job.files_of(job.whole), at
    assert refused > 8
    assert succeeded >= (not late)


def test_a_kill_at_any_write_leaves_the_old_or_the_new(job, monkeypatch):
    failing = LinearModel()
    failing.analyse = lambda *_: 1 / 0
    old = new = 0
    for at in itertools.count():
        job.copy()
        try:
            with ending(monkeypatch, at, KeyboardInterrupt()):
                job.append()
            break
        except KeyboardInterrupt:
            pass
        kept = job.path.with_name("kept")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(job.path, kept)
        if equal(job.seen(job.path), job.before):
            old += 1
            with pytest.raises(ZeroDivisionError):
                job.append(kept, "a+w", failing)
            assert job.objects(kept) == job.objects(job.base), at
        else:
            assert equal(job.seen(job.path), job.after), at
            new += 1
        job.append(mode="a+resume")
        assert job.files_of(job.path) == job.files_of(job.whole), at
    assert old > 8
    assert new >= 1
