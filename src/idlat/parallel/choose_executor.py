"""Which executor a user asks for: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from idlat.errors import IdlatError
from idlat.extras import missing_extra
from idlat.parallel.executor import Executor, Scheduler, Workers
from idlat.parallel.thread_pool import ThreadPool, worker_count

__all__ = ["executor_of"]


@contextmanager
def executor_of(workers: Workers | None, scheduler: Scheduler | None) -> Generator[Executor]:
    """Give what runs the tasks of a job; connections that are made here end with the ``with`` block.

    Parameters
    ----------
    workers
        Threads of this process, one for each processor unless given; or an executor, which is given back.
    scheduler
        A Dask cluster to run on instead: the address of its scheduler (``tcp://host:8786``), the path of a
        scheduler file (``….json``), a :class:`distributed.Client`, or ``"distributed"`` for the client that
        is active in this process. None is threads, even where a client is active.

    Raises
    ------
    IdlatError
        Both are given, the package ``distributed`` is missing, the scheduler cannot be reached, or a worker
        has no idlat of this version.

    Examples
    --------
    >>> with executor_of(2, None) as executor:
    ...     executor.slots
    2
    """
    if scheduler is None:
        yield ThreadPool(worker_count(workers)) if isinstance(workers, int | None) else workers
        return
    if workers is not None:
        raise IdlatError("workers are threads of this process, scheduler names a cluster: give one of them")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise missing_extra("a scheduler", "distributed") from None
    from idlat.parallel.dask_cluster import connected

    with connected(scheduler) as cluster:
        yield cluster
