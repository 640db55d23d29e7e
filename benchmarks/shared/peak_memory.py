"""Peak memory (Linux) of a process of its own that compresses or decodes a cube, file to file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Memory:
    """Peak resident memory (10^9 bytes) of a process; `task` is imports, encode or decode."""

    task: str
    size: int
    peak: float


_MEMORY_TASKS = {
    "imports": "idlat.load_model()",
    "encode": "idlat.compress(idlat.open_field('field.npy'), 'a.idlat', 'map.npy', "
    "quality={quality}, workers={workers})",
    "decode": "idlat.write_field(idlat.open_archive('a.idlat').decode(), 'back.npy', overwrite=True)",
}
# Linux's ru_maxrss starts from the parent's, VmHWM does not.
_PEAK = "[int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')][0]"


def memory(field: Real, importance: Real, quality: float, workers: int) -> list[Memory]:
    """Measure the peak memory of encoding and decoding a cube, each in a process of its own."""
    found, size = [], len(field)
    with tempfile.TemporaryDirectory() as folder:
        for name, values in (("field", field), ("map", importance)):
            np.save(Path(folder) / f"{name}.npy", values)
        for task, template in _MEMORY_TASKS.items():
            call = template.format(quality=quality, workers=workers)
            code = f"import idlat; {call}; print({_PEAK})"
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(f"{task} at {size} failed: {done.stderr.strip().splitlines()[-1]}")
            found.append(Memory(task, size, int(done.stdout.split()[-1]) * 1024 / 1e9))
    return found
