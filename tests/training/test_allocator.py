"""Keeping freed memory, tried in a process of its own: it changes the process's allocator."""

import platform
import subprocess
import sys

CODE = """
import resource
import torch
from idlat.training.allocator import keep_freed_memory

print(keep_freed_memory())
for _ in range(20):  # until the heap has its size
    torch.ones(2**24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(2**24)  # 16,384 pages
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_pages_are_fetched_once_where_the_allocator_is_glibcs() -> None:
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    kept, faults = result.stdout.split()
    assert kept == str(platform.libc_ver()[0] == "glibc" and sys.platform.startswith("linux"))
    if kept == "True":
        assert int(faults) < 5 * 16_384  # ten times as many pages were asked for
