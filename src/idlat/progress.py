"""The progress of long jobs, and the type of the callback that is told of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

__all__ = ["Progress", "counted", "tell"]

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, the tasks done and the tasks in all."""

Item = TypeVar("Item")


def tell(progress: Progress | None, stage: str, done: int, total: int) -> None:
    """Call `progress`, unless it is None."""
    if progress is not None:
        progress(stage, done, total)


def counted(results: Iterable[Item], stage: str, total: int, progress: Progress | None) -> Iterator[Item]:
    """Yield each result, and tell how many have been worked on.

    Where `progress` raises, as on a cancel, the work behind `results` has ended before the error is seen:
    none of it writes into what its handler takes away.

    Parameters
    ----------
    results
        One for each task.
    stage
        Its name.
    total
        The number of tasks.
    progress
        Told after each; None where nobody asks.

    Examples
    --------
    >>> list(counted("ab", "letters", 2, lambda *told: print(told)))
    ('letters', 1, 2)
    ('letters', 2, 2)
    ['a', 'b']
    """
    items = iter(results)
    try:
        for done, result in enumerate(items, start=1):
            yield result
            tell(progress, stage, done, total)
    finally:
        if isinstance(items, Generator):  # the traceback would keep it open
            items.close()
