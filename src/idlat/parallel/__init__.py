"""Running tasks: on threads of this process, or on the workers of a Dask cluster.

Who has tasks does not know which: :func:`run_tasks` takes a number of threads or any :class:`Executor`.
"""

from __future__ import annotations

from idlat.parallel.choose_executor import executor_of
from idlat.parallel.executor import (
    Executor,
    Scheduler,
    Workers,
    join_tasks,
    local_threads,
    reduce_tasks,
    run_tasks,
    slots_of,
)
from idlat.parallel.shared_results import SharedResults
from idlat.parallel.thread_pool import ThreadPool, worker_count

__all__ = [
    "Executor",
    "Scheduler",
    "SharedResults",
    "ThreadPool",
    "Workers",
    "executor_of",
    "join_tasks",
    "local_threads",
    "reduce_tasks",
    "run_tasks",
    "slots_of",
    "worker_count",
]
