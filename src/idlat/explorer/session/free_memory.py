"""What a window leaves behind is freed once it is gone, not when Python's collector happens to look."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from idlat.allocator import trim_freed_memory

__all__ = ["sweep"]


def sweep(waits: list[Callable[[], object]]) -> None:
    """Wait, on a thread of its own, for what still runs of a window; then free what refers to itself.

    A window's state, views and pictures do, and hold megabytes that the collector, which counts objects,
    takes for little; and the C library keeps what its threads freed.

    Parameters
    ----------
    waits
        Each returns once something has ended; the list is emptied.
    """

    def run() -> None:
        while waits:
            waits.pop()()
        gc.collect()
        trim_freed_memory()

    threading.Thread(target=run, daemon=True, name="explorer-sweep").start()
