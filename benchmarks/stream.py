"""What it costs to write steps as they come, whole or in blocks: bytes, seconds a step, memory.

::

    python benchmarks/stream.py --size 64 --steps 4
    python benchmarks/stream.py --size 32 --steps 4 --many 200

The field is the simulated vortex. ``--many`` writes so many more steps and shows how the time of one grows.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

import idlat
from idlat.datasets import vortex


def on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def blocks(n: int, parts: int, halo: int) -> list[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Return offset and slices, with the halo, of blocks along each axis."""
    edges = list(itertools.pairwise(np.linspace(0, n, parts + 1).astype(int).tolist()))
    return [
        (
            tuple(a for a, _ in box),
            tuple(slice(max(a - halo, 0), min(b + halo, n)) for a, b in box),
        )
        for box in itertools.product(edges, repeat=3)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--max-error", type=float, default=0.1)
    parser.add_argument("--many", type=int, default=0)
    given = parser.parse_args()
    fields = [field for _, field in vortex(size=given.size, steps=given.steps, seed=1)]
    like, bound = fields[0], given.max_error
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        series = np.stack([field.values for field in fields])
        idlat.compress(series, folder / "one.idlat", max_error=bound)
        whole = on_disk(folder / "one.idlat")
        print(f"{series.nbytes:,} bytes; one idlat.compress of all steps: {whole:,}")
        for parts, halo in ((1, 0), (2, 0), (2, 4)):
            path = folder / f"{parts}_{halo}.idlat"
            writer = idlat.StreamWriter(path, like, max_error=bound, halo=halo)
            begin, streams = time.perf_counter(), 0
            for step, field in enumerate(fields):
                for offset, where in blocks(given.size, parts, halo):
                    streams += writer.append(step, field.values[where], offset).bytes_streams
            seconds = (time.perf_counter() - begin) / (given.steps * parts**3)
            size = on_disk(path)
            print(
                f"{parts**3} blocks, halo {halo}: {size:,} bytes ({size / whole:.2f}×), of them "
                f"streams {streams:,}; {seconds:.2f} s a block and step"
            )
        if given.many:
            writer = idlat.StreamWriter(folder / "many.idlat", like, max_error=bound)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            times = []
            for step in range(given.many):
                begin = time.perf_counter()
                writer.append(step, fields[step % given.steps].values)
                times.append(time.perf_counter() - begin)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            grown = (after - before) / 1024
            tenth = max(given.many // 10, 1)
            print(
                f"{given.many} steps: {np.mean(times[1:tenth]):.2f} s one of the first tenth, "
                f"{np.mean(times[-tenth:]):.2f} s of the last; peak memory grew by {grown:.0f} MiB"
            )


if __name__ == "__main__":
    main()
