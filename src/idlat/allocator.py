"""What the C library does with freed memory: keep it for the next step, or give it back at once."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

# Of glibc's <malloc.h>.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8


def keep_freed_memory(at_most: int = 2**31 - 1) -> bool:
    """Let this process keep up to `at_most` bytes of freed memory for its next allocations.

    A training step allocates and frees the same hundreds of megabytes; by default glibc gives large pieces
    back at once, which more than doubles a step's time on CPUs. Other allocators are left as they are.

    Returns
    -------
    bool
        Whether the allocator is glibc's and took the settings.
    """
    return _set(((_MMAP_MAX, 0), (_TRIM_THRESHOLD, at_most), (_TOP_PAD, 64 * 2**20)))


def return_freed_memory() -> bool:
    """Let this process give large pieces of memory back to the system as soon as they are freed.

    By default glibc keeps ever larger pieces, for each thread apart, so that what a job of many tiles takes
    grows with their number. Pieces below 8 MiB, of which a tile has hundreds, are kept for the next tile:
    fetching their pages anew took a tenth of an encode. Other allocators are left as they are.

    Returns
    -------
    bool
        Whether the allocator is glibc's and took the settings.
    """
    return _set(((_ARENA_MAX, 4), (_MMAP_THRESHOLD, 8 * 2**20), (_TRIM_THRESHOLD, 32 * 2**20)))


def trim_freed_memory() -> bool:
    """Give what is free inside the heaps of all threads back to the system, such as once a window has closed.

    What was freed in small pieces stays with the process otherwise. Other allocators are left as they are.

    Returns
    -------
    bool
        Whether the allocator is glibc's and gave any memory back.
    """
    trim = _glibc("malloc_trim")
    return trim is not None and bool(trim(0))


def _set(settings: tuple[tuple[int, int], ...]) -> bool:
    mallopt = _glibc("mallopt")
    return mallopt is not None and all(mallopt(name, value) == 1 for name, value in settings)


def _glibc(name: str) -> Callable[..., int] | None:
    """Return a function of the C library that only glibc has; None elsewhere."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
