"""Peak memory of whole commands by the field's size: compress, info, decompress, verify, evaluate.

    python benchmarks/memory.py [--sizes 64 128 256 512] [--suffix .npy] [--importance EXPR] [--workers N]

Each command is a process of its own; its peak is the largest resident memory that the system counted (Linux),
files that are mapped included. MiB of 2²⁰ bytes; beside it the seconds that it took.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

import idlat

_COMMANDS = ("compress", "info", "decompress", "verify", "evaluate")


def vortex(size: int) -> npt.NDArray[np.float32]:
    """Make a smooth field with some noise, a layer at a time."""
    rng = np.random.default_rng(0)
    axis = np.linspace(-3, 3, size, dtype=np.float32)
    radius = np.hypot(axis[:, None], axis[None])
    field = np.empty((size, size, size), np.float32)
    for z, height in enumerate(axis):
        field[z] = 10 * np.exp(-((radius - 1 - 0.2 * np.sin(height)) ** 2)) + 0.1 * np.sin(9 * height)
        field[z] += 0.01 * rng.standard_normal((size, size), np.float32)
    return field


def peak(arguments: list[str]) -> tuple[float, float]:
    """Run a command; return its peak in MiB and its seconds."""
    start = time.perf_counter()
    program = "import sys; from idlat.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen([sys.executable, "-c", _READ + program, *arguments], stdout=subprocess.PIPE)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"idlat {' '.join(arguments)} ended with status {process.returncode}")
    return float(output.rsplit(b"peak ", 1)[1]) / 1024, time.perf_counter() - start


# Linux's ru_maxrss starts from the parent's, VmHWM does not.
_READ = (
    "import atexit; atexit.register(lambda: print('peak', "
    "next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))));"
)


def measure(size: int, folder: Path, suffix: str, options: list[str]) -> list[tuple[float, float]]:
    """Measure each command on a cube of `size` voxels an axis."""
    field, archive = folder / f"field{suffix}", folder / "field.idlat"
    idlat.write_field(idlat.fields.as_field(vortex(size), "field"), field)
    compress = ["compress", str(field), "-o", str(archive), *options]
    commands = {
        "compress": compress,
        "info": ["info", str(archive)],
        "decompress": ["decompress", str(archive), "-o", str(folder / f"back{suffix}")],
        "verify": ["verify", str(archive)],
        "evaluate": ["evaluate", str(archive), str(field)],
    }
    return [peak(commands[name]) for name in _COMMANDS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--suffix", default=".npy")
    parser.add_argument("--importance", default="")
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    options = ["--importance", given.importance] if given.importance else []
    options += ["--workers", str(given.workers)] if given.workers else []
    print(f"{'voxels':>8}" + "".join(f"{name:>20}" for name in _COMMANDS))
    for size in given.sizes:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            found = measure(size, Path(folder), given.suffix, options)
        print(f"{size:>7}³" + "".join(f"{mib:>10.0f} MiB {took:>4.0f} s" for mib, took in found), flush=True)


if __name__ == "__main__":
    main()
