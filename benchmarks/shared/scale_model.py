"""What many workers would take, from what few were measured to take.

Three things share a job: the workers' processors, which there are more of with every worker; the scheduler,
which hands out tasks one by one; and the storage, which all workers share. The slowest sets the time, after
what the calling process does alone.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Forecast", "Rates", "forecast"]

COUNTS = (1, 10, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Rates:
    """What a job takes.

    Attributes
    ----------
    worker_seconds, tasks, bytes_moved
        A voxel: of workers' processors, of tasks, of bytes read and written.
    client_seconds
        Of the calling process, alone.
    task_seconds
        Of the scheduler, a task.
    storage
        Bytes a second that all workers share.
    """

    worker_seconds: float
    client_seconds: float
    tasks: float
    task_seconds: float
    bytes_moved: float
    storage: float


@dataclass(frozen=True)
class Forecast:
    """Hours of a job on some workers, over the ideal, and what sets them."""

    workers: int
    hours: float
    efficiency: float
    limit: str


def forecast(rates: Rates, voxels: float, counts: tuple[int, ...] = COUNTS) -> list[Forecast]:
    """Foretell a job of so many voxels on some numbers of workers.

    Examples
    --------
    >>> rates = Rates(1e-6, 0.0, 1e-6, 1e-3, 16.0, 1e10)
    >>> [(f.workers, round(f.hours, 2), f.limit) for f in forecast(rates, 3.6e9, (1, 1000, 10_000))]
    [(1, 1.0, 'processors'), (1000, 0.0, 'storage'), (10000, 0.0, 'storage')]
    """
    found = []
    for workers in counts:
        parts = {
            "processors": rates.worker_seconds * voxels / workers,
            "scheduler": rates.tasks * voxels * rates.task_seconds,
            "storage": rates.bytes_moved * voxels / rates.storage,
        }
        limit = max(parts, key=lambda name: parts[name])
        seconds = rates.client_seconds + parts[limit]
        ideal = rates.worker_seconds * voxels / workers
        found.append(Forecast(workers, seconds / 3600, ideal / seconds, limit))
    return found
