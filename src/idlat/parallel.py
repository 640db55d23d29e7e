"""Running tasks on a pool of threads, a bounded number under way, each with one intra-op thread of torch."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from idlat.errors import IdlatError

__all__ = ["run_tasks", "worker_count"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def worker_count(workers: int | None) -> int:
    """Return the number of threads to use: `workers`, or one for each processor this process may use.

    Raises
    ------
    IdlatError
        `workers` is below 1.

    Examples
    --------
    >>> worker_count(3)
    3
    """
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 1:
        raise IdlatError(f"workers should be at least 1, got {workers}")
    return workers


def run_tasks(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in order; at most ``2 * workers`` are under way.

    The bytes that a network gives must not depend on the number of threads: parallelism is over tasks only.
    The first error ends the rest.

    Examples
    --------
    >>> list(run_tasks(lambda n: n * n, range(5), workers=2))
    [0, 1, 4, 9, 16]
    """
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="idlat", initializer=_one_thread) as pool:
        try:
            for item in items:
                under_way.append(pool.submit(function, item))
                if len(under_way) >= 2 * workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> None:
    if torch := sys.modules.get("torch"):  # a model that computes with it has loaded it
        torch.set_num_threads(1)
