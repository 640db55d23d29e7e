"""How compressing scales on a Dask cluster: measured on workers of one thread here, and foretold for many.

    python benchmarks/scale.py [--sizes 128,256] [--workers 1,2] [--importance EXPR] [--storage 10e9]
    python benchmarks/scale.py --overhead [--workers 2]

A field of SIZE³ float32 is written in pieces, so that it need not fit in memory, and compressed from its file
by workers that are processes of one thread each. Wall seconds hold for a machine that does nothing else; the
processor seconds of the workers hold on a busy one, too, roughly. The table for many workers follows from
what the largest run measured a voxel, and from the seconds that the scheduler takes for a task that does
nothing. `--overhead` only tells what a thousand items of 20 ms cost besides. `--sizes 1024` needs 4 GiB of
disk and, with two workers, about an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shared.large_field import write_field
from shared.scale_model import Rates, forecast

import idlat
from idlat.parallel import executor_of, run_tasks

_EMPTY = 2000  # items that take no time
_BRIEF, _SECONDS = 1000, 0.02  # items that take little, and how long


@dataclass(frozen=True)
class Run:
    """One compression: seconds by the clock and of the workers' processors, tasks, peak bytes of a worker."""

    size: int
    workers: int
    wall_seconds: float
    worker_seconds: float
    client_seconds: float
    tasks: int
    peak_bytes: int
    lsr: float
    load: float

    @property
    def nanoseconds(self) -> float:
        """Of the workers' processors, a voxel."""
        return self.worker_seconds / self.size**3 * 1e9


def _used() -> tuple[float, int]:
    """Processor seconds and peak resident bytes of this process (Linux)."""
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return time.process_time(), int(peak.split()[1]) * 1024


def _warm(small: Path, importance: str) -> None:
    """Compress a field of a few tiles in this process, so that its kernels are compiled."""
    with tempfile.TemporaryDirectory() as name:
        idlat.compress(idlat.open_field(small), Path(name) / "warm.idlat", importance, workers=1)


def measure(
    field: Path, small: Path, size: int, workers: int, folder: Path, importance: str = "gradient()"
) -> tuple[Run, float]:
    """Compress a file on a cluster of its own; return the run, and the seconds of an empty task."""
    from distributed import Client, LocalCluster, get_task_stream

    options: dict[str, Any] = {"processes": True, "dashboard_address": ":0"}
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, **options) as cluster,
        Client(cluster) as client,
    ):
        how: dict[str, Any] = {"importance": importance, "scheduler": client, "mode": "w"}
        client.run(_warm, small, importance)
        with executor_of(None, client) as executor, get_task_stream(client) as counted:
            started = time.perf_counter()
            for _ in run_tasks(abs, range(_EMPTY), executor):
                pass
            elapsed = time.perf_counter() - started
        empty = elapsed / len(counted.data)
        before = client.run(_used)
        started, own = time.perf_counter(), time.process_time()
        with get_task_stream(client) as stream:
            archive = idlat.compress(idlat.open_field(field), folder / "run.idlat", **how)
        wall, client_seconds = time.perf_counter() - started, time.process_time() - own
        after = client.run(_used)
    used = sum(after[name][0] - before[name][0] for name in after)
    peak = max(bytes_ for _, bytes_ in after.values())
    lsr = 4 * size**3 / archive.info().bytes_streams
    run = Run(size, workers, wall, used, client_seconds, len(stream.data), peak, lsr, os.getloadavg()[0])
    return run, empty


def overhead(workers: int) -> str:
    """Say what items that only wait cost client, scheduler and workers."""
    from distributed import Client, LocalCluster, get_task_stream

    options: dict[str, Any] = {"processes": True, "dashboard_address": ":0"}
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, **options) as cluster,
        Client(cluster) as client,
        executor_of(None, client) as executor,
    ):
        for _ in run_tasks(_wait, range(8), executor):  # workers load idlat
            pass
        before, own = client.run(_used), time.process_time()
        with get_task_stream(client) as stream:
            for _ in run_tasks(_wait, range(_BRIEF), executor):
                pass
        own, after = time.process_time() - own, client.run(_used)
    used = sum(after[name][0] - before[name][0] for name in after)
    return (
        f"{_BRIEF} items of {_SECONDS * 1e3:.0f} ms: {len(stream.data)} tasks, of the processors client and "
        f"scheduler take {own:.2f} s, workers {used:.2f} s"
    )


def _wait(_: int) -> None:
    time.sleep(_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="128,256")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--importance", default="gradient()")
    parser.add_argument("--storage", type=float, default=10e9, help="bytes a second that all workers share")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--overhead", action="store_true", help="only what quick items cost")
    given = parser.parse_args()
    if given.overhead:
        print(overhead(max(map(int, given.workers.split(",")))))
        return
    runs: list[Run] = []
    empties: list[float] = []
    print("size  workers   wall s  workers' s  ns/voxel  client s  tasks  peak GB  LSR   load")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_field(folder / "small.npy", 136)
        for size in map(int, given.sizes.split(",")):
            write_field(folder / "field.npy", size)
            for workers in map(int, given.workers.split(",")):
                files = folder / "field.npy", folder / "small.npy"
                run, empty = measure(*files, size, workers, folder, given.importance)
                runs.append(run)
                empties.append(empty)
                print(
                    f"{size:4d}  {workers:7d}  {run.wall_seconds:7.1f}  {run.worker_seconds:10.1f}  "
                    f"{run.nanoseconds:8.0f}  {run.client_seconds:8.1f}  {run.tasks:5d}  "
                    f"{run.peak_bytes / 1e9:7.2f}  {run.lsr:3.0f}  {run.load:5.1f}",
                    flush=True,
                )
    last = runs[-1]
    voxels = last.size**3
    rates = Rates(
        worker_seconds=last.worker_seconds / voxels,
        client_seconds=last.client_seconds,
        tasks=last.tasks / voxels,
        task_seconds=min(empties),
        bytes_moved=3 * 4 * 1.3 + 3 * 4 / last.lsr,  # read three times, with halos; written, read twice
        storage=given.storage,
    )
    print(f"\nthe scheduler takes {rates.task_seconds * 1e3:.2f} ms a task")
    found = forecast(rates, 100e12 / 4)
    print("100 TB:  workers     hours  of ideal  what limits")
    for each in found:
        print(f"         {each.workers:7d}  {each.hours:8.1f}  {each.efficiency:8.2f}  {each.limit}")
    if given.json:
        shown = {
            "runs": list(map(asdict, runs)),
            "rates": asdict(rates),
            "forecast": list(map(asdict, found)),
        }
        given.json.write_text(json.dumps(shown, indent=1))


if __name__ == "__main__":
    main()
