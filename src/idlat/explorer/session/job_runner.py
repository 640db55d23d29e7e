"""Jobs of one window: run on another thread, shown with their progress, taken on the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idlat.errors import IdlatError
from idlat.explorer.data import Job, Jobs
from idlat.explorer.data.background_jobs import Work

__all__ = ["JobRunner"]

_log = logging.getLogger(__name__)

_OPEN = ("waiting", "running")  # states of a job of which something may come; told before its thread is done


@dataclass(frozen=True)
class _Ends:
    """What a job is called, who is told of its end, and whether the page is not."""

    label: str
    done: Callable[[Any], None]
    failed: Callable[[], None] | None
    quiet: bool


class JobRunner:
    """Runs jobs and tells the page of them.

    Parameters
    ----------
    state
        trame's, which shows what runs as ``jobs``.
    say
        Shows a line, of a kind.
    touch
        Is told that something changed.
    """

    def __init__(self, state: Any, say: Callable[[str, str], None], touch: Callable[[], None]) -> None:
        self._state, self._say, self._touch = state, say, touch
        self._loop = asyncio.get_running_loop()
        self._jobs = Jobs()
        self._running: dict[str, dict[str, Any]] = {}
        self._delivered: dict[str, int] = {}
        self._closed = False
        state.jobs = []

    def run(
        self,
        kind: str,
        label: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[], None] | None = None,
        quiet: bool = False,
    ) -> None:
        """Run work; `done` takes its result, on the loop, unless a later job of its kind outdid it.

        `failed` is called instead, after the page was told why, where nothing came of the latest. A quiet
        one is not shown among the jobs.
        """
        ends = _Ends(label, done, failed, quiet)

        def changed(job: Job) -> None:
            if not self._closed:
                self._loop.call_soon_threadsafe(self._changed, job, ends)

        self._jobs.submit(kind, work, changed)
        if not quiet:
            self._show(kind, label)  # with what asked for it: the page never seems idle in between

    def cancel(self, kind: str) -> None:
        """Give up the latest job of a kind."""
        self._jobs.cancel(kind)

    def runs(self, kind: str) -> bool:
        """Tell whether a job of a kind waits or runs."""
        job = self._jobs.latest(kind)
        return job is not None and job.state in _OPEN

    def _changed(self, job: Job, ends: _Ends) -> None:
        if self._closed or self._jobs.latest(job.kind) is not job:
            return
        with self._state:
            self._running.pop(job.kind, None)
            if job.state in _OPEN and not ends.quiet:
                self._show(job.kind, ends.label, round(100 * job.done / job.total) if job.total else None)
            self._state.jobs = list(self._running.values())
            ended = job.state not in _OPEN
            if ended and job.number > self._delivered.get(job.kind, 0):
                self._delivered[job.kind] = job.number  # reports of progress may arrive after the end
                self._deliver(job, ends)

    def _show(self, kind: str, label: str, percent: int | None = None) -> None:
        """Show a job as one that runs."""
        self._running[kind] = {"kind": kind, "label": label, "percent": percent}
        self._state.jobs = list(self._running.values())

    def _deliver(self, job: Job, ends: _Ends) -> None:
        try:
            if job.state == "failed":
                self._fail(job.kind, job.error)
            if job.state == "done":
                ends.done(job.result)
            elif ends.failed is not None:
                ends.failed()
        except Exception as error:  # of any kind: the page says so, the window goes on
            self._fail(job.kind, error)
        self._touch()

    def _fail(self, kind: str, error: BaseException | None) -> None:
        if isinstance(error, IdlatError | OSError):
            self._say(str(error), "error")
        else:
            _log.error("job %s failed", kind, exc_info=error)
            self._say(f"{kind} failed: see the server's log", "error")

    def close(self) -> Callable[[], None]:
        """Give up everything; what runs looks up at its next report of progress.

        What is returned waits for that.
        """
        self._closed = True
        self._jobs.cancel()
        return self._jobs.close
