"""Jobs that are killed, or asked to end, at any point: what they leave, and that the next makes up for it."""

from __future__ import annotations

import re
import shutil
import signal

import numpy as np
import pytest

from support.output_jobs import before, job, names, tree

SAID = {
    signal.SIGINT: (130, "idlat: interrupted; "),
    signal.SIGTERM: (143, "idlat: ended by SIGTERM; "),
}


def following(kind, inputs, work):
    """The job that goes on after `kind` was stopped."""
    if kind in ("bounded", "grow"):
        return [*job(kind, "w1", inputs, work), "--resume"]
    if kind in ("new", "overwrite"):
        return job("resume", "w1", inputs, work)
    args = job(kind, "w1", inputs, work)
    if kind in ("zip", "train"):
        args = [word for word in args if word != "--overwrite"]
    return [*args, "--resume"] if kind in ("zip", "append", "train") else args


def points(events, count):
    """Events spread over a job, the first and the last among them."""
    return sorted({1 + round(i * (events - 1) / (count - 1)) for i in range(count)})


def some(*kinds):
    """A few points of the first kind at once, many of all of them as a slow test."""
    slow = [pytest.param(kind, 6, marks=pytest.mark.slow) for kind in kinds]
    return [(kinds[0], 3), *slow]


def alone_of(jobs, inputs, folder, kind):
    """Run a job that nothing stops; return how many points it has."""
    before((kind,), inputs, folder)
    done = jobs.one(*job(kind, "w1", inputs, folder), folder=folder)
    assert done.status == 0, done.err
    return int(done.events)


def fresh(work, inputs, kind):
    shutil.rmtree(work)
    work.mkdir()
    before((kind,), inputs, work)
    return names(work)


def stopped(jobs, inputs, work, kind, at, number):
    """Send a job a signal at an event, or at one before it where it has fewer than alone, as threads may."""
    while True:
        there = fresh(work, inputs, kind)
        ended = jobs.one(*job(kind, "w1", inputs, work), folder=work, at=at, signal=number)
        if ended.status or int(ended.events) >= at:
            return there, ended
        at -= 1


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *some("new", "overwrite", "append", "zip", "map", "clusters", "train"),
        *some("bounded", "grow", "repair"),
        *some("npy", "nc", "zarr", "mhd", "export"),
    ],
)
def test_after_a_kill_the_next_job_ends_as_if_there_had_been_none(
    jobs, inputs, tmp_path, tmp_path_factory, kind, count
):
    alone, work = tmp_path_factory.mktemp("alone"), tmp_path / "work"
    work.mkdir()
    for at in points(alone_of(jobs, inputs, alone, kind), count):
        _, killed = stopped(jobs, inputs, work, kind, at, signal.SIGKILL)
        assert killed.status == -signal.SIGKILL
        done = jobs.one(*following(kind, inputs, work))
        if kind == "train" and done.status == 2 and "no checkpoint" in done.line:
            done = jobs.one(*job(kind, "w1", inputs, work))
        assert done.status == 0, (at, done.err)
        assert names(work) == names(alone), at
        assert tree(work) == tree(alone), at


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "count"),
    [("new", 20), ("bounded", 25), ("append", 10), ("grow", 15), ("npy", 10), ("train", 10), ("repair", 10)],
)
def test_a_hundred_kills_at_random_moments(jobs, inputs, tmp_path, tmp_path_factory, kind, count):
    """Nothing half-written under a final name, and the next job gives the bytes of one never killed."""
    alone, work = tmp_path_factory.mktemp("alone"), tmp_path / "work"
    work.mkdir()
    events = alone_of(jobs, inputs, alone, kind)
    for at in np.random.default_rng(len(kind)).integers(1, events + 1, count).tolist():
        fresh(work, inputs, kind)
        there = tree(work)
        killed = jobs.one(*job(kind, "w1", inputs, work), folder=work, at=at, signal=signal.SIGKILL)
        assert killed.status == -signal.SIGKILL
        left, whole = tree(work), tree(alone)
        for final in ("out.npy", "out.st"):
            assert left.get(final) in (there.get(final), whole.get(final)), at
        done = jobs.one(*following(kind, inputs, work))
        if kind == "train" and done.status == 2 and "no checkpoint" in done.line:
            done = jobs.one(*job(kind, "w1", inputs, work))
        assert done.status == 0, (at, done.err)
        assert tree(work) == tree(alone), at


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize(("kind", "count"), some("npy", "nc", "zarr", "mhd", "map", "export"))
def test_who_is_asked_to_end_leaves_nothing_and_says_so(
    jobs, inputs, tmp_path, tmp_path_factory, kind, count, number
):
    alone, work = tmp_path_factory.mktemp("alone"), tmp_path / "work"
    work.mkdir()
    for at in points(alone_of(jobs, inputs, alone, kind), count):
        there, ended = stopped(jobs, inputs, work, kind, at, number)
        status, said = SAID[number]
        assert ended.status == status, (at, ended.err)
        assert ended.line == f"{said}nothing was left half-written: run the same command again"
        assert names(work) == there or tree(work) == tree(alone), at


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize(("kind", "count"), some("new", "overwrite", "append", "zip", "train"))
def test_who_is_asked_to_end_says_how_to_go_on(jobs, inputs, tmp_path, tmp_path_factory, kind, count, number):
    alone, work = tmp_path_factory.mktemp("alone"), tmp_path / "work"
    work.mkdir()
    for at in points(alone_of(jobs, inputs, alone, kind), count):
        _, ended = stopped(jobs, inputs, work, kind, at, number)
        status, said = SAID[number]
        assert ended.status == status, (at, ended.err)
        (line,) = [line for line in ended.err.splitlines() if line.startswith("idlat: ")]
        assert re.fullmatch(
            re.escape(said) + "the same command with --resume.* goes on from what was written", line
        )
        assert not [name for name in names(work) if name.endswith((".lock", ".tmp"))]
        done = jobs.one(*following(kind, inputs, work))
        if kind == "train" and done.status == 2 and "no checkpoint" in done.line:
            done = jobs.one(*job(kind, "w1", inputs, work))
        assert done.status == 0, (at, done.err)
        assert names(work) == names(alone), at
        assert tree(work) == tree(alone), at
