"""Running tasks on a pool of threads, a bounded number under way, each with one intra-op thread of torch."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from idlat.errors import IdlatError

__all__ = ["ThreadPool", "one_thread", "worker_count"]

Group = TypeVar("Group")
Item = TypeVar("Item")
Result = TypeVar("Result")

_COMBINED = 16  # results kept before they are made one


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


@dataclass(frozen=True)
class ThreadPool:
    """Runs tasks on threads of this process; at most two a thread are under way.

    An error is seen once every task that runs has ended: none writes into what its handler takes away.

    Attributes
    ----------
    slots
        Threads.

    Examples
    --------
    >>> list(ThreadPool(2).run_joined(len, [("a", ["one", "three"])], print))
    a [3, 5]
    [None, None]
    """

    slots: int

    def run(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
        """Yield ``function(item)`` for each item, in order."""
        under_way: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(self.slots, thread_name_prefix="idlat", initializer=one_thread) as pool:
            try:
                for item in items:
                    under_way.append(pool.submit(function, item))
                    if len(under_way) >= 2 * self.slots:
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def run_joined(
        self,
        function: Callable[[Item], Result],
        groups: Iterable[tuple[Group, Sequence[Item]]],
        join: Callable[[Group, Sequence[Result]], None],
    ) -> Generator[None]:
        """Call `function` for each item of each group, and `join` for each group, on a thread, too."""
        waiting: deque[tuple[Group, int]] = deque()  # groups whose items are under way, and how many
        found: list[Result] = []
        tasks: deque[Future[Any]] = deque()
        joins: deque[Future[None]] = deque()
        with ThreadPoolExecutor(self.slots, thread_name_prefix="idlat", initializer=one_thread) as pool:

            def take() -> None:
                """Take the oldest result; hand over its group where it was the last."""
                found.append(tasks.popleft().result())
                if len(found) == waiting[0][1]:
                    joins.append(pool.submit(join, waiting.popleft()[0], list(found)))
                    found.clear()

            try:
                for group, items in groups:
                    waiting.append((group, len(items)))
                    for item in items:
                        tasks.append(pool.submit(function, item))
                        if len(tasks) >= 2 * self.slots:
                            take()
                            yield
                    while joins and joins[0].done():
                        joins.popleft().result()
                while tasks:
                    take()
                    yield
                while joins:
                    joins.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def reduce(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        combine: Callable[[Sequence[Result]], Result],
    ) -> Result:
        """Return all of ``function(item)`` combined."""
        kept: list[Result] = []
        for result in self.run(function, items):
            kept.append(result)
            if len(kept) == _COMBINED:
                kept = [combine(kept)]
        return kept[0] if len(kept) == 1 else combine(kept)


def one_thread() -> None:
    """Let torch, where a model that computes with it has loaded it, use one thread in this one."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
