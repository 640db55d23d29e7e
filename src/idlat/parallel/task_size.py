"""How many items a task of a cluster takes: a scheduler takes milliseconds for each task, however small."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

__all__ = ["TaskSize"]

Item = TypeVar("Item")

_SECONDS = 0.5  # of a task, about
_MOST = 8  # items of a task: their results lie in a worker's memory together
_SHARE = 4  # of what is left each thread gets this part at most, so that all end at about the same time


class TaskSize:
    """Cuts items into tasks of about half a second, by how fast those before were done.

    Parameters
    ----------
    total
        Items of the whole job.
    slots
        Tells how many tasks run at the same time.
    clock
        Seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 0.01, 0.02])
    >>> size = TaskSize(100, lambda: 2, lambda: next(seconds))
    >>> size.next(), [size.done(1) for _ in range(3)], size.next(), size.next()
    (1, [None, None, None], 2, 4)
    """

    def __init__(
        self, total: int, slots: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._left, self._slots, self._clock = total, slots, clock
        self._began: float | None = None
        self._seconds, self._done, self._last = 0.0, 0, 0

    def next(self) -> int:
        """Return how many items the next task takes; it is counted as handed out."""
        slots = self._slots()
        size = 1
        if self._done:
            of_item = slots * self._seconds / self._done
            size = int(_SECONDS / of_item) if of_item else _MOST
        most = min(_MOST, 2 * self._last or 1, self._left // (_SHARE * slots))
        self._last = max(1, min(size, most))
        self._left -= self._last
        return self._last

    def done(self, items: int) -> None:
        """Take note that a task of so many items is done; what came before the first one is not counted."""
        now = self._clock()
        if self._began is None:
            self._began = now
            return
        self._seconds = now - self._began
        self._done += items

    def cut(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """Cut items into tasks, each as it is asked for.

        Examples
        --------
        >>> list(TaskSize(3, lambda: 1).cut("abc"))
        ['a', 'b', 'c']
        """
        at = 0
        while at < len(items):
            size = self.next()
            yield items[at : at + size]
            self._left += max(0, at + size - len(items))
            at += size
