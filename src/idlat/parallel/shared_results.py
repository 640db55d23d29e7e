"""Results that the workers of a cluster share: each is computed by one of them, and sent to who asks.

::

    task ── asks ──▶ a step that is kept here
                └──▶ else a task of its own, one for all who ask ──▶ its result, kept for the next that ask

Who waits gives its thread back to the worker, which may need it for what is waited for.
"""

from __future__ import annotations

import re
import sys
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary, finalize

from idlat.parallel.thread_pool import one_thread

__all__ = ["SharedResults", "function_key", "new_stage"]

Result = TypeVar("Result")

_KEPT = 2  # results in a worker
_BEFORE = 1  # priority: others wait for it
_STAGE = re.compile("idlat-[0-9a-f]{12}")
_here: WeakValueDictionary[str, SharedResults[Any]] = WeakValueDictionary()


def new_stage() -> str:
    """Return what the keys of all tasks of a stage begin with."""
    return f"idlat-{uuid.uuid4().hex[:12]}"


def function_key(stage: str) -> str:
    """Return the key of the task that makes the function of a stage, in which all that is shared is."""
    return f"{stage}-function"


class SharedResults(Generic[Result]):
    """A function whose results are shared by the workers that run the tasks of a stage.

    Outside a stage :attr:`shares` is false, and who has it computes alone.

    Parameters
    ----------
    function
        Pickled with the function of the stage, which holds this object.
    name
        Under which other workers know it; a new one unless given.
    """

    def __init__(self, function: Callable[..., Result], name: str | None = None) -> None:
        self._function = function
        self.name = name or uuid.uuid4().hex
        self._kept: OrderedDict[Hashable, tuple[Any, Result]] = OrderedDict()
        self._reading, self._asking = threading.Lock(), threading.Lock()
        self._own_client: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process, where its name finds it, without what is kept."""
        return _arrived, (self._function, self.name)

    @property
    def shares(self) -> bool:
        """Whether a task of a cluster's stage asks, in whose worker this object has arrived."""
        return self.name in _here and _stage() is not None

    def __call__(self, *arguments: Hashable) -> Result:
        """Return ``function(*arguments)``, computed by this worker or another one."""
        found = self._found(arguments)
        if found is not None:
            return found[1]
        from distributed import Future

        stage = _stage()
        assert stage is not None
        with _given_back(), self._asking:
            found = self._found(arguments)
            if found is None:
                client = self._client()
                whole: Any = Future(function_key(stage), client)
                future = client.submit(
                    _compute, whole, self.name, arguments,
                    key=f"{stage}-shared-{self.name}-{arguments}", pure=False, priority=_BEFORE,
                )  # fmt: skip
                found = future, future.result()  # the future keeps the result for other workers
                with self._reading:
                    self._kept[arguments] = found
                    while len(self._kept) > _KEPT:
                        self._kept.popitem(last=False)
        return found[1]

    def _client(self) -> Any:
        """Return a client of its own, closed with this object.

        distributed's own way makes the worker's client the default one of its process, which in a cluster
        within the user's process outlives the cluster, and fails every lock that xarray takes from then on.
        """
        if self._own_client is None:
            from distributed import Client, get_worker

            worker = get_worker()
            client = Client(
                worker.scheduler.address,
                security=worker.security,
                set_as_default=False,
                direct_to_workers=True,
            )
            finalize(self, lambda: threading.Thread(target=client.close, daemon=True).start())
            self._own_client = client
        return self._own_client

    def compute(self, arguments: tuple[Hashable, ...]) -> Result:
        """Compute, in the one task for all."""
        return self._function(*arguments)

    def _found(self, arguments: Hashable) -> tuple[Any, Result] | None:
        with self._reading:
            return self._kept.get(arguments)


def _arrived(function: Callable[..., Result], name: str) -> SharedResults[Result]:
    made = SharedResults(function, name)
    _here[name] = made
    return made


def _compute(_whole: Any, name: str, arguments: tuple[Hashable, ...]) -> Any:
    """Compute in a task; the stage's whole function is there so that what it holds has arrived."""
    one_thread()
    return _here[name].compute(arguments)


@contextmanager
def _given_back() -> Iterator[None]:
    """Give this thread back to its worker meanwhile."""
    from distributed import rejoin, secede

    secede()
    try:
        yield
    finally:
        rejoin()


def _stage() -> str | None:
    """Return the stage that the task of this thread belongs to; None where there is no such task."""
    if "distributed" not in sys.modules:
        return None
    from distributed import get_worker

    try:
        key = get_worker().get_current_task()
    except (ValueError, AttributeError, KeyError):  # no worker, or a thread of it that runs no task
        return None
    found = _STAGE.match(str(key))
    return found[0] if found else None
