"""Training shared by several processes: the same updates as alone, and one line where a process is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from idlat.errors import IdlatError
from idlat.training import train

pytestmark = pytest.mark.slow
PATIENCE = 600.0  # seconds; processors may be shared with others


@pytest.fixture
def field(tmp_path: Path) -> Path:
    values = np.random.default_rng(0).normal(size=(48, 48, 48)).cumsum(0)
    np.save(tmp_path / "a.npy", values.astype(np.float32))
    return tmp_path / "a.npy"


def command(field: Path, name: str, devices: int, steps: int, *more: str) -> list[str]:
    return [
        str(Path(sys.executable).with_name("idlat")), "train", str(field), "--preset", "paper",
        "--steps", str(steps), "--devices", str(devices), "-o", str(field.with_name(name)), *more,
    ]  # fmt: skip


def run(field: Path, name: str, devices: int, steps: int, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(field, name, devices, steps, *more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_two_processes_make_the_updates_of_one(field: Path) -> None:
    for devices in (1, 2):
        done = run(field, f"{devices}.safetensors", devices, 6)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("steps in") == 1
    one, two = (load_file(field.with_name(f"{n}.safetensors")) for n in (1, 2))
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=2e-3, atol=2e-4, err_msg=name)
    assert not list(field.parent.glob("*.ckpt"))


def test_a_killed_process_is_one_line_and_the_run_goes_on(field: Path) -> None:
    with subprocess.Popen(command(field, "m.safetensors", 2, 60), stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr is not None
        for line in first.stderr:
            if "step " in line:
                break
        (other,) = children_of(first.pid)
        os.kill(other, signal.SIGKILL)
        said = first.stderr.read()
        assert first.wait(PATIENCE) == 2
    assert any("--resume" in line for line in said.splitlines())
    assert "Traceback" not in said
    done = run(field, "m.safetensors", 2, 60, "--resume")
    assert done.returncode == 0, done.stderr
    assert field.with_name("m.safetensors").exists()


def children_of(process: int) -> list[int]:
    """The processes of training that another has started."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        if found:
            return [int(each) for each in found if "train" in Path(f"/proc/{each}/cmdline").read_text()]
        time.sleep(0.1)
    raise AssertionError("no further process was started")


def test_blocks_are_shared_equally(field: Path, tmp_path: Path) -> None:
    import xarray as xr

    values = xr.DataArray(np.load(field), dims=("z", "y", "x"))
    with pytest.raises(IdlatError, match="cannot be shared by 3 devices"):
        train([values], tmp_path / "m.safetensors", preset_name="paper", steps=1, batch=4, devices=3)
    assert not list(tmp_path.glob("m.safetensors*"))
