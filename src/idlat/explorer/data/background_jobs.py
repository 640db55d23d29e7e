"""Work in the background: with progress, cancelled on request, the latest of a kind wins.

::

    submit(kind, work) ──▶ Job waiting ─▶ running ─▶ done | failed | cancelled
                             │ an earlier job of that kind is cancelled
                             └ work(progress, cancelled): both look whether to go on
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from idlat.errors import IdlatError
from idlat.progress import Progress

__all__ = ["CancelledError", "Job", "Jobs", "Progress", "State", "Work", "ignore_progress"]

Work = Callable[[Progress, Callable[[], bool]], Any]
"""What a job runs: it tells of progress, and asks whether it was cancelled."""

State = Literal["waiting", "running", "done", "failed", "cancelled"]


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Do nothing: for work whose progress nobody follows."""


class CancelledError(IdlatError):
    """Work was cancelled because its result is no longer wanted."""


class Job:
    """One piece of work.

    Attributes
    ----------
    kind : str
        Which the latest job wins of.
    number : int
        Counts up over all jobs.
    state : {"waiting", "running", "done", "failed", "cancelled"}
        Where it stands.
    stage, done, total
        Its progress.
    result, error
        What came of it; of one that failed the exception.
    """

    def __init__(self, kind: str, number: int, work: Work, on_change: Callable[[Job], None] | None) -> None:
        self.kind, self.number = kind, number
        self.state: State = "waiting"
        self.stage, self.done, self.total = "", 0, 0
        self.result: Any = None
        self.error: BaseException | None = None
        self._work, self._on_change = work, on_change
        self._cancel, self._ended = threading.Event(), threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask it to stop; it does at its next report of progress."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end, and tell whether it came."""
        return self._ended.wait(timeout)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Take note of progress.

        Raises
        ------
        CancelledError
            The job was told to stop: so any work that reports progress can be cancelled.
        """
        if self.cancelled:
            raise CancelledError(f"job {self.kind} was cancelled")
        self.stage, self.done, self.total = stage, done, total
        self._tell()

    def run(self) -> None:
        """Do the work; whatever it raises ends in `state` and `error`."""
        try:
            if self.cancelled:
                raise CancelledError(f"job {self.kind} was cancelled")
            self.state = "running"
            self._tell()
            result = self._work(self.progress, self._cancel.is_set)
            if self.cancelled:
                raise CancelledError(f"job {self.kind} was cancelled")
            self.result, self.state = result, "done"
        except CancelledError:
            self.state = "cancelled"
        except Exception as error:  # of any kind: the page shows it, the thread goes on with the next job
            self.error, self.state = error, "failed"
        self._tell()
        self._ended.set()

    def _tell(self) -> None:
        if self._on_change is not None:
            self._on_change(self)


class Jobs:
    """Runs jobs on a few threads.

    Parameters
    ----------
    workers
        Threads. A job that was cancelled holds its thread until it looks.

    Examples
    --------
    >>> jobs = Jobs()
    >>> job = jobs.submit("sum", lambda progress, cancelled: sum(range(5)))
    >>> job.wait(), job.state, job.result
    (True, 'done', 10)
    >>> jobs.close()
    """

    def __init__(self, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="explorer")
        self._latest: dict[str, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def submit(self, kind: str, work: Work, on_change: Callable[[Job], None] | None = None) -> Job:
        """Start work; an earlier job of its kind is cancelled.

        Parameters
        ----------
        kind
            Such as ``projection``.
        work
            ``work(progress, cancelled)``.
        on_change
            Called with the job, from its thread, on every change of state and report of progress.
        """
        with self._lock:
            job = Job(kind, next(self._numbers), work, on_change)
            earlier, self._latest[kind] = self._latest.get(kind), job
        if earlier is not None:
            earlier.cancel()
        self._pool.submit(job.run)
        return job

    def latest(self, kind: str) -> Job | None:
        """Return the last job of a kind that was submitted."""
        with self._lock:
            return self._latest.get(kind)

    def cancel(self, kind: str | None = None) -> None:
        """Cancel the latest job of a kind, or of every kind."""
        with self._lock:
            chosen = list(self._latest.values()) if kind is None else [self._latest.get(kind)]
        for job in chosen:
            if job is not None:
                job.cancel()

    def close(self) -> None:
        """Cancel everything and wait for the threads."""
        self.cancel()
        self._pool.shutdown(wait=True)
