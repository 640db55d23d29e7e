"""The job file that the example for SLURM sends; it needs dask-jobqueue, and no SLURM."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dask_jobqueue", reason="needs dask-jobqueue: pip install 'idlat[dev]'")

EXAMPLE = Path(__file__).parents[2] / "scripts" / "slurm_cluster.py"


@pytest.fixture(scope="module")
def job_file():
    command = [sys.executable, str(EXAMPLE), "run.zarr", "run.idlat", "--show"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout


def test_the_job_asks_for_a_node(job_file):
    lines = job_file.splitlines()
    assert lines[0].startswith("#!")
    asked = {line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")}
    assert {"-n 1", "--cpus-per-task=32", "--mem=90G", "-t 04:00:00", "-p compute", "--exclusive"} <= asked


def test_the_job_starts_workers_of_one_thread(job_file):
    words = shlex.split(next(line for line in job_file.splitlines() if "distributed.cli.dask_worker" in line))
    assert words[words.index("--nthreads") + 1] == "1"
    assert words[words.index("--nworkers") + 1] == "32"
    assert any(word.startswith("tcp://") for word in words)
    assert job_file.index("export OMP_NUM_THREADS=1") < job_file.index("distributed.cli.dask_worker")
