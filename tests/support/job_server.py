"""Run the `idlat` program in real processes, stopped or held up at chosen points: ``python job_server.py``.

Reads requests, one JSON list of jobs a line, starts them at once, and answers with how they ended. Each job
is a fork of this process, which has imported and compiled what takes long. A point is the n-th time that
the job names a path below a folder to the system: opens, renames, removes, or makes a folder.

A job: ``args`` of the program; ``folder`` whose events are counted; ``at`` an event; there either ``signal``
is sent to the process, or it ``waits`` until the job of that index has ended. A job may start ``after`` that
of an index has come to its point.
"""

import atexit
import contextlib
import gc
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import threading


def main() -> None:
    import h5netcdf  # noqa: F401
    import xarray as xr

    import idlat.archive
    import idlat.cli.app
    import idlat.importance

    _ = xr.backends.list_engines(), idlat.archive.open_archive
    with tempfile.TemporaryDirectory() as folder:
        warm_up(folder)
    gc.collect()
    gc.freeze()  # else each job's collector copies all of this process's memory
    for line in sys.stdin:
        answer = serve(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def warm_up(folder):
    """Run commands that load and compile what most jobs need; PyTorch is left to those that train."""
    import numpy as np

    from idlat.cli.app import run

    z, y, x = np.meshgrid(*(np.linspace(0, 3, n) for n in (8, 16, 72)), indexing="ij")
    np.save(f"{folder}/a.npy", (np.sin(z) + np.cos(2 * y) * x).astype(np.float32))
    bound = ["--max-error", "0.01:0.1", "--importance", "value > 0"]
    with contextlib.redirect_stdout(io.StringIO()):
        for command in (
            ["compress", "a.npy", "-o", "a.idlat"],
            ["compress", "a.npy", "-o", "b.idlat", *bound],
            ["decompress", "a.idlat", "-o", "b.npy"],
            ["decompress", "b.idlat", "-o", "b.nc"],
        ):
            words = [f"{folder}/{word}" if word[:2] in ("a.", "b.") else word for word in command]
            assert run(words) == 0, command


def serve(jobs):
    notes = tempfile.mkdtemp()
    ends = [os.pipe() for _ in jobs]  # each is closed, and so read to its end, when its job ends
    points = [os.pipe() for _ in jobs]  # or comes to its point
    pids = []
    for index, job in enumerate(jobs):
        pid = os.fork()
        if pid == 0:
            for other in range(len(jobs)):
                if other != index:
                    os.close(ends[other][1])
                    os.close(points[other][1])
            end(work(job, ends, points, points[index][1], f"{notes}/{index}"))
        pids.append(pid)
    for _, write in (*ends, *points):
        os.close(write)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    for read, _ in (*ends, *points):
        os.close(read)
    found = [
        {"status": status, **{name: text(f"{notes}/{index}.{name}") for name in ("out", "err", "events")}}
        for index, status in enumerate(statuses)
    ]
    shutil.rmtree(notes)
    return found


def end(status):
    """End a job as Python ends, but for taking apart what the fork shares."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def work(job, ends, points, own_point, note):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a shell, whatever started these tests
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for name, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(f"{note}.{name}", os.O_CREAT | os.O_WRONLY), number)
    count, counting = 0, threading.Lock()

    def look(event, arguments):
        nonlocal count
        if event not in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"):
            return
        if not any(isinstance(one, str | os.PathLike) and below(one, job["folder"]) for one in arguments):
            return
        with counting:
            count += 1
            now = count == job.get("at")
        if now:
            os.close(own_point)
        if now and "signal" in job:
            os.kill(os.getpid(), job["signal"])
        elif now:
            os.read(ends[job["waits"]][0], 1)

    if "folder" in job:
        sys.addaudithook(look)
    from idlat.cli.app import run

    if "after" in job:
        os.read(points[job["after"]][0], 1)
    status = run(job["args"])
    at_end = count
    with open(f"{note}.events", "w", encoding="utf-8") as file:
        file.write(str(at_end))
    return status


def below(path, folder):
    return os.path.abspath(path).startswith(folder)


if __name__ == "__main__":
    main()
