"""Run the `idlat` program in real processes, stopped or held up at chosen points: ``python job_server.py``.

Reads requests, one JSON list of jobs a line, starts them at once, and answers with how they ended. What takes
long to import is imported once; each job is a fork. A point is the n-th time that the job names a path below
a folder to the system: opens, renames, removes, or makes a folder.

A job: ``args`` of the program; ``folder`` whose events are counted; ``at`` an event; there either ``signal``
is sent to the process, or it ``waits`` until the job of that index has ended. A job may start ``after`` that
of an index has come to its point.
"""

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
    import idlat.training

    _ = xr.backends.list_engines(), idlat.archive.open_archive
    for line in sys.stdin:
        answer = serve(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


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
            sys.exit(work(job, ends, points, points[index][1], f"{notes}/{index}"))
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
