"""What runs tasks, and how tasks are handed to it.

::

    items ──function──▶ results                      run:     in order, a bounded number under way
    groups of items ──function──▶ results ──join──▶   joined:  once all of a group are there
    items ──function──▶ results ──combine──▶ one     reduce:  in order, by twos or more
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar, Union, runtime_checkable

from idlat.parallel.thread_pool import ThreadPool, worker_count

if TYPE_CHECKING:
    from distributed import Client

__all__ = [
    "Executor",
    "Scheduler",
    "Workers",
    "join_tasks",
    "local_threads",
    "reduce_tasks",
    "run_tasks",
    "slots_of",
]

Group = TypeVar("Group")
Item = TypeVar("Item")
Result = TypeVar("Result")


@runtime_checkable
class Executor(Protocol):
    """Runs tasks somewhere; each may run more than once, so it must give and write the same each time."""

    @property
    def slots(self) -> int:
        """How many tasks run at the same time."""

    def run(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
        """Yield ``function(item)`` for each item, in order; the first error ends the rest."""

    def run_joined(
        self,
        function: Callable[[Item], Result],
        groups: Iterable[tuple[Group, Sequence[Item]]],
        join: Callable[[Group, Sequence[Result]], None],
    ) -> Generator[None]:
        """Call ``function`` for each item of each group, and ``join(group, results)`` for each group.

        Yields once for each item, and ends when all groups are joined.
        """

    def reduce(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        combine: Callable[[Sequence[Result]], Result],
    ) -> Result:
        """Return all of ``function(item)`` combined, a few at a time, in the order of the items.

        How they are grouped is not said: `combine` must give the same for any grouping.
        """


Workers = int | Executor
"""A number of threads, or what runs tasks."""

Scheduler = Union[str, "Client"]
"""A cluster: its scheduler's address, its scheduler file, ``"distributed"`` or a client."""


def run_tasks(
    function: Callable[[Item], Result], items: Iterable[Item], workers: Workers
) -> Generator[Result]:
    """Yield ``function(item)`` for each item, in order, a bounded number under way.

    The bytes that a task gives must not depend on the number of workers: parallelism is over tasks only.
    Where tasks run in other processes, `function` and `items` are pickled: what is large belongs to the
    function, which goes to each process once, and not to the items. The first error ends the rest.

    Examples
    --------
    >>> list(run_tasks(lambda n: n * n, range(5), workers=2))
    [0, 1, 4, 9, 16]
    """
    return _executor(workers).run(function, items)


def join_tasks(
    function: Callable[[Item], Result],
    groups: Iterable[tuple[Group, Sequence[Item]]],
    join: Callable[[Group, Sequence[Result]], None],
    workers: Workers,
) -> Generator[None]:
    """Call ``join(group, results)`` for each group, with ``function(item)`` of its items; yield once an item.

    Examples
    --------
    >>> _ = list(join_tasks(len, [("a", ["one", "three"]), ("b", ["two"])], print, workers=1))
    a [3, 5]
    b [3]
    """
    return _executor(workers).run_joined(function, groups, join)


def reduce_tasks(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    combine: Callable[[Sequence[Result]], Result],
    workers: Workers,
) -> Result:
    """Return all of ``function(item)`` combined; `combine` must give the same for any grouping.

    Examples
    --------
    >>> reduce_tasks(lambda n: n * n, range(5), max, workers=1)
    16
    """
    return _executor(workers).reduce(function, items, combine)


def local_threads(workers: Workers) -> Workers:
    """Return `workers` where they are threads of this process, else one thread for each processor.

    For what is not worth sending, such as a few chunks that are in memory here.
    """
    return workers if isinstance(workers, int | ThreadPool) else worker_count(None)


def slots_of(workers: Workers) -> int:
    """Return how many tasks run at the same time.

    Examples
    --------
    >>> slots_of(3)
    3
    """
    return _executor(workers).slots


def _executor(workers: Workers) -> Executor:
    return ThreadPool(workers) if isinstance(workers, int) else workers
