"""Real processes of the program, and small fields and archives for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from support.output_jobs import BOUND

pytest.importorskip("fcntl", reason="jobs are forked")


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    status: int
    out: str
    err: str
    events: str

    @property
    def line(self):
        """What it said on standard error, which must be one line."""
        (line,) = [line for line in self.err.splitlines() if line.strip()]
        return line


class Jobs:
    """Starts jobs at once and waits for them."""

    def __init__(self):
        script = Path(__file__).parents[1] / "support" / "job_server.py"
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._server = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, *jobs):
        """Run jobs, each a list of arguments or a dict; return how each ended."""
        asked = [job if isinstance(job, dict) else {"args": job} for job in jobs]
        asked = [{**job, "args": [str(word) for word in job["args"]]} for job in asked]
        asked = [{**job, "folder": str(job["folder"])} if "folder" in job else job for job in asked]
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return [Ended(**each) for each in json.loads(self._server.stdout.readline())]

    def one(self, *args, **job):
        """Run one job."""
        return self.run({"args": list(args), **job})[0]

    def close(self):
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


@pytest.fixture(scope="session")
def jobs():
    server = Jobs()
    yield server
    server.close()


@pytest.fixture(scope="session")
def inputs(tmp_path_factory, jobs):
    """Two fields that differ, an archive of each, and a bounded one of the first."""
    folder = tmp_path_factory.mktemp("inputs")
    axes = np.meshgrid(*[np.linspace(0, 3, n) for n in (8, 16, 72)], indexing="ij")
    wave = np.sin(axes[0]) + np.cos(2 * axes[1]) * axes[2]
    for name, sign in (("w0", 1), ("w1", -1)):
        np.save(folder / f"{name}.npy", (sign * wave).astype(np.float32))
        assert jobs.one("compress", folder / f"{name}.npy", "-o", folder / f"{name}.idlat").status == 0
    assert jobs.one("compress", folder / "w0.npy", "-o", folder / "b0.idlat", *BOUND).status == 0
    return folder
