"""Two jobs, one output: one writes it, the other says who does; nothing of either is lost or mixed."""

from __future__ import annotations

import os
import re
import shutil
import socket

import pytest

import idlat
from support.output_jobs import before, job, names, tree

BUSY = re.compile(
    rf"idlat: .* is being written by another job \(process \d+ of .+ on {re.escape(socket.gethostname())}, "
    r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\): wait for its end, or choose another output"
)


PAIRS = [
    ("new", "new"),
    ("append", "append"),
    ("npy", "npy"),
    ("mhd", "nhdr"),
]
MORE_PAIRS = [
    ("new", "overwrite"),
    ("overwrite", "overwrite"),
    ("overwrite", "resume"),
    ("resume", "resume"),
    ("append", "overwrite"),
    ("overwrite", "append"),
    ("zip", "zip"),
    ("nc", "map"),
    ("zarr", "zarr"),
    ("nc", "nc"),
    ("raw", "mhd"),
    ("train", "train"),
    ("clusters", "clusters"),
    ("data", "data"),
]


@pytest.fixture
def work(tmp_path, inputs):
    return tmp_path


@pytest.mark.parametrize(
    ("first", "second"), [*PAIRS, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in MORE_PAIRS)]
)
def test_the_second_says_who_writes_and_the_first_is_not_disturbed(
    jobs, inputs, work, tmp_path_factory, first, second
):
    alone = tmp_path_factory.mktemp("alone")
    before((first, second), inputs, alone)
    done = jobs.one(*job(first, "w0", inputs, alone), folder=alone)
    assert done.status == 0, done.err
    for at in (int(done.events) // 3, 3 * int(done.events) // 4):  # what is read at the end holds nobody up
        shutil.rmtree(work)
        work.mkdir()
        before((first, second), inputs, work)
        held = {"args": job(first, "w0", inputs, work), "folder": work, "at": at, "waits": 1}
        writes, loses = jobs.run(held, {"args": job(second, "w1", inputs, work), "after": 0})
        assert (writes.status, loses.status) == (0, 2), (writes.err, loses.err)
        assert BUSY.fullmatch(loses.line), loses.line
        assert names(work) == names(alone)
        if first != "data":
            assert tree(work) == tree(alone)


@pytest.mark.parametrize("kind", ["new", "overwrite", "append"])
def test_of_jobs_that_start_at_once_each_is_done_or_refused(jobs, inputs, work, kind):
    before((kind,), inputs, work)
    ended = jobs.run(*[job(kind, field, inputs, work) for field in ("w0", "w1", "w0")])
    done = [each for each in ended if each.status == 0]
    assert done
    for each in ended:
        if each.status:
            assert each.status == 2
            assert BUSY.fullmatch(each.line) or "exists: use --overwrite" in each.line
    with idlat.open_archive(work / "out.idlat") as archive:
        assert idlat.verify(archive).ok
        steps = archive.record.variables[0].steps
    assert steps == (1 + len(done) if kind == "append" else 1)
    assert os.listdir(work) == ["out.idlat"]


def test_readers_are_not_kept_away(jobs, inputs, work):
    before(("append",), inputs, work)
    held = {"args": job("append", "w1", inputs, work), "folder": work, "at": 12, "waits": 1}
    _, reads = jobs.run(held, {"args": ["verify", work / "out.idlat"], "after": 0})
    assert reads.status == 0, reads.err
    assert "whole" in reads.out


def test_links_to_one_folder_are_one_output(jobs, inputs, work):
    (work / "real").mkdir()
    (work / "link").symlink_to(work / "real")
    held = {"args": job("npy", "w0", inputs, work / "real"), "folder": work, "at": 3, "waits": 1}
    writes, loses = jobs.run(held, {"args": job("npy", "w1", inputs, work / "link"), "after": 0})
    assert (writes.status, loses.status) == (0, 2)
    assert BUSY.fullmatch(loses.line)


def test_other_outputs_beside_are_free(jobs, inputs, work):
    held = {"args": job("npy", "w0", inputs, work), "folder": work, "at": 3, "waits": 1}
    both = jobs.run(held, {"args": job("nc", "w1", inputs, work), "after": 0})
    assert [each.status for each in both] == [0, 0]


def test_a_lock_that_a_killed_job_left_locks_nothing(jobs, inputs, work):
    (work / ".out.idlat.lock").write_text('{"pid": 1}')
    assert jobs.one(*job("new", "w0", inputs, work)).status == 0
    assert os.listdir(work) == ["out.idlat"]
