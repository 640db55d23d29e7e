"""Each rank of a parallel run writes its own block; together they are read as one field.

::

    mpirun -n 2 python examples/stream_ranks.py run.idlat

No rank waits for another, and none gathers: a step is finished once every rank has written its block.
"""

from __future__ import annotations

import sys

import numpy as np
import xarray as xr
from mpi4py import MPI

import idlat


def wave(step: int, x: slice) -> np.ndarray:
    """Stand for a simulation: the values of a rank's voxels."""
    z, y, x_ = np.meshgrid(np.arange(16), np.arange(24), np.arange(x.start, x.stop), indexing="ij")
    return (np.sin(z / 5 + 0.3 * step) * np.cos(y / 7) + np.sin(x_ / 9 - 0.2 * step)).astype("float32")


def main() -> None:
    path, ranks = sys.argv[1], MPI.COMM_WORLD
    width, halo = 32, 4
    shape = (16, 24, width * ranks.size)
    like = xr.DataArray(np.broadcast_to(np.float32(0), shape), dims=("z", "y", "x"), name="wave")
    writer = idlat.StreamWriter(path, like, max_error=0.01, halo=halo)
    first = width * ranks.rank
    seen = slice(max(first - halo, 0), min(first + width + halo, shape[2]))  # with the halo, inside the grid
    for step in range(3):
        report = writer.append(step, wave(step, seen), offset=(0, 0, first), time=0.5 * step)
        total = ranks.allreduce(report.bytes_streams)
        if ranks.rank == 0:
            print(f"step {step}: {total} bytes of {ranks.size} ranks", flush=True)
    ranks.Barrier()
    if ranks.rank == 0:
        with xr.open_dataset(path, engine="idlat") as run:
            expected = wave(2, slice(0, shape[2]))
            error = float(np.abs(run.wave.isel(time=2).values - expected).max())
            print(f"{run.wave.shape}, largest error {error:.4f}")


if __name__ == "__main__":
    main()
