"""Jobs: progress, failure, cancelling, and the latest of a kind."""

from __future__ import annotations

import threading

import pytest

from idlat.errors import IdlatError
from idlat.explorer.data import Jobs


@pytest.fixture
def jobs():
    made = Jobs(2)
    yield made
    made.close()


def test_progress_and_result(jobs):
    seen = []

    def work(progress, cancelled):
        progress("half", 1, 2)
        return "made"

    job = jobs.submit("work", work, lambda job: seen.append((job.state, job.stage, job.done)))
    assert job.wait(60)
    assert (job.state, job.result, job.total) == ("done", "made", 2)
    assert seen == [("running", "", 0), ("running", "half", 1), ("done", "half", 1)]


def test_failure_is_kept(jobs):
    def work(progress, cancelled):
        raise IdlatError("no such cluster")

    job = jobs.submit("work", work)
    assert job.wait(60)
    assert (job.state, str(job.error)) == ("failed", "no such cluster")
    assert jobs.submit("work", lambda *_: 1).wait(60)


def test_latest_of_a_kind_wins(jobs):
    started, let_go = threading.Event(), threading.Event()

    def slow(progress, cancelled):
        started.set()
        let_go.wait(60)
        progress("next", 1, 2)  # ends here
        return "old"

    first = jobs.submit("estimate", slow)
    other = jobs.submit("projection", lambda *_: "kept")
    assert started.wait(60)
    second = jobs.submit("estimate", lambda *_: "new")
    assert first.cancelled
    let_go.set()
    assert all(job.wait(60) for job in (first, second, other))
    assert (first.state, first.result) == ("cancelled", None)
    assert (second.result, other.result) == ("new", "kept")
    assert jobs.latest("estimate") is second


def test_result_that_comes_after_cancelling_is_dropped(jobs):
    started, let_go = threading.Event(), threading.Event()

    def deaf(progress, cancelled):
        started.set()
        let_go.wait(60)
        return cancelled()

    job = jobs.submit("work", deaf)
    assert started.wait(60)
    jobs.cancel("work")
    let_go.set()
    assert job.wait(60)
    assert (job.state, job.result) == ("cancelled", None)


def test_close_ends_waiting_jobs():
    jobs = Jobs(1)
    started = threading.Event()

    def until_cancelled(progress, cancelled):
        started.set()
        while not cancelled():
            pass

    running = jobs.submit("a", until_cancelled)
    assert started.wait(60)
    waiting = jobs.submit("b", lambda *_: "never")
    jobs.close()
    assert (running.state, waiting.state) == ("cancelled", "cancelled")
