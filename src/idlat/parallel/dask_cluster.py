"""Running tasks on the workers of a Dask cluster.

A function is pickled once for a job's stage and unpickled once in each worker; its tasks hold small items
only, several where they are quickly done (:mod:`idlat.parallel.task_size`). It is itself the result of a
task, so that it is made again where the workers that held it have died, as is every result. Fields of files
are opened by the workers, arrays in memory are scattered (:mod:`idlat.parallel.pickled_function`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from distributed import Client, Future, KilledWorker, default_client, wait
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError

from idlat.errors import IdlatError
from idlat.parallel.executor import Scheduler
from idlat.parallel.pickled_function import PickledFunction
from idlat.parallel.shared_results import function_key, new_stage
from idlat.parallel.task_size import TaskSize
from idlat.parallel.thread_pool import one_thread

__all__ = ["DaskCluster", "connected"]

Group = TypeVar("Group")
Item = TypeVar("Item")
Result = TypeVar("Result")
Task = Future[Any]

_AHEAD = 4  # tasks under way for each that runs, so that no worker waits for the client
_COMBINED = 16
_REFRESH = 5.0  # seconds after which the workers are counted again: clusters grow
_UNREACHABLE = (OSError, TimeoutError, CommClosedError, ValueError, RuntimeError, ImportError)
#: States, on a worker, of tasks that run or may begin at once.
_UNDER_WAY = frozenset({"ready", "constrained", "executing", "long-running", "cancelled", "resumed"})


@contextmanager
def connected(scheduler: Scheduler) -> Generator[DaskCluster]:
    """Connect to a cluster for the time of a ``with`` block; a client that was given stays open.

    Raises
    ------
    IdlatError
        It cannot be reached, or its workers cannot run idlat.
    """
    if isinstance(scheduler, Client):
        yield DaskCluster.of(scheduler)
        return
    if scheduler in ("distributed", "dask.distributed"):
        try:
            client = default_client()
        except ValueError:
            raise IdlatError(
                "scheduler 'distributed': no dask.distributed client is active here; make one, or give the "
                "scheduler's address"
            ) from None
        yield DaskCluster.of(client)
        return
    try:
        place: dict[str, Any] = {"scheduler_file" if scheduler.endswith(".json") else "address": scheduler}
        client = Client(**place, set_as_default=False)
    except _UNREACHABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise IdlatError(f"the scheduler {scheduler} cannot be reached: {reason[:200]}") from None
    with client:
        yield DaskCluster.of(client)


class DaskCluster:
    """Runs tasks on a cluster (:class:`idlat.parallel.executor.Executor`).

    Parameters
    ----------
    client
        Connected.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._counted, self._slots = -_REFRESH, 1

    @classmethod
    def of(cls, client: Client) -> DaskCluster:
        """Return the cluster of a client, whose workers have this version of idlat.

        Raises
        ------
        IdlatError
            A worker has none, or another version.
        """
        from idlat import __version__

        found = client.run(_version, on_error="return")
        for address, version in found.items():
            if version != __version__:
                said = f"idlat {version}" if isinstance(version, str) else f"no idlat ({version})"
                raise IdlatError(
                    f"worker {address} has {said}, this is idlat {__version__}: install the same"
                )
        return cls(client)

    @property
    def slots(self) -> int:
        """Threads of all workers; at least 1, for workers may come later."""
        if time.monotonic() - self._counted >= _REFRESH:
            self._slots = max(1, sum(self._client.nthreads().values()))
            self._counted = time.monotonic()
        return self._slots

    def run(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
        """Yield ``function(item)`` for each item, in order."""
        given = list(items)
        with _Stage(self._client, function) as stage:
            size = self._task_size(len(given))
            under_way: deque[tuple[Task, int]] = deque()

            def oldest() -> list[Result]:
                future, count = under_way.popleft()
                found: list[Result] = stage.result(future)
                size.done(count)
                return found

            for some in size.cut(given):
                under_way.append((stage.submit(_call, some), len(some)))
                if len(under_way) >= _AHEAD * self.slots:
                    yield from oldest()
            while under_way:
                yield from oldest()

    def run_joined(
        self,
        function: Callable[[Item], Result],
        groups: Iterable[tuple[Group, Sequence[Item]]],
        join: Callable[[Group, Sequence[Result]], None],
    ) -> Generator[None]:
        """Call `function` for each item of each group, and `join` for each group, where its results lie."""
        given = list(groups)
        with _Stage(self._client, (function, join)) as stage:
            size = self._task_size(sum(len(items) for _, items in given))
            tasks: deque[tuple[Task, int]] = deque()
            joins: deque[Task] = deque()

            def oldest() -> Generator[None]:
                future, count = tasks.popleft()
                stage.wait_for(future)
                size.done(count)
                yield from [None] * count

            for group, items in given:
                own = []
                for some in size.cut(items):
                    own.append(stage.submit(_call_first, some))
                    tasks.append((own[-1], len(some)))
                    if len(tasks) >= _AHEAD * self.slots:
                        yield from oldest()
                joins.append(stage.submit(_call_join, group, own))
                while joins and joins[0].done():
                    stage.result(joins.popleft())
            while tasks:
                yield from oldest()
            while joins:
                stage.result(joins.popleft())

    def reduce(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        combine: Callable[[Sequence[Result]], Result],
    ) -> Result:
        """Return all of ``function(item)`` combined by a tree of tasks."""
        given = list(items)
        with _Stage(self._client, (function, combine)) as stage:
            size = self._task_size(len(given))
            levels: list[list[Task]] = [[]]
            tasks: deque[tuple[Task, int]] = deque()
            for some in size.cut(given):
                tasks.append((stage.submit(_call_and_combine, some), len(some)))
                levels[0].append(tasks[-1][0])
                for level, row in enumerate(levels):
                    if len(row) < _COMBINED:
                        break
                    if level + 1 == len(levels):
                        levels.append([])
                    levels[level + 1].append(stage.submit(_call_second, row[:]))
                    row.clear()
                if len(tasks) >= _AHEAD * self.slots:
                    future, count = tasks.popleft()
                    stage.wait_for(future)
                    size.done(count)
            last: list[Task] = []
            for row in levels:  # the later the item, the lower its level
                if row + last:
                    last = [stage.submit(_call_second, row + last)]
            result: Result = stage.result(last[0])
            return result

    def _task_size(self, total: int) -> TaskSize:
        return TaskSize(total, lambda: self.slots)


class _Stage:
    """A function on its way to the workers, and its tasks; on leaving, none of them runs any more."""

    def __init__(self, client: Client, function: Any) -> None:
        self._client = client
        self._prefix = new_stage()
        self._count = 0
        pickled = PickledFunction.of(function)
        with _one_line():
            self._function = pickled.submit(client, function_key(self._prefix))
        self._held: set[Task] = set()

    def __enter__(self) -> _Stage:
        return self

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        """Submit ``call(function, *arguments)``."""
        self._count += 1
        future = self._client.submit(
            call, self._function, *arguments, key=f"{self._prefix}-{self._count}", pure=False
        )
        self._held.add(future)
        return future

    def wait_for(self, future: Task) -> None:
        """Wait until a task is done, wherever its result lies; raise where it failed."""
        with _one_line(), self._client.as_current():
            wait([future])
            if future.status != "finished":
                future.result()
        self._held.discard(future)

    def result(self, future: Task) -> Any:
        """Return the result of a task, or raise its error."""
        with _one_line():
            found = future.result()
        self._held.discard(future)
        return found

    def __exit__(self, *_: object) -> None:
        if self._held:
            self._client.cancel(list(self._held), force=True)
            self._held.clear()
            while any(self._client.run(_running, self._prefix, on_error="ignore").values()):
                time.sleep(0.05)


@contextmanager
def _one_line() -> Generator[None]:
    """Say in one line what becomes of tasks whose workers die."""
    try:
        yield
    except KilledWorker as error:
        raise IdlatError(
            f"a task ended {error.allowed_failures + 1} workers, the last {error.last_worker.address}: see "
            "their logs; do they have the memory that it needs?"
        ) from None
    except FutureCancelledError as error:
        raise IdlatError(
            "the cluster has lost what the job needs (was the scheduler restarted?): go on with --resume; "
            f"{' '.join(str(error).split())[:200]}"
        ) from None
    except (CommClosedError, TimeoutError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise IdlatError(f"the scheduler cannot be reached any more: {reason[:200]}") from None


def _version() -> str:
    from idlat import __version__

    return __version__


def _running(prefix: str, dask_worker: Any) -> bool:
    """Whether a task of a stage runs on a worker, or may begin before it hears of its end."""
    own = [task for key, task in list(dask_worker.state.tasks.items()) if str(key).startswith(prefix)]
    threads = list(dask_worker.active_threads.values())
    return any(task.state in _UNDER_WAY for task in own) or any(str(k).startswith(prefix) for k in threads)


def _call(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    one_thread()
    return [function(item) for item in items]


def _call_first(functions: Sequence[Callable[..., Any]], items: Sequence[Any]) -> list[Any]:
    return _call(functions[0], items)


def _call_and_combine(functions: Sequence[Callable[..., Any]], items: Sequence[Any]) -> Any:
    return functions[1](_call_first(functions, items))


def _call_second(functions: Sequence[Callable[..., Any]], results: Sequence[Any]) -> Any:
    one_thread()
    return functions[1](results)


def _call_join(functions: Sequence[Callable[..., Any]], group: Any, results: Sequence[list[Any]]) -> None:
    one_thread()
    functions[1](group, [result for some in results for result in some])
