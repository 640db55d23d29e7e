"""Tasks on threads: none goes on once an error is seen."""

import threading
import time

import pytest

from idlat.parallel import run_tasks
from idlat.progress import counted


def test_a_raising_progress_ends_the_work_first():
    under_way, most = [], threading.Lock()

    def work(item):
        with most:
            under_way.append(item)
        time.sleep(0.05)
        with most:
            under_way.remove(item)

    def stop(stage, done, total):
        raise RuntimeError("cancelled")

    try:
        for _ in counted(run_tasks(work, range(50), 2), "encode", 50, stop):
            pass
    except RuntimeError:
        assert under_way == []  # while the error, and so its traceback, is alive
    else:
        pytest.fail("the error was lost")
