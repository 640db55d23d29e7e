"""A bounded cache of arrays that are expensive to compute: each is made once, by the first thread to ask."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["Cache"]

Value = TypeVar("Value")


class Cache:
    """Values by key, the least recently used ones dropped where they take more than `memory` bytes.

    Parameters
    ----------
    memory
        Bytes, as `size` counts them. A value larger than that is returned and not kept.

    Examples
    --------
    >>> cache = Cache(10)
    >>> [cache.get(key, lambda key=key: key * 4, size=len) for key in "aba"], cache.keys()
    (['aaaa', 'bbbb', 'aaaa'], ['b', 'a'])
    >>> cache.get("c", lambda: "c" * 4, size=len), cache.keys()
    ('cccc', ['a', 'c'])
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._kept: OrderedDict[Hashable, tuple[Future[Any], int]] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Cache], tuple[int]]:
        """Go to another process empty."""
        return Cache, (self.memory,)

    def keys(self) -> list[Hashable]:
        """List what is kept or being made, the least recently used first."""
        with self._lock:
            return list(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        """Tell whether a value is kept, or being made."""
        with self._lock:
            return key in self._kept

    def get(self, key: Hashable, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """Return the value of a key, made by `make` where it is not kept.

        Other threads that ask for a value that is being made wait for it; where that fails, as a cancelled
        job does, the next of them tries itself.
        """
        while True:
            with self._lock:
                found = self._kept.get(key)
                if found is not None:
                    self._kept.move_to_end(key)
                else:
                    own: Future[Any] = Future()
                    self._kept[key] = (own, 0)
            if found is None:
                return self._made(key, own, make, size)
            if found[0].exception() is None:
                value: Value = found[0].result()
                return value

    def _made(
        self, key: Hashable, own: Future[Any], make: Callable[[], Value], size: Callable[[Value], int]
    ) -> Value:
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)
            own.set_exception(error)
            raise
        with self._lock:
            if key in self._kept:  # not cleared meanwhile
                self._kept[key] = (own, size(value))
            self._shrink()
        own.set_result(value)
        return value

    def _shrink(self) -> None:
        """Drop the least recently used values that are made, until the rest fits."""
        total = sum(taken for _, taken in self._kept.values())
        for key, (_, taken) in list(self._kept.items()):
            if total <= self.memory:
                return
            if taken:
                del self._kept[key]
                total -= taken

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
