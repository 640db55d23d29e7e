"""Keeping freed memory, so that each step does not fetch its pages from the kernel anew."""

from __future__ import annotations

import ctypes
import sys

# Of glibc's <malloc.h>.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4


def keep_freed_memory(at_most: int = 2**31 - 1) -> bool:
    """Let this process keep up to `at_most` bytes of freed memory for its next allocations.

    A training step allocates and frees the same hundreds of megabytes; by default glibc gives large pieces
    back at once, which more than doubles a step's time on CPUs. Other allocators are left as they are.

    Returns
    -------
    bool
        Whether the allocator is glibc's and took the settings.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, at_most), (_TOP_PAD, 64 * 2**20))
    return all(mallopt(name, value) == 1 for name, value in settings)
