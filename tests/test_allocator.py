"""What becomes of freed memory, tried in processes of their own: it changes the process's allocator."""

import platform
import subprocess
import sys

KEEPING = """
import resource
import torch
from idlat.allocator import keep_freed_memory

print(keep_freed_memory())
for _ in range(20):  # until the heap has its size
    torch.ones(2**24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(2**24)  # 16,384 pages
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_pages_are_fetched_once_where_the_allocator_is_glibcs() -> None:
    result = subprocess.run([sys.executable, "-c", KEEPING], capture_output=True, text=True, check=True)
    kept, faults = result.stdout.split()
    assert kept == str(platform.libc_ver()[0] == "glibc" and sys.platform.startswith("linux"))
    if kept == "True":
        assert int(faults) < 5 * 16_384  # ten times as many pages were asked for


RETURNING = """
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from idlat.allocator import return_freed_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def work(n):
    kept = []
    for i in range(12):
        piece = np.ones((9 + i % 7) * 2**20, np.uint8)  # of several sizes, some of which live on for a while
        kept = [*kept[-3:], piece]

print(return_freed_memory())
before = resident()
for _ in range(3):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
print(resident() - before)
"""


def test_memory_of_many_threads_is_given_back_where_the_allocator_is_glibcs() -> None:
    result = subprocess.run([sys.executable, "-c", RETURNING], capture_output=True, text=True, check=True)
    given, more = result.stdout.split()
    assert given == str(platform.libc_ver()[0] == "glibc" and sys.platform.startswith("linux"))
    if given == "True":
        assert int(more) < 64 * 2**20  # the threads have held 300 MiB at a time


TRIMMING = """
import threading
from idlat.allocator import trim_freed_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def work():
    pieces = [bytes(10_000) for _ in range(20_000)]
    kept.extend(pieces[::100])  # so that no heap is free as a whole

kept = []
before = resident()
for _ in range(3):
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
held = resident()
print(trim_freed_memory(), held - before, resident() - before)
"""


def test_what_threads_freed_in_small_pieces_is_given_back_where_the_allocator_is_glibcs() -> None:
    result = subprocess.run([sys.executable, "-c", TRIMMING], capture_output=True, text=True, check=True)
    trimmed, held, left = result.stdout.split()
    assert trimmed == str(platform.libc_ver()[0] == "glibc" and sys.platform.startswith("linux"))
    if trimmed == "True":
        assert int(held) > 100 * 2**20
        assert int(left) < 32 * 2**20  # 6 MB of pieces are still held, on pages of their own
