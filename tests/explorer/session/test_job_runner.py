"""Jobs of a window: when the page is told of them, and what it is told."""

import asyncio
import threading
from typing import Any

from idlat.explorer.session.job_runner import JobRunner


class State:
    """As much of a page's state as jobs touch."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []

    def __enter__(self) -> "State":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_job_whose_end_is_told_runs_no_more():
    gate, told = threading.Event(), threading.Event()
    running: list[bool] = []

    async def run() -> None:
        def touch() -> None:
            running.append(worker.runs("sum"))
            told.set()

        worker = JobRunner(State(), lambda *_: None, touch)
        worker.run("sum", "Adding", lambda *_: gate.wait(300), lambda _: None)
        assert worker.runs("sum")
        job = worker._jobs.latest("sum")
        end = job._ended.set
        job._ended.set = lambda: (told.wait(300), end())  # its thread is slower than the loop
        gate.set()
        while not told.is_set():
            await asyncio.sleep(0.01)
        worker.close()

    asyncio.run(asyncio.wait_for(run(), 300))
    assert running == [False]
